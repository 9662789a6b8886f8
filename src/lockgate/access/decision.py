"""What is asked of an authoriser, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lockgate.access.action import Action
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource


class Reason(StrEnum):
    """Why a decision is what it is: stable codes, for the ledger and a SIEM."""

    ALLOWED = "allowed"
    ALLOWED_BY_APPROVAL = "allowed-by-approval"
    ALLOWED_BY_BREAK_GLASS = "allowed-by-break-glass"
    NO_PURPOSE = "no-purpose"
    UNKNOWN_ACTION = "unknown-action"
    UNVERIFIED = "unverified"
    """An operating-system user where the environment wants a verified identity."""
    NOT_OWNER = "not-owner"
    SESSION_EXPIRED = "session-expired"
    NO_ROLE = "no-role"
    """The principal holds no role for this resource now."""
    NO_PERMIT = "no-permit"
    """No policy permits it."""
    FORBIDDEN = "forbidden"
    """A policy forbids it."""
    NEEDS_APPROVAL = "needs-approval"
    POLICY_ERROR = "policy-error"
    """A policy could not be evaluated; that denies."""
    UNAUTHENTICATED = "unauthenticated"
    """A token was given and did not verify."""
    CHECK_FAILED = "check-failed"
    """Something on the way to a decision could not be asked; that denies."""


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """The question: may ``principal``, who holds ``roles``, do ``action`` to ``resource`` now.

    ``purpose`` is what was said it is for, its detail included. ``at`` is aware. ``approval`` is
    the id of an approval by somebody else that covers this very request; ``break_glass`` the id of
    an open break-glass; "" for none.
    """

    principal: Principal
    action: Action
    resource: Resource
    purpose: str
    at: datetime
    roles: tuple[str, ...] = ()
    approval: str = ""
    break_glass: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``policies`` are the ids of the access policies that decided, sorted."""

    allowed: bool
    reason: Reason
    policies: tuple[str, ...] = ()
