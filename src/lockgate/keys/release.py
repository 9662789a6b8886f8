"""What a decision lets a principal do with keys: which domains, for what, until when.

It names keys and holds none. ``keys.released`` derives by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, final

from lockgate.errors import KeyUnavailable
from lockgate.keys.ports import KeyUse

_SEAL: Final = object()


@dataclass(frozen=True, slots=True)
class Covered:
    """Keys of one domain and use, whose HKDF parts begin with ``info``.

    ``protects``: the key of the primary version. ``opens``: a version by its number; if ``number``
    is not 0, that one alone.
    """

    domain: str
    use: KeyUse
    info: tuple[str, ...]
    protects: bool = False
    opens: bool = False
    number: int = 0

    def covers(self, domain: str, use: KeyUse, info: tuple[str, ...], number: int | None) -> bool:
        """Whether a key that is asked for is one of these."""
        if (self.domain, self.use) != (domain, use) or info[: len(self.info)] != self.info:
            return False
        return self.protects if number is None else self.opens and self.number in (0, number)


@final
class KeyRelease:
    """Who may use which keys, for what, until when. Only ``release`` makes one.

    ``life``: keys may be made, rotated and destroyed by it. ``whole``: every key may be opened, as
    moving and copying them has to.
    """

    __slots__ = ("_seal", "action", "covered", "life", "principal", "purpose", "until", "whole")

    _seal: object

    principal: str
    action: str
    purpose: str
    covered: tuple[Covered, ...]
    until: datetime
    life: bool
    whole: bool

    def __init__(
        self,
        seal: object,
        principal: str,
        action: str,
        purpose: str,
        covered: Iterable[Covered],
        until: datetime,
        life: bool,
        whole: bool,
    ) -> None:
        if seal is not _SEAL:
            raise KeyUnavailable("a release of keys comes from a decision only")
        object.__setattr__(self, "_seal", seal)
        object.__setattr__(self, "principal", principal)
        object.__setattr__(self, "action", action)
        object.__setattr__(self, "purpose", purpose)
        object.__setattr__(self, "covered", tuple(covered))
        object.__setattr__(self, "until", until)
        object.__setattr__(self, "life", life)
        object.__setattr__(self, "whole", whole)

    def __init_subclass__(cls) -> None:
        raise TypeError("a release of keys has no other kinds")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a release of keys is frozen")

    def __reduce__(self) -> str:
        raise TypeError("a release of keys cannot be pickled or copied")

    def __repr__(self) -> str:
        domains = sorted({one.domain for one in self.covered})
        return f"KeyRelease({self.principal!r}, {self.action!r}, {domains!r})"

    def covers(self, domain: str, use: KeyUse, info: tuple[str, ...], number: int | None) -> bool:
        """Whether a key that is asked for may be derived."""
        return any(one.covers(domain, use, info, number) for one in self.covered)

    def touches(self, domain: str) -> bool:
        """Whether anything of the domain is covered for protecting."""
        return any(one.domain == domain and one.protects for one in self.covered)


def release(
    principal: str,
    action: str,
    purpose: str,
    covered: Iterable[Covered],
    until: datetime,
    *,
    life: bool = False,
    whole: bool = False,
) -> KeyRelease:
    """Make a release. ``run.key_release``, which asks for a permit, is the only caller."""
    return KeyRelease(_SEAL, principal, action, purpose, covered, until, life, whole)


def is_release(made: object) -> bool:
    """Whether it is a KeyRelease, of that very type, that ``release`` made."""
    return type(made) is KeyRelease and getattr(made, "_seal", None) is _SEAL
