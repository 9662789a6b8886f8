"""Bytes that do not print, compare in the open, pickle or serialise."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn


class SecretBytes:
    """Key material. ``reveal()`` is the only way to the bytes; everything else refuses."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """Return the bytes, for handing straight to a vetted primitive."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretBytes):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a hash of a key would leak equality

    def __repr__(self) -> str:
        return "SecretBytes(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __bytes__(self) -> NoReturn:
        raise TypeError("a secret turns into bytes only by reveal()")

    def __iter__(self) -> NoReturn:
        raise TypeError("a secret cannot be iterated")
