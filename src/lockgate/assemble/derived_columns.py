"""Columns that steps make, as the proof knows them: where their protected values are bound to."""

from __future__ import annotations

from collections.abc import Iterator

from lockgate.assemble.pipelines import check_project
from lockgate.assemble.project_file import Project
from lockgate.contract.model import Column


def derived_columns(project: Project) -> Iterator[tuple[str, Column]]:
    """Every column of a step that reaches a sink, with the dataset that it is bound to.

    Of pipelines whose plan is refused nothing is known.
    """
    names = tuple(name for name, one in project.pipelines.items() if one.steps)
    if not names:
        return
    datasets = {contract.id for contract in project.contracts.values()}
    for plan in check_project(project, names).plans.values():
        for planned in (column for sink in plan.sinks for column in sink.columns):
            if planned.dataset in datasets:
                continue
            column = Column(
                id=planned.column_id,
                name=planned.source,
                arrow_type=planned.arrow_type,
                labels=planned.labels,
                required=False,
                nullable=True,
                domain=planned.domain,
            )
            yield planned.dataset, column
