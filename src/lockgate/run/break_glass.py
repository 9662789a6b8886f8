"""Break-glass: a role that one does not hold, for a short time, looked at afterwards."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from lockgate.access.action import Action
from lockgate.access.grant_rows import BreakGlass
from lockgate.access.principal import Assurance
from lockgate.access.resource import ACCESS
from lockgate.access.same_person import same_person
from lockgate.errors import UsageError
from lockgate.ledger.access_events import (
    BreakGlassEnded,
    BreakGlassOpened,
    BreakGlassReviewed,
)
from lockgate.run.access_desk import SAME_PERSON, AccessDesk, kept
from lockgate.run.granting import check_reason, check_role, end_made_under
from lockgate.run.origins import MADE_BY, is_origin

_LOG = logging.getLogger(__name__)


def open_glass(desk: AccessDesk, role: str, reason: str, lasts: timedelta | None) -> BreakGlass:
    """Take a role for an emergency. The access policies say who may, and how freshly logged in.

    Told in the log at once, as a warning. Raises AuthorisationDenied, UsageError.
    """
    check_reason(reason)
    check_role(desk, role)
    most = timedelta(minutes=desk.limits.break_glass_minutes)
    length = most if lasts is None else lasts
    if not timedelta(0) < length <= most:
        raise UsageError(f"break-glass lasts {desk.limits.break_glass_minutes} minutes at most")

    def take(now: datetime) -> BreakGlass:
        who = desk.principal
        if who.assurance is not Assurance.TOKEN:
            raise UsageError("break-glass needs a verified identity", hint="lockgate login")
        if any(one.role == role and one.holds(now) for one in desk.rows.break_glass.of([who.id])):
            raise UsageError("you have this role by break-glass already")
        glass_id, until = f"b{secrets.token_hex(6)}", now + length
        told = {"break_glass_id": glass_id, "role": role, "expires_at": until}
        entry = desk.tell(BreakGlassOpened, reason, "opened", **told)
        row = BreakGlass(glass_id, who.id, role, reason, now, until, entry=entry)
        return desk.rows.break_glass.add(row)

    opened = desk.decided(Action.BREAK_GLASS, ACCESS, reason, take)
    _LOG.warning(
        "break-glass %s: %s took the role %s until %s",
        opened.id,
        opened.principal,
        opened.role,
        f"{opened.expires_at:%Y-%m-%d %H:%M:%S} UTC",
    )
    return opened


def close_glass(desk: AccessDesk, glass_id: str, reason: str) -> BreakGlass:
    """End a break-glass before its time: one's own at any time, another's as an administrator.

    The grants that were made under it end with it.
    Raises AuthorisationDenied, UsageError.
    """

    def end(now: datetime) -> BreakGlass:
        row = _known(desk, glass_id)
        if not row.holds(now):
            raise UsageError("this break-glass is over already")
        end_made_under(desk, row, now, reason)
        entry = desk.tell(BreakGlassEnded, reason, "closed", break_glass_id=row.id)
        who = desk.principal.id
        return kept(desk.rows.break_glass.change(row, closed_at=now, closed_by=who, entry=entry))

    check_reason(reason)
    row = desk.rows.break_glass.get(glass_id)
    if row is not None and row.principal == desk.principal.id:
        return desk.alone(end)  # to give up what one has needs no permission
    return desk.decided(Action.ADMINISTER, ACCESS, reason, end)


def review_glass(desk: AccessDesk, glass_id: str, reason: str) -> BreakGlass:
    """Say that somebody else looked at what was done under it. Raises AuthorisationDenied."""
    check_reason(reason)

    def look(now: datetime) -> BreakGlass:
        row = _known(desk, glass_id)
        if row.holds(now):
            raise UsageError("it is still open", hint="lockgate access break-glass close")
        if row.reviewed_at is not None:
            raise UsageError("it was reviewed already")
        if same_person(desk.settings, row.principal, desk.principal.id):
            raise desk.refuse(
                Action.REVIEW, ACCESS, reason, SAME_PERSON, "another person looks at it"
            )
        if is_origin(desk, desk.principal, row.principal):
            raise desk.refuse(Action.REVIEW, ACCESS, reason, SAME_PERSON, MADE_BY)
        entry = desk.tell(BreakGlassReviewed, reason, "reviewed", break_glass_id=row.id)
        who = desk.principal.id
        changed = desk.rows.break_glass.change(row, reviewed_at=now, reviewed_by=who, entry=entry)
        return kept(changed)

    return desk.decided(Action.REVIEW, ACCESS, reason, look)


def _known(desk: AccessDesk, glass_id: str) -> BreakGlass:
    row = desk.rows.break_glass.get(glass_id)
    if row is None:
        raise UsageError("no break-glass has that id", hint="see them: lockgate access review")
    return row
