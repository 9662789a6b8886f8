"""What the state remembers about who may: rows, each sealed against whoever writes the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

GROUP = "group:"
"""Before a group's name (``PROVIDER/GROUP``) where a principal's id could stand too."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, to a principal or a group, inside a scope, until it expires or is revoked.

    ``scope`` is the text of a ``Scope``, ``entry`` the ledger's entry that tells of the row's last
    change, ``seal`` what proves that this project wrote it.
    """

    id: str
    to: str
    role: str
    scope: str
    reason: str
    granted_by: str
    at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    revoked_by: str = ""
    entry: int = 0
    seal: bytes = b""

    def holds(self, at: datetime) -> bool:
        """Whether it has begun and has not ended."""
        return (
            self.at <= at
            and self.revoked_at is None
            and (self.expires_at is None or at < self.expires_at)
        )


class ApprovalState(StrEnum):
    """How far a request for a second person's word came."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Approval:
    """A request for, or somebody else's word on, one exact act.

    ``digest`` covers action, resource, purpose, the policies in force, and who asks;
    ``resource`` and ``purpose`` are shown to the approver.
    """

    id: str
    digest: str
    action: str
    resource: str
    purpose: str
    reason: str
    requester: str
    requester_session: str
    policy: str
    state: ApprovalState
    at: datetime
    expires_at: datetime
    approver: str = ""
    approver_session: str = ""
    decided_at: datetime | None = None
    used_at: datetime | None = None
    entry: int = 0
    seal: bytes = b""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """A role that somebody took for a short time, and who looked at it afterwards."""

    id: str
    principal: str
    role: str
    reason: str
    at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    reviewed_at: datetime | None = None
    reviewed_by: str = ""
    entry: int = 0
    seal: bytes = b""

    def holds(self, at: datetime) -> bool:
        """Whether it is open."""
        return self.at <= at < self.expires_at and self.closed_at is None


@dataclass(frozen=True, slots=True)
class ApprovedPolicy:
    """What zones showed of which columns when somebody answered for it: canonical JSON.

    ``id`` is the document's SHA-256, in hex; ``number`` counts the approvals, from 1.
    """

    id: str
    number: int
    document: str
    approved_by: str
    at: datetime
    entry: int = 0
    seal: bytes = b""


@dataclass(frozen=True, slots=True)
class KeptEnvironment:
    """The environment that the project's file is held to, if that is production.

    ``leaving_for`` is what the file may say instead before ``until``; ``by`` made the last change.
    """

    id: str
    environment: str
    leaving_for: str
    until: datetime | None
    by: str
    at: datetime
    entry: int = 0
    seal: bytes = b""


@dataclass(frozen=True, slots=True)
class LatestSeen:
    """The latest time that a decision was made at: a clock set back gives nothing back."""

    id: str
    at: datetime
    seal: bytes = b""


LATEST = "latest"
"""The id of the only LatestSeen there is."""


@dataclass(frozen=True, slots=True)
class RowsOfHolder:
    """What a decision needs of the state, all of it as of one moment."""

    grants: tuple[Grant, ...]
    break_glass: tuple[BreakGlass, ...]
    latest: LatestSeen | None
