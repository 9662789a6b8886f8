"""Keyed digests of files: equal bytes give equal digests in one project, nothing elsewhere."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from lockgate.ledger.event import FileRecord

_CHUNK = 1 << 20


class KeyedDigest:
    """HMAC-SHA256 (RFC 2104) fed piece by piece."""

    def __init__(self, key: bytes) -> None:
        self._state = hmac.new(key, digestmod=hashlib.sha256)

    def update(self, piece: bytes | memoryview) -> None:
        """Add bytes."""
        self._state.update(piece)

    def hexdigest(self) -> str:
        """64 hex characters."""
        return self._state.hexdigest()


def file_record(path: Path, rows: int | None, key: bytes, name: str = "") -> FileRecord:
    """Name, size in bytes, rows and keyed digest of a file of ours."""
    digest = KeyedDigest(key)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return FileRecord(
        name=name or path.name, size=path.stat().st_size, rows=rows, digest=digest.hexdigest()
    )
