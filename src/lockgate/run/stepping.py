"""Steps between sources and sinks: each reads spools and makes one, the last go to the sinks."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from lockgate.ledger.receipt import StepRecord
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.run.moved import Moved
from lockgate.run.step_ports import Spool, SpoolFolder, StepRunner

LOGGER = logging.getLogger("lockgate.run")


def run_steps(
    plan: CheckedPlan,
    moved: Moved,
    runner: StepRunner,
    spools: Mapping[str, Spool],
    folder: SpoolFolder,
) -> dict[str, Spool]:
    """Run every step over the spools of what it reads; the spools of sources and steps by name.

    Raises StepFailed, StepLimitExceeded, StepRefused, EnvironmentFailed.
    """
    made = dict(spools)
    for step in plan.steps:
        writer = folder.writer(step.name, step.schema)
        inputs = {name: made[name] for name in step.inputs}
        rows = runner.run(step, inputs)
        for batch in rows.batches:
            writer.append(batch)
        made[step.name] = writer.finish()
        record = StepRecord(
            name=step.name,
            rows=made[step.name].rows,
            groups_held_back=rows.held_back(),
            declassified=step.declassified,
        )
        moved.steps.append(record)
        told = {"step": step.name, "rows": record.rows, "held_back": record.groups_held_back}
        LOGGER.info("step.done", extra=told)
    return made


def release_steps(plan: CheckedPlan, moved: Moved, spools: Mapping[str, Spool]) -> None:
    """Protect what steps made and write it to the sinks.

    Raises TreatmentFailed for a value that a zone's treatment cannot take, EnvironmentFailed.
    """
    for sink in plan.sinks:
        session, rows = moved.sessions[sink.name], 0
        for batch in spools[sink.of].reader():
            session.write(session.prepare(moved.edge.release_derived(sink.name, batch)))
            rows += batch.num_rows
        moved.derived_rows[sink.name] = rows
