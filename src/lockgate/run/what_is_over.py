"""What ended by time is told to the ledger, and stays ended whatever a clock says later."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lockgate.access.grant_rows import ApprovalState
from lockgate.ledger.access_events import ApprovalEnded, BreakGlassEnded, GrantEnded

if TYPE_CHECKING:
    from lockgate.run.access_desk import AccessDesk

EXPIRED = "expired"
"""In the place of who ended it, and the reason code in the ledger."""
_OPEN = (ApprovalState.REQUESTED, ApprovalState.APPROVED)
_PURPOSE = "access that ends"


def end_what_is_over(desk: AccessDesk, now: datetime) -> None:
    """Mark grants, requests and break-glass whose time is over; inside ``AccessDesk.alone``."""
    _grants(desk, now)
    _approvals(desk, now)
    _break_glass(desk, now)


def _grants(desk: AccessDesk, now: datetime) -> None:
    for row in desk.rows.grants.all():
        if row.revoked_at is None and row.expires_at is not None and row.expires_at <= now:
            told = {"grant_id": row.id, "to": row.to, "role": row.role}
            entry = desk.tell(GrantEnded, _PURPOSE, EXPIRED, **told)
            desk.rows.grants.change(row, revoked_at=row.expires_at, revoked_by=EXPIRED, entry=entry)


def _approvals(desk: AccessDesk, now: datetime) -> None:
    for row in desk.rows.approvals.all():
        if row.state in _OPEN and row.expires_at <= now:
            entry = desk.tell(ApprovalEnded, _PURPOSE, EXPIRED, approval_id=row.id)
            desk.rows.approvals.change(row, state=ApprovalState.EXPIRED, entry=entry)


def _break_glass(desk: AccessDesk, now: datetime) -> None:
    for row in desk.rows.break_glass.all():
        if row.closed_at is None and row.expires_at <= now:
            entry = desk.tell(BreakGlassEnded, _PURPOSE, EXPIRED, break_glass_id=row.id)
            desk.rows.break_glass.change(
                row, closed_at=row.expires_at, closed_by=EXPIRED, entry=entry
            )
