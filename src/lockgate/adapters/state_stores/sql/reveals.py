"""Counts of revealed values in SQL, by principal, rule and hour."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, text, update

from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables import reveal_counts
from lockgate.policy.reveal_rules import Quota

WINDOW_HOURS = 24
_LOCK = 0x6C67_7265_7665_616C
"""Of PostgreSQL's advisory locks: the letters "lgreveal"."""
_count = reveal_counts.c


class SqlRevealStore:
    """A ``RevealStore`` over the table ``reveal_counts``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def take(self, principal: str, wanted: Sequence[tuple[Quota, int]], hour: int) -> Quota | None:
        """Count under every quota, or nothing: the first quota that would be passed."""
        with self._connections.writing() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            now = _now(connection, principal, hour)
            for quota, values in wanted:
                if _taken(connection, principal, quota.rule, now) + values > quota.most:
                    return quota
            for quota, values in wanted:
                _add(connection, principal, quota.rule, now, values)
            gone = (_count.principal == principal) & (_count.hour < now - WINDOW_HOURS)
            connection.execute(delete(reveal_counts).where(gone))
        return None

    def taken(self, principal: str, rule: str, hour: int) -> int:
        """How many values the window holds."""
        with self._connections.reading_on() as connection:
            return _taken(connection, principal, rule, _now(connection, principal, hour))


def _now(connection: Connection, principal: str, hour: int) -> int:
    latest = select(func.max(_count.hour)).where(_count.principal == principal)
    return max(hour, connection.execute(latest).scalar() or 0)


def _taken(connection: Connection, principal: str, rule: str, now: int) -> int:
    window = (
        (_count.principal == principal)
        & (_count.rule == rule)
        & (_count.hour >= now - WINDOW_HOURS)
    )
    held = select(func.coalesce(func.sum(_count.revealed), 0)).where(window)
    return int(connection.execute(held).scalar_one())


def _add(connection: Connection, principal: str, rule: str, now: int, values: int) -> None:
    key = (_count.principal == principal) & (_count.rule == rule) & (_count.hour == now)
    more = {"revealed": _count.revealed + values}
    if not connection.execute(update(reveal_counts).where(key).values(more)).rowcount:
        row = {"principal": principal, "rule": rule, "hour": now, "revealed": values}
        connection.execute(insert(reveal_counts).values(row))
