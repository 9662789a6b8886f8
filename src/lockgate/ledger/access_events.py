"""Events about who may: authentications, sessions, decisions, grants, approvals, break-glass."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from lockgate.ledger.event_base import EventBase


class AccessEventBase(EventBase):
    """What a SIEM asks of each: who (``principal``), from where, which session, and why.

    ``source`` is the host (and terminal) it came from, ``reason`` a stable code. ``principal`` is
    ``unknown`` where nobody was verified: what a caller merely claimed is not written down.
    """

    source: str
    reason: str
    session: str = ""


class AuthenticationSucceeded(AccessEventBase):
    """Somebody proved who they are: by which issuer and which methods."""

    kind: Literal["authentication.succeeded"] = "authentication.succeeded"
    issuer: str
    methods: tuple[str, ...] = ()


class AuthenticationFailed(AccessEventBase):
    """Somebody did not. ``attempts`` stands for that many, when guesses are told together."""

    kind: Literal["authentication.failed"] = "authentication.failed"
    issuer: str = ""
    attempts: int = 1


class AccountLocked(AccessEventBase):
    """Too many failures: the account takes no log-in until then."""

    kind: Literal["account.locked"] = "account.locked"
    account: str
    until: AwareDatetime


class SessionStarted(AccessEventBase):
    """A verified principal began to act."""

    kind: Literal["session.started"] = "session.started"
    issuer: str
    expires_at: AwareDatetime


class SessionEnded(AccessEventBase):
    """A session ended: logged out, expired or revoked (``reason``)."""

    kind: Literal["session.ended"] = "session.ended"


class AccessGranted(AccessEventBase):
    """A decision allowed it: by which roles and policies, with which approval or break-glass.

    ``dataset``, ``labels`` and ``zone`` are those of the resource, as far as they were known.
    """

    kind: Literal["access.granted"] = "access.granted"
    action: str
    resource: str
    resource_kind: str = ""
    dataset: str = ""
    labels: tuple[str, ...] = ()
    zone: str = ""
    roles: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    approval: str = ""
    break_glass: str = ""


class AccessDenied(EventBase):
    """Somebody was refused: what they tried, on what, and why (a code), from where."""

    kind: Literal["access.denied"] = "access.denied"
    action: str
    resource: str
    resource_kind: str = ""
    dataset: str = ""
    labels: tuple[str, ...] = ()
    zone: str = ""
    reason: str = ""
    source: str = ""
    session: str = ""
    roles: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()


class AccountChanged(AccessEventBase):
    """A user or service account was added, disabled, enabled, unlocked, or got other credentials.

    ``reason`` says which. ``sealed``: the account's row in the state has a seal since then.
    """

    kind: Literal["account.changed"] = "account.changed"
    account: str
    sealed: bool = False


class GrantAdded(AccessEventBase):
    """A role was granted, for a scope and a time."""

    kind: Literal["grant.added"] = "grant.added"
    grant_id: str
    to: str
    role: str
    scope: str = ""
    expires_at: AwareDatetime | None = None


class GrantEnded(AccessEventBase):
    """A grant was revoked, or expired (``reason``)."""

    kind: Literal["grant.ended"] = "grant.ended"
    grant_id: str
    to: str
    role: str


class ApprovalRequested(AccessEventBase):
    """Somebody asked for a second person's word."""

    kind: Literal["approval.requested"] = "approval.requested"
    approval_id: str
    action: str
    resource: str
    expires_at: AwareDatetime


class ApprovalDecided(AccessEventBase):
    """Another person approved or refused it (``reason``)."""

    kind: Literal["approval.decided"] = "approval.decided"
    approval_id: str
    approved: bool


class ApprovalEnded(AccessEventBase):
    """An approval was used, withdrawn, or expired unused (``reason``)."""

    kind: Literal["approval.ended"] = "approval.ended"
    approval_id: str


class BreakGlassOpened(AccessEventBase):
    """Somebody took a role they do not hold, for a short time and a stated reason."""

    kind: Literal["break-glass.opened"] = "break-glass.opened"
    break_glass_id: str
    role: str
    expires_at: AwareDatetime


class BreakGlassEnded(AccessEventBase):
    """It was closed, or its time was over (``reason``)."""

    kind: Literal["break-glass.ended"] = "break-glass.ended"
    break_glass_id: str


class BreakGlassReviewed(AccessEventBase):
    """Somebody else looked at what was done under it."""

    kind: Literal["break-glass.reviewed"] = "break-glass.reviewed"
    break_glass_id: str


class PolicyApproved(AccessEventBase):
    """Somebody answers for what zones show of which columns from now on."""

    kind: Literal["policy.approved"] = "policy.approved"
    policy_digest: str
    expansions: int


class ProductionEntered(AccessEventBase):
    """The project acts in production from now on; only ``production.left`` ends that."""

    kind: Literal["production.entered"] = "production.entered"


class ProductionLeaving(AccessEventBase):
    """Somebody lets the project's file say another environment, until then."""

    kind: Literal["production.leaving"] = "production.leaving"
    environment: str
    until: AwareDatetime


class ProductionLeft(AccessEventBase):
    """The file says that other environment, and the project is no longer held to production."""

    kind: Literal["production.left"] = "production.left"
    environment: str


class CallAudited(AccessEventBase):
    """An audited function was called: how it ended (``reason``), and after how long.

    ``names`` are those arguments that its author chose, where their values are plain names.
    """

    kind: Literal["call.audited"] = "call.audited"
    action: str
    function: str
    milliseconds: int
    error: str = ""
    names: tuple[tuple[str, str], ...] = ()


AccessEvent = (
    AuthenticationSucceeded
    | AuthenticationFailed
    | AccountLocked
    | AccountChanged
    | SessionStarted
    | SessionEnded
    | AccessGranted
    | GrantAdded
    | GrantEnded
    | ApprovalRequested
    | ApprovalDecided
    | ApprovalEnded
    | BreakGlassOpened
    | BreakGlassEnded
    | BreakGlassReviewed
    | PolicyApproved
    | ProductionEntered
    | ProductionLeaving
    | ProductionLeft
    | CallAudited
)
