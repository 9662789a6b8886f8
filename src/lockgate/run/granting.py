"""Grants: a role for a principal or a group, inside a scope, for a time."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from lockgate.access.action import Action
from lockgate.access.grant_rows import GROUP, BreakGlass, Grant
from lockgate.access.resource import ACCESS
from lockgate.access.roles import OWNER_ROLE
from lockgate.access.scope import EVERYWHERE, Scope
from lockgate.errors import UsageError
from lockgate.ledger.access_events import GrantAdded, GrantEnded
from lockgate.run.access_desk import SAME_PERSON, AccessDesk, kept

ADMIN = "admin"
_HOLDER = re.compile(r"(user:|service:|[a-z][a-z0-9_-]*/|group:[a-z][a-z0-9_-]*/)[!-~]{1,255}")


def grant(
    desk: AccessDesk,
    to: str,
    role: str,
    scope: Scope,
    reason: str,
    lasts: timedelta | None,
) -> Grant:
    """Give a role. In production its end must be said, and nobody gives one to themselves.

    What somebody grants who administers by break-glass alone ends with it.
    Raises AuthorisationDenied; UsageError for an unknown role, for two roles that nobody holds
    together, and for a time that is too long.
    """
    check_holder(to)
    check_role(desk, role)
    check_reason(reason)
    length = _length(desk, lasts)

    def give(now: datetime) -> Grant:
        if desk.settings.production and to in _own_names(desk):
            raise desk.refuse(
                Action.ADMINISTER, ACCESS, reason, SAME_PERSON, "somebody else grants it to you"
            )
        _check_together(desk, to, role, now)
        until = min([now + length, *_emergency_ends(desk, now)])
        return add_grant(desk, to, role, scope, reason, now, until)

    return desk.decided(Action.ADMINISTER, ACCESS, reason, give)


def revoke(desk: AccessDesk, grant_id: str, reason: str) -> Grant:
    """End a grant now. Raises AuthorisationDenied; UsageError for one that is over or unknown."""
    check_reason(reason)

    def end(now: datetime) -> Grant:
        found = desk.rows.grants.get(grant_id)
        if found is None or not found.holds(now):
            raise UsageError(
                "no grant of that id holds now", hint="see them: lockgate access grants"
            )
        entry = desk.tell(
            GrantEnded, reason, "revoked", grant_id=grant_id, to=found.to, role=found.role
        )
        who = desk.principal.id
        return kept(desk.rows.grants.change(found, revoked_at=now, revoked_by=who, entry=entry))

    return desk.decided(Action.ADMINISTER, ACCESS, reason, end)


def first_admin(
    desk: AccessDesk, to: str, reason: str, beside: Callable[[datetime], object]
) -> Grant:
    """The first administrator of a project; whoever calls has checked that its owner asks.

    ``beside`` is done in the same transaction.

    Raises AuthorisationDenied if the ledger knows of any grant of ``admin``, ended or not.
    """
    check_holder(to)
    check_reason(reason)

    def give(now: datetime) -> Grant:
        if _ever_administered(desk):
            raise desk.refuse(
                Action.ADMINISTER,
                ACCESS,
                reason,
                "administered",
                "this project had an administrator already; ask one for a grant",
            )
        until = now + timedelta(days=desk.limits.grant_days)
        beside(now)
        return add_grant(desk, to, ADMIN, EVERYWHERE, reason, now, until)

    return desk.alone(give)


def add_grant(
    desk: AccessDesk,
    to: str,
    role: str,
    scope: Scope,
    reason: str,
    now: datetime,
    until: datetime,
) -> Grant:
    """Record a grant and keep it; inside a transaction in which it was decided."""
    grant_id = f"g{secrets.token_hex(6)}"
    told = {"grant_id": grant_id, "to": to, "role": role, "scope": str(scope)}
    entry = desk.tell(GrantAdded, reason, "granted", expires_at=until, **told)
    by = desk.principal.id
    row = Grant(grant_id, to, role, str(scope), reason, by, now, until, entry=entry)
    return desk.rows.grants.add(row)


def end_made_under(desk: AccessDesk, glass: BreakGlass, now: datetime, reason: str) -> None:
    """End what was granted under a break-glass, which is to end before its time."""
    for row in desk.rows.grants.all():
        ends = row.expires_at is not None and row.expires_at <= glass.expires_at
        if row.granted_by == glass.principal and row.at >= glass.at and ends and row.holds(now):
            told = {"grant_id": row.id, "to": row.to, "role": row.role}
            entry = desk.tell(GrantEnded, reason, "break-glass-closed", **told)
            who = desk.principal.id
            kept(desk.rows.grants.change(row, revoked_at=now, revoked_by=who, entry=entry))


def check_holder(to: str) -> None:
    """Raises UsageError for what is no verified principal's id and no group."""
    if not _HOLDER.fullmatch(to):
        raise UsageError(
            "a grant is held by a verified principal or a group",
            hint="user:NAME, service:NAME, PROVIDER/SUBJECT or group:PROVIDER/GROUP;"
            " an operating-system user's name is no proof",
        )


def check_role(desk: AccessDesk, role: str) -> None:
    """Raises UsageError for a role that there is not, or that cannot be given."""
    known = [name for name in desk.roles.names if name != OWNER_ROLE]
    if role not in known:
        raise UsageError("no such role can be given", hint="roles: " + ", ".join(known))


def check_reason(reason: str) -> None:
    """Raises UsageError for a blank reason."""
    if not reason.strip():
        raise UsageError("say why: --reason", hint="it stands in the ledger")


def _length(desk: AccessDesk, lasts: timedelta | None) -> timedelta:
    most = desk.limits.grant_days_ceiling
    if lasts is None:
        if desk.settings.production:
            raise UsageError("in production a grant says when it ends", hint="--for 30d")
        return timedelta(days=desk.limits.grant_days)
    if not timedelta(0) < lasts <= timedelta(days=most):
        raise UsageError(f"a grant lasts from a minute to {most} days", hint="--for 30d")
    return lasts


def _emergency_ends(desk: AccessDesk, now: datetime) -> Iterable[datetime]:
    """When what somebody grants has to end, who does not administer without a break-glass.

    Which role a project's own policies let administer is theirs to say: any open one counts.
    """
    held = desk.held.held(desk.principal, ACCESS, now)
    glass = {one.id: one for one in desk.rows.break_glass.of([desk.principal.id])}
    lasting = [role for role, why in held.sources if why not in glass]
    if ADMIN not in desk.roles.with_extended(lasting):
        yield from (glass[why].expires_at for _, why in held.sources if why in glass)


def _own_names(desk: AccessDesk) -> Iterable[str]:
    return [desk.principal.id, *(GROUP + name for name in desk.principal.groups)]


def _check_together(desk: AccessDesk, to: str, role: str, now: datetime) -> None:
    has = {one.role for one in desk.rows.grants.of([to]) if one.holds(now)}
    pairs = desk.roles.toxic({*has, role})
    if pairs:
        one, other = pairs[0]
        raise UsageError(
            f"nobody holds {one} and {other} together",
            hint="revoke the other first, or grant this to somebody else",
        )


def _ever_administered(desk: AccessDesk) -> bool:
    for entry in desk.record.ledger.read():
        match entry.event:
            case GrantAdded(role=role) if ADMIN in desk.roles.with_extended([role]):
                return True
            case _:
                pass
    return False
