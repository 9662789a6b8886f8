"""One byte string for one JSON value: RFC 8785 (JCS) without floating-point numbers."""

from __future__ import annotations

import json
from typing import Any

_LARGEST_INTEGER = 2**53 - 1
"""What every JSON reader holds exactly (RFC 7493 section 2.2)."""


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON, keys sorted by UTF-16 code units, no white space.

    ``value`` is made of dict with str keys, list, tuple, str, int, bool and None.
    Raises ValueError for anything else, for integers beyond 53 bits and for
    text that is not valid Unicode.
    """
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass
    raise ValueError("text is not valid Unicode")


def _ordered(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise ValueError("an integer is too large for canonical JSON")
        return value
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key is not text")
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    raise ValueError(f"{type(value).__name__} has no canonical JSON")
