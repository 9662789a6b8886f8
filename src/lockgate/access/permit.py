"""What an allowed decision leaves in the hands of who asked: nothing else opens a key."""

from __future__ import annotations

from datetime import datetime
from typing import Final, final

from lockgate.access.action import Action
from lockgate.access.decision import Decision
from lockgate.access.resource import Resource
from lockgate.errors import AuthorisationDenied

_SEAL: Final = object()


@final
class Permit:
    """One principal may do one action to one resource, for one purpose, as decided ``at``.

    Only ``permitted`` makes one (held by an architecture test), out of a decision that allowed.
    """

    __slots__ = ("_seal", "action", "at", "principal", "purpose", "resource")

    _seal: object

    principal: str
    action: Action
    resource: Resource
    purpose: str
    at: datetime

    def __init__(
        self,
        seal: object,
        principal: str,
        action: Action,
        resource: Resource,
        purpose: str,
        at: datetime,
    ) -> None:
        if seal is not _SEAL:
            raise AuthorisationDenied("a permit comes from a decision only")
        object.__setattr__(self, "_seal", seal)
        object.__setattr__(self, "principal", principal)
        object.__setattr__(self, "action", action)
        object.__setattr__(self, "resource", resource)
        object.__setattr__(self, "purpose", purpose)
        object.__setattr__(self, "at", at)

    def __init_subclass__(cls) -> None:
        raise TypeError("a permit has no other kinds")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a permit is frozen")

    def __reduce__(self) -> str:
        raise TypeError("a permit cannot be pickled or copied")

    def __repr__(self) -> str:
        return f"Permit({self.principal!r}, {self.action.value!r}, {str(self.resource)!r})"


def permitted(
    decision: Decision,
    principal: str,
    action: Action,
    resource: Resource,
    purpose: str,
    at: datetime,
) -> Permit:
    """The permit of a decision. Raises AuthorisationDenied for one that did not allow."""
    if type(decision) is not Decision or decision.allowed is not True:
        raise AuthorisationDenied(f"{action.value} of {resource} is denied to {principal}")
    return Permit(_SEAL, principal, action, resource, purpose, at)


def is_permit(permit: object) -> bool:
    """Whether it is a Permit, of that very type, that a decision left."""
    return type(permit) is Permit and getattr(permit, "_seal", None) is _SEAL
