"""What proves that this project wrote a row: HMAC-SHA256 (RFC 2104, FIPS 198-1) of its fields."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

from lockgate.secret import SecretBytes

SealKey = Callable[[], SecretBytes]


def seal_of(row: Any, key: SealKey) -> bytes:
    """The seal over a row's kind and all of its fields but ``seal``."""
    kind: Any = type(row)
    told = {name: _plain(getattr(row, name)) for name in _sealed_fields(kind)}
    text = json.dumps([kind.__name__, told], sort_keys=True, separators=(",", ":"))
    return hmac.digest(key().reveal(), text.encode(), hashlib.sha256)


def is_sealed(row: Any, key: SealKey) -> bool:
    """Whether the row has the seal that its fields make."""
    return hmac.compare_digest(seal_of(row, key), row.seal)


@cache
def _sealed_fields(kind: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.name != "seal")


def _plain(value: object) -> object:
    if isinstance(value, datetime):  # as "%Y-%m-%dT%H:%M:%S.%fZ", which takes ten times as long
        return value.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"
    return value.hex() if isinstance(value, bytes) else value
