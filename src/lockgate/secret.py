"""Bytes and text that do not print, compare in the open, pickle or serialise."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn


class _Secret:
    """What every secret refuses to do."""

    __slots__ = ()

    __hash__ = None  # type: ignore[assignment]  # a hash of a key would leak equality

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __bytes__(self) -> NoReturn:
        raise TypeError("a secret turns into bytes only by reveal()")

    def __iter__(self) -> NoReturn:
        raise TypeError("a secret cannot be iterated")


class SecretBytes(_Secret):
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

    __hash__ = None  # defining equality unsets what is inherited


class SecretText(_Secret):
    """A password, token or passphrase. ``reveal()`` is the only way to the text."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text, for handing straight to the client that logs in with it."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # defining equality unsets what is inherited
