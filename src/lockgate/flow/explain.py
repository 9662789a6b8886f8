"""A plan as rows of a table, for people."""

from __future__ import annotations

from dataclasses import dataclass

from lockgate.plan.checked_plan import CheckedPlan, PlannedColumn
from lockgate.policy.zone import rule_text


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One column on its way to one sink."""

    sink: str
    zone: str
    source: str
    name: str
    labels: str
    influence: str
    treatment: str
    domain: str
    state: str
    why: str


def explain(plan: CheckedPlan) -> tuple[PlanRow, ...]:
    """Rows in the order of sinks and columns. ``name`` is "" for a dropped column."""
    return tuple(
        _row(column, sink.name, sink.zone) for sink in plan.sinks for column in sink.columns
    )


def _row(column: PlannedColumn, sink: str, zone: str) -> PlanRow:
    treatment, state = "allow", str(column.labels)
    dropped = False
    if column.treatment is not None:
        treatment = rule_text(column.treatment)
        dropped = column.treatment.name == "drop"
        state = "" if dropped else str(column.treatment.state(column.labels, column.domain, 0))
    return PlanRow(
        sink,
        zone,
        column.source,
        "" if dropped else column.name,
        str(column.labels),
        "" if column.influence.public else str(column.influence),
        treatment,
        column.domain,
        state,
        column.why,
    )
