"""What decisions on access call a dataset: by the project's names, whatever it is kept under."""

from __future__ import annotations

from lockgate.assemble.project_file import Project


def dataset_named(project: Project, kept_as: str) -> str:
    """The name of the dataset that sealed files or rejected rows are kept as (``dataset_of``).

    That is a contract's id, or the name of a pipeline that makes rows of several into one. Empty,
    which no scope of datasets covers, where nothing is kept so any more, or two things could be.
    """
    of = [name for name, contract in project.contracts.items() if contract.id == kept_as]
    pipeline = project.pipelines.get(kept_as)
    if pipeline is not None and len(pipeline.sources) > 1:
        return "" if of or kept_as in project.contracts else kept_as
    return of[0] if len(of) == 1 else ""
