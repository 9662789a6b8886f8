"""A look at who may: what is not used, ends soon, excludes each other, or nobody looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.access.grant_rows import GROUP, Approval, ApprovalState, BreakGlass, Grant
from lockgate.access.roles import Roles
from lockgate.access.sealed_rows import AccessRows
from lockgate.limits import Limits
from lockgate.run.access_history import AccessHistory

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class AccessReview:
    """What somebody who reviews access has to look at. ``toxic``: a holder and two roles.

    ``used`` counts what was done under each break-glass that nobody reviewed; ``differences`` are
    where rows are not what the ledger says.
    """

    unused: tuple[Grant, ...]
    expiring: tuple[Grant, ...]
    admins: tuple[Grant, ...]
    toxic: tuple[tuple[str, str, str], ...]
    unreviewed: tuple[BreakGlass, ...]
    used: tuple[int, ...]
    requests: tuple[Approval, ...]
    differences: tuple[str, ...] = ()


def review_of(
    rows: AccessRows,
    roles: Roles,
    history: AccessHistory,
    now: datetime,
    limits: Limits,
    differences: Iterable[str] = (),
) -> AccessReview:
    """The review at ``now``. Rows that do not verify are left out: they give nothing."""
    holding = [row for row in rows.grants.genuine() if row.holds(now)]
    soon = now + timedelta(days=limits.grant_expiring_days)
    long_ago = now - timedelta(days=limits.grant_unused_days)
    unreviewed = unreviewed_of(rows, now)
    return AccessReview(
        unused=tuple(row for row in holding if _unused(row, history, long_ago)),
        expiring=tuple(row for row in holding if row.expires_at and row.expires_at <= soon),
        admins=tuple(row for row in holding if ADMIN in roles.with_extended([row.role])),
        toxic=tuple(_toxic(holding, roles)),
        unreviewed=unreviewed,
        used=tuple(history.glass_used[row.id] for row in unreviewed),
        requests=tuple(row for row in rows.approvals.genuine() if is_open(row, now)),
        differences=tuple(differences),
    )


def unreviewed_of(
    rows: AccessRows, now: datetime, older_than: timedelta = timedelta(0)
) -> tuple[BreakGlass, ...]:
    """Break-glass that is over, so long ago, and that nobody else looked at."""
    return tuple(
        row
        for row in rows.break_glass.genuine()
        if row.reviewed_at is None
        and not row.holds(now)
        and (row.closed_at or row.expires_at) + older_than <= now
    )


def is_open(row: Approval, now: datetime) -> bool:
    """Whether somebody may still decide on it or use it."""
    return row.state in (ApprovalState.REQUESTED, ApprovalState.APPROVED) and now < row.expires_at


def _unused(row: Grant, history: AccessHistory, long_ago: datetime) -> bool:
    """Held that long, and no decision since then counted the role for its holder."""
    holder = "" if row.to.startswith(GROUP) else row.to
    last = history.used.get((row.role, holder))
    return row.at <= long_ago and (last is None or last <= long_ago)


def _toxic(holding: Iterable[Grant], roles: Roles) -> Iterable[tuple[str, str, str]]:
    held: defaultdict[str, set[str]] = defaultdict(set)
    for row in holding:
        held[row.to].add(row.role)
    for holder, names in sorted(held.items()):
        for one, other in roles.toxic(names):
            yield holder, one, other
