"""Quarantines in SQL."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables import quarantine
from lockgate.errors import UsageError
from lockgate.run.state_ports import QuarantineRecord, QuarantineState


class SqlQuarantineStore:
    """A ``QuarantineStore`` over the table ``quarantine``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, record: QuarantineRecord) -> None:
        """Remember a quarantine. Raises UsageError if the run has one."""
        taken = select(quarantine.c.run_id).where(quarantine.c.run_id == record.run_id)
        with self._connections.writing() as connection:
            if connection.execute(taken).first() is not None:
                raise UsageError(f"run {record.run_id} has a quarantine already")
            connection.execute(insert(quarantine).values(**_values(record)))

    def get(self, run_id: str) -> QuarantineRecord:
        """Raises UsageError if the run has none."""
        query = select(quarantine).where(quarantine.c.run_id == run_id)
        with self._connections.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise UsageError(
                f"run {run_id} has no quarantine", hint="see `lockgate quarantine list`"
            )
        return _record(row)

    def list(self, state: QuarantineState | None = None) -> Sequence[QuarantineRecord]:
        """All, or those in ``state``, newest first."""
        query = select(quarantine)
        if state is not None:
            query = query.where(quarantine.c.state == state.value)
        query = query.order_by(quarantine.c.created_at.desc(), quarantine.c.run_id.desc())
        with self._connections.reading() as connection:
            rows: builtins.list[Row[Any]] = builtins.list(connection.execute(query).all())
        return [_record(row) for row in rows]

    def set_state(
        self, run_id: str, state: QuarantineState, replayed_by: str | None = None
    ) -> None:
        """Move on from ``waiting``. Raises UsageError if unknown or no longer waiting."""
        waiting = quarantine.c.state == QuarantineState.WAITING.value
        change = (
            update(quarantine)
            .where(quarantine.c.run_id == run_id, waiting)
            .values(state=state.value, replayed_by=replayed_by)
        )
        with self._connections.writing() as connection:
            if connection.execute(change).rowcount == 1:
                return
            found = self.get(run_id)
            raise UsageError(f"the quarantine of run {run_id} is {found.state.value} already")


def _values(record: QuarantineRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in QuarantineRecord.__slots__}
    return {**values, "state": record.state.value}


def _record(row: Row[Any]) -> QuarantineRecord:
    return QuarantineRecord(**{**row._mapping, "state": QuarantineState(row.state)})
