"""Runs and quarantines in memory."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lockgate.errors import UsageError
from lockgate.run.state_ports import QuarantineRecord, QuarantineState, RunRecord, RunState

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore


class MemoryRunStore:
    """A ``RunStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state

    def add(self, record: RunRecord) -> None:
        """Remember a new run. Raises UsageError if the id is taken."""
        with self._state.transaction():
            if record.run_id in self._state.tables.runs:
                raise UsageError(f"run {record.run_id} exists already")
            self._state.tables.runs[record.run_id] = record

    def update(self, run_id: str, **changes: Any) -> None:
        """Change what is given. Raises UsageError for an unknown run."""
        given = {name: value for name, value in changes.items() if value is not None}
        with self._state.transaction():
            self._state.tables.runs[run_id] = replace(self.get(run_id), **given)

    def get(self, run_id: str) -> RunRecord:
        """Raises UsageError for an unknown run."""
        if run_id not in self._state.tables.runs:
            raise UsageError(f"there is no run {run_id}")
        return self._state.tables.runs[run_id]

    def unfinished(self, pipeline: str | None = None) -> Sequence[RunRecord]:
        """Runs that are ``started`` or ``intent``, oldest first."""
        return [
            record
            for record in self._by_age()
            if record.state in (RunState.STARTED, RunState.INTENT)
            and pipeline in (None, record.pipeline)
        ]

    def released(self, identity: str) -> RunRecord | None:
        """The run that released this identity, if one did."""
        done = [r for r in self._by_age() if r.state is RunState.RELEASED]
        return next((record for record in done if record.identity == identity), None)

    def recent(self, limit: int) -> Sequence[RunRecord]:
        """The newest ``limit`` runs, newest first."""
        return self._by_age()[::-1][:limit]

    def _by_age(self) -> list[RunRecord]:
        runs = self._state.tables.runs.values()
        return sorted(runs, key=lambda record: (record.started_at, record.run_id))


class MemoryQuarantineStore:
    """A ``QuarantineStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state

    def add(self, record: QuarantineRecord) -> None:
        """Remember a quarantine. Raises UsageError if the run has one."""
        with self._state.transaction():
            if record.run_id in self._state.tables.quarantine:
                raise UsageError(f"run {record.run_id} has a quarantine already")
            self._state.tables.quarantine[record.run_id] = record

    def get(self, run_id: str) -> QuarantineRecord:
        """Raises UsageError if the run has none."""
        if run_id not in self._state.tables.quarantine:
            raise UsageError(f"run {run_id} has no quarantine")
        return self._state.tables.quarantine[run_id]

    def list(self, state: QuarantineState | None = None) -> Sequence[QuarantineRecord]:
        """All, or those in ``state``, newest first."""
        found: builtins.list[QuarantineRecord] = sorted(
            self._state.tables.quarantine.values(),
            key=lambda record: (record.created_at, record.run_id),
            reverse=True,
        )
        return [record for record in found if state in (None, record.state)]

    def set_state(
        self, run_id: str, state: QuarantineState, replayed_by: str | None = None
    ) -> None:
        """Move on from ``waiting``. Raises UsageError if unknown or no longer waiting."""
        with self._state.transaction():
            found = self.get(run_id)
            if found.state is not QuarantineState.WAITING:
                raise UsageError(f"the quarantine of run {run_id} is {found.state.value} already")
            moved = replace(found, state=state, replayed_by=replayed_by)
            self._state.tables.quarantine[run_id] = moved
