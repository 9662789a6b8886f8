"""Grants, approvals and break-glass in SQL: rows as they are, believed by nobody here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from enum import Enum
from typing import Any, Generic

from sqlalchemy import Row as Found
from sqlalchemy import Table, insert, select, text, update

from lockgate.access.grant_ports import Row, RowStore
from lockgate.access.grant_rows import (
    Approval,
    ApprovalState,
    ApprovedPolicy,
    BreakGlass,
    Grant,
    KeptEnvironment,
    LatestSeen,
    RowsOfHolder,
)
from lockgate.adapters.state_stores.sql.access_tables import (
    access_approvals,
    access_break_glass,
    access_environment,
    access_grants,
    access_latest,
    access_policies,
)
from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.holder_rows import rows_of_holder
from lockgate.errors import IntegrityError, UsageError

_LOCK = 0x6C67_6163_6365_7373
"""Of PostgreSQL's advisory locks: the letters "lgaccess"."""


class SqlAccessStore:
    """An ``AccessStore``: a table for each kind of row."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.grants: RowStore[Grant] = SqlRows(connections, access_grants, Grant, "to")
        self.approvals: RowStore[Approval] = SqlRows(
            connections, access_approvals, Approval, "digest"
        )
        self.break_glass: RowStore[BreakGlass] = SqlRows(
            connections, access_break_glass, BreakGlass, "principal"
        )
        self.policies: RowStore[ApprovedPolicy] = SqlRows(
            connections, access_policies, ApprovedPolicy, "id"
        )
        self.environment: RowStore[KeptEnvironment] = SqlRows(
            connections, access_environment, KeptEnvironment, "id"
        )
        self.latest: RowStore[LatestSeen] = SqlRows(connections, access_latest, LatestSeen, "id")

    def of_holder(self, principal: str, groups: Sequence[str]) -> RowsOfHolder:
        """Grants to it or its groups, its break-glass, the time last seen: one statement."""
        with self._connections.reading() as connection:
            return rows_of_holder(connection, principal, groups)

    def lock(self) -> None:
        """Inside a transaction: nobody else changes these rows until it ends."""
        _lock(self._connections)


class SqlRows(Generic[Row]):
    """A ``RowStore`` over a table whose columns are the row's fields."""

    def __init__(
        self, connections: Connections, table: Table, kind: type[Row], looked_up_by: str
    ) -> None:
        self._connections = connections
        self._table = table
        self._kind = kind
        self._key = table.c[looked_up_by]

    def add(self, row: Row) -> None:
        """Keep a new row. Raises UsageError if its id is taken."""
        with self._connections.writing() as connection:
            _lock(self._connections)
            if self.get(row.id) is not None:
                raise UsageError("this id is taken")
            connection.execute(insert(self._table).values(**_values(row)))

    def swap(self, before: Row, after: Row) -> bool:
        """Put ``after`` in the place of ``before``, unless somebody changed it first."""
        unchanged = (self._table.c.id == before.id) & (self._table.c.seal == before.seal)
        with self._connections.writing() as connection:
            _lock(self._connections)
            changed = connection.execute(
                update(self._table).where(unchanged).values(**_values(after))
            )
            return changed.rowcount == 1

    def get(self, row_id: str) -> Row | None:
        """The row of that id."""
        with self._connections.reading() as connection:
            found = connection.execute(
                select(self._table).where(self._table.c.id == row_id)
            ).first()
        return None if found is None else self._row(found)

    def of(self, keys: Sequence[str]) -> Sequence[Row]:
        """Rows by what they are looked up by, in order of id."""
        query = select(self._table).where(self._key.in_(list(keys))).order_by(self._table.c.id)
        with self._connections.reading() as connection:
            return [self._row(found) for found in connection.execute(query).all()]

    def all(self) -> Sequence[Row]:
        """Every row, in order of id."""
        query = select(self._table).order_by(self._table.c.id)
        with self._connections.reading() as connection:
            return [self._row(found) for found in connection.execute(query).all()]

    def _row(self, found: Found[Any]) -> Row:
        values = dict(found._mapping)
        try:
            if self._kind is Approval:
                values["state"] = ApprovalState(values["state"])
            return self._kind(**values)
        except (TypeError, ValueError):
            pass
        raise IntegrityError(
            f"a {self._kind.__name__} in the state is none",
            hint="the state was changed: restore it from a backup",
        )


def _values(row: Any) -> dict[str, Any]:
    values = {f.name: getattr(row, f.name) for f in fields(row)}
    return {name: v.value if isinstance(v, Enum) else v for name, v in values.items()}


def _lock(connections: Connections) -> None:
    """SQLite has one writer at a time anyway. PostgreSQL frees it when the transaction ends."""
    with connections.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
