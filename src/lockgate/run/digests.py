"""Keyed digests of content: equal bytes give equal digests in one project, nothing elsewhere.

Every digest of a file that a run reads or writes is made here: BLAKE3 in its keyed mode, 32 bytes
(docs/decisions/0019-content-digests-by-keyed-blake3.md).
"""

from __future__ import annotations

from hmac import compare_digest
from pathlib import Path

from lockgate.ledger.receipt import FileRecord

KEY_BYTES = 32
UNKEPT = bytes(KEY_BYTES)
"""The key of digests that nobody keeps: a look at a file, a scan."""
_CHUNK = 1 << 20


class KeyedDigest:
    """Keyed BLAKE3 of 32 bytes, fed piece by piece. Each object belongs to one thread at a time.

    ``all_cores`` spreads one ``update`` over the machine: worth it from about a MiB a piece, and
    where nothing else runs meanwhile. The interpreter's lock is released while hashing.
    """

    def __init__(self, key: bytes, *, all_cores: bool = False) -> None:
        """``key`` has KEY_BYTES bytes, else ValueError."""
        from blake3 import blake3  # a command that hashes nothing need not load it

        self._state = blake3(key=key, max_threads=blake3.AUTO if all_cores else 1)

    def update(self, piece: bytes | memoryview) -> None:
        """Add bytes."""
        self._state.update(piece)

    def digest(self) -> bytes:
        """The 32 bytes for what was added so far."""
        return self._state.digest()

    def hexdigest(self) -> str:
        """The same as 64 hex characters."""
        return self._state.hexdigest()


def same_digest(one: str, other: str) -> bool:
    """Whether two digests, hex, are equal; how long that takes tells nothing of either."""
    return compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def file_record(path: Path, rows: int | None, key: bytes, name: str = "") -> FileRecord:
    """Name, size in bytes, rows and keyed digest of a file of ours."""
    digest = KeyedDigest(key)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return FileRecord(
        name=name or path.name, size=path.stat().st_size, rows=rows, digest=digest.hexdigest()
    )
