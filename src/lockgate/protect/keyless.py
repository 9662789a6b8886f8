"""What treatments without a key have in common."""

from __future__ import annotations

from datetime import date
from typing import Self

from lockgate.keys.ports import KeyUse
from lockgate.protect.treatment import KeyRing, Place, TreatmentKeys


class Undated:
    """A treatment that is the same on every day."""

    __slots__ = ()

    def at(self, day: date) -> Self:
        """This treatment."""
        del day
        return self


class Keyless(Undated):
    """A treatment that takes no key."""

    __slots__ = ()

    @property
    def key_use(self) -> KeyUse | None:
        """None."""
        return None

    def derive_keys(self, ring: KeyRing, domain: str, place: Place) -> TreatmentKeys | None:
        """None."""
        del ring, domain, place
        return None
