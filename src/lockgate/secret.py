"""Bytes and text that do not print, compare in the open, pickle, copy or serialise.

Their content lies in memory that is kept from swap and dumps where the system lets it be, and is
overwritten when the object ends. What ``reveal()`` hands out is an ordinary Python object: nobody
can overwrite that, nor the copies that a library makes of it.
"""

from __future__ import annotations

import hmac
from typing import Any, Final, NoReturn

from lockgate.known_secrets import remember
from lockgate.secret_memory import Kept, keep

_ANY_TEXT: Final = "surrogatepass"  # an environment variable may hold what is not Unicode


class _Secret:
    """What every secret refuses to do.

    The slot that leads to the content has a private name, which ``inspect`` finds: somebody who
    runs code in this process has the secret. What shows locals shows ``repr``.
    """

    __slots__ = ("__weakref__", "_kept")
    _kept: Kept

    __hash__ = None  # type: ignore[assignment]  # a hash of a key would leak equality

    def _hold(self, value: bytes, *, at_once: bool) -> None:
        object.__setattr__(self, "_kept", keep(value))
        remember(self._kept, at_once=at_once)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __bytes__(self) -> NoReturn:
        raise TypeError("a secret turns into bytes only by reveal()")

    def __iter__(self) -> NoReturn:
        raise TypeError("a secret cannot be iterated")

    def __contains__(self, part: object) -> NoReturn:
        raise TypeError("a secret cannot be searched")

    def __del__(self) -> None:
        kept = getattr(self, "_kept", None)
        if kept is not None:  # None if making it failed
            kept.wipe()


class SecretBytes(_Secret):
    """Key material. ``reveal()`` is the only way to the bytes; everything else refuses."""

    __slots__ = ()

    def __init__(self, value: bytes) -> None:
        self._hold(value, at_once=False)

    def reveal(self) -> bytes:
        """Return the bytes, for handing straight to a vetted primitive."""
        return self._kept.read()

    def __len__(self) -> int:
        return len(self._kept)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretBytes):
            return NotImplemented
        return hmac.compare_digest(self.reveal(), other.reveal())

    __hash__ = None  # defining equality unsets what is inherited


class SecretText(_Secret):
    """A password, token or passphrase. ``reveal()`` is the only way to the text."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        self._hold(value.encode("utf-8", _ANY_TEXT), at_once=True)

    def reveal(self) -> str:
        """Return the text, for handing straight to the client that logs in with it."""
        return self._kept.read().decode("utf-8", _ANY_TEXT)

    def __len__(self) -> int:
        return len(self.reveal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        return hmac.compare_digest(self._kept.read(), other._kept.read())

    __hash__ = None  # defining equality unsets what is inherited
