"""The rejected rows of a project's runs: looked at, or forgotten; permitted and recorded."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from lockgate.access.action import Action
from lockgate.access.resource import Resource
from lockgate.access.resource import pipeline as pipeline_resource
from lockgate.assemble.dataset_names import dataset_named
from lockgate.assemble.project_file import Project
from lockgate.assemble.project_reveals import ProjectReveals
from lockgate.assemble.quarantine_permits import permit_of_run
from lockgate.assemble.seam import guarded
from lockgate.ledger.event import QuarantineRead
from lockgate.run.context import RunContext
from lockgate.run.key_table import for_quarantine
from lockgate.run.quarantine import read_quarantine, require_waiting
from lockgate.run.quarantine_origin import require_own_pipeline, require_recorded_pipeline
from lockgate.run.rejected_table import as_table, listed
from lockgate.run.retention import discard
from lockgate.run.state_ports import QuarantineRecord


@dataclass(frozen=True, slots=True)
@guarded
class ProjectQuarantine:
    """What may be done with rejected rows. Each asks for permission first."""

    project: Project
    context: RunContext

    def rows(self, run_id: str, *, values: bool, purpose: str, limit: int | None) -> pa.Table:
        """As ``Workspace.quarantine_rows``, under the key of that very run's day."""
        context = self.context
        action = Action.READ_QUARANTINE
        asked = lambda record: (self._held_by(record), purpose)  # noqa: E731
        record, permit = permit_of_run(context, action, run_id, purpose, asked)
        require_waiting(record)
        sealed_in = context.keys.domain_of(record.key_number)
        with context.released(permit, for_quarantine(sealed_in, record.key_number)) as keyed:
            require_own_pipeline(keyed, record)
            path = context.sealed_path("quarantine", run_id)
            rows = record.rows if limit is None else min(limit, record.rows)
            if values:
                sealed = read_quarantine(path, keyed.keys, run_id)
                reveals = ProjectReveals(self.project, context)
                rows = reveals.rejected(record, sealed, limit, purpose)
            event = QuarantineRead(
                run_id=run_id, rows=rows, with_values=values, **context.by(purpose)
            )
            with context.state.transaction():
                context.ledger.append(event)
            return as_table(listed(read_quarantine(path, keyed.keys, run_id), values, limit))

    def discard(self, run_id: str, *, purpose: str) -> None:
        """Forget a run's rejected rows for good."""
        context = self.context
        asked = lambda record: (self._held_by(record), purpose)  # noqa: E731
        record, permit = permit_of_run(context, Action.DISCARD, run_id, purpose, asked)
        require_recorded_pipeline(context.ledger, record)  # its rows are not opened to forget them
        with context.released(permit) as keyed:
            discard(keyed, record, purpose)

    def _held_by(self, record: QuarantineRecord) -> Resource:
        """A quarantine as a resource: its pipeline's, with the dataset that this reads."""
        return pipeline_resource(record.pipeline, dataset_named(self.project, record.contract_id))
