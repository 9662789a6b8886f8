"""Runs in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables import runs
from lockgate.errors import UsageError
from lockgate.run.state_ports import RunRecord, RunState


class SqlRunStore:
    """A ``RunStore`` over the table ``runs``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, record: RunRecord) -> None:
        """Remember a new run. Raises UsageError if the id is taken."""
        taken = select(runs.c.run_id).where(runs.c.run_id == record.run_id)
        with self._connections.writing() as connection:
            if connection.execute(taken).first() is not None:
                raise UsageError(f"run {record.run_id} exists already")
            connection.execute(insert(runs).values(**_values(record)))

    def update(
        self,
        run_id: str,
        *,
        state: RunState | None = None,
        finished_at: datetime | None = None,
        rows_read: int | None = None,
        rows_accepted: int | None = None,
        rows_rejected: int | None = None,
        receipt_json: str | None = None,
        locations_json: str | None = None,
    ) -> None:
        """Change what is given. Raises UsageError for an unknown run."""
        given = {
            "state": state.value if state else None,
            "finished_at": finished_at,
            "rows_read": rows_read,
            "rows_accepted": rows_accepted,
            "rows_rejected": rows_rejected,
            "receipt_json": receipt_json,
            "locations_json": locations_json,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        if not changes:
            self.get(run_id)
            return
        with self._connections.writing() as connection:
            done = connection.execute(update(runs).where(runs.c.run_id == run_id).values(**changes))
            if done.rowcount != 1:
                raise _unknown(run_id)

    def get(self, run_id: str) -> RunRecord:
        """Raises UsageError for an unknown run."""
        with self._connections.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.run_id == run_id)).first()
        if row is None:
            raise _unknown(run_id)
        return _record(row)

    def unfinished(self, pipeline: str | None = None) -> Sequence[RunRecord]:
        """Runs that are ``started`` or ``intent``, oldest first."""
        query = select(runs).where(runs.c.state.in_(("started", "intent")))
        if pipeline is not None:
            query = query.where(runs.c.pipeline == pipeline)
        with self._connections.reading() as connection:
            rows = connection.execute(query.order_by(runs.c.started_at, runs.c.run_id)).all()
        return [_record(row) for row in rows]

    def released(self, identity: str) -> RunRecord | None:
        """The run that released this identity, if one did."""
        query = (
            select(runs)
            .where(runs.c.identity == identity, runs.c.state == RunState.RELEASED.value)
            .order_by(runs.c.started_at)
        )
        with self._connections.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _record(row)

    def recent(self, limit: int) -> Sequence[RunRecord]:
        """The newest ``limit`` runs, newest first."""
        newest = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
        with self._connections.reading() as connection:
            rows = connection.execute(newest).all()
        return [_record(row) for row in rows]


def _unknown(run_id: str) -> UsageError:
    return UsageError(f"there is no run {run_id}", hint="see `lockgate runs`")


def _values(record: RunRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in RunRecord.__slots__}
    return {**values, "state": record.state.value}


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(**{**row._mapping, "state": RunState(row.state)})
