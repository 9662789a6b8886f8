"""All that a decision needs of the state, by one statement, which sees one moment.

Rows of three tables under one another, each with the columns that any of them has. The statement
is made once for each number of groups, and only filled in after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnClause,
    CompoundSelect,
    Connection,
    Integer,
    Row,
    Text,
    bindparam,
    select,
    union_all,
)
from sqlalchemy import literal_column as literal

from lockgate.access.grant_rows import LATEST, BreakGlass, Grant, LatestSeen, RowsOfHolder
from lockgate.adapters.state_stores.sql.access_tables import (
    access_break_glass,
    access_grants,
    access_latest,
)
from lockgate.adapters.state_stores.sql.tables import UtcTime

_GRANT, _BREAK_GLASS, _LATEST = range(3)
_NOTHING: Final[ColumnClause[Any]] = literal("NULL")


def rows_of_holder(connection: Connection, principal: str, groups: Sequence[str]) -> RowsOfHolder:
    """Grants to the principal or its groups, its break-glass, the time last seen."""
    names = dict(zip(_names(len(groups) + 1), (principal, *groups), strict=True))
    found = connection.execute(_statement(len(names)), names).all()
    latest = [row for row in found if row.kind == _LATEST]
    return RowsOfHolder(
        tuple(_grant(row) for row in found if row.kind == _GRANT),
        tuple(_break_glass(row) for row in found if row.kind == _BREAK_GLASS),
        LatestSeen(latest[0].id, latest[0].at, latest[0].seal) if latest else None,
    )


def _names(count: int) -> list[str]:
    """Of the statement's parameters; the first is the principal's."""
    return [f"name_{number}" for number in range(count)]


@lru_cache(maxsize=64)
def _statement(count: int) -> CompoundSelect[Any]:
    names = [bindparam(name, type_=Text) for name in _names(count)]
    given, glass, seen = access_grants.c, access_break_glass.c, access_latest.c
    grants = select(
        literal(str(_GRANT), Integer).label("kind"),
        given.id,
        given.to.label("holder"),
        given.role,
        given.scope,
        given.reason,
        given.granted_by,
        given.at,
        given.expires_at,
        given.revoked_at.label("ended_at"),
        given.revoked_by.label("ended_by"),
        literal("NULL", UtcTime).label("reviewed_at"),
        literal("NULL", Text).label("reviewed_by"),
        given.entry,
        given.seal,
    ).where(given.to.in_(names))
    opened = select(
        literal(str(_BREAK_GLASS), Integer),
        glass.id,
        glass.principal,
        glass.role,
        _NOTHING,
        glass.reason,
        _NOTHING,
        glass.at,
        glass.expires_at,
        glass.closed_at,
        glass.closed_by,
        glass.reviewed_at,
        glass.reviewed_by,
        glass.entry,
        glass.seal,
    ).where(glass.principal == names[0])
    latest = select(
        literal(str(_LATEST), Integer),
        seen.id,
        *[_NOTHING] * 5,
        seen.at,
        *[_NOTHING] * 6,
        seen.seal,
    ).where(seen.id == literal(f"'{LATEST}'"))
    return union_all(grants, opened, latest)


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        row.id,
        row.holder,
        row.role,
        row.scope,
        row.reason,
        row.granted_by,
        row.at,
        row.expires_at,
        row.ended_at,
        row.ended_by,
        row.entry,
        row.seal,
    )


def _break_glass(row: Row[Any]) -> BreakGlass:
    return BreakGlass(
        row.id,
        row.holder,
        row.role,
        row.reason,
        row.at,
        row.expires_at,
        row.ended_at,
        row.ended_by,
        row.reviewed_at,
        row.reviewed_by,
        row.entry,
        row.seal,
    )
