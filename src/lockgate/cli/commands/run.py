"""``lockgate run``: judge, protect, release, record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.assemble.workspace import Workspace


@click.command(
    "run",
    cls=LockgateCommand,
    short_help="Run a pipeline: judge, protect, release, record.",
    examples=(
        "lockgate run nightly",
        "lockgate run nightly --purpose readmission-study --json",
    ),
)
@click.argument("pipeline", required=False)
@click.option("--purpose", metavar="TEXT", help="Why, for the ledger. [default: the pipeline's]")
@click.pass_obj
def command(face: Face, pipeline: str | None, purpose: str | None) -> None:
    """Run PIPELINE (it may be left out if the project has one only).

    Every row is judged against the contract; rejected rows go to the encrypted
    quarantine. Released rows appear in each sink as a new run-ID folder, whole or
    not at all. Running again on the same input releases nothing twice, and
    finishes a run that was killed.

    On a terminal a live line shows the progress; elsewhere JSON log records go to
    standard error.
    """
    with face.workspace(logs=True) as workspace:
        from lockgate.cli.live import live_progress
        from lockgate.cli.results import as_document, show_result

        name = pipeline or only_pipeline(workspace)
        with live_progress(face, name) as progress:
            result = workspace.run(name, purpose=purpose, progress=progress)
        if face.as_json:
            face.emit(as_document(result))
        elif not face.quiet:
            show_result(face, result)


def only_pipeline(workspace: Workspace) -> str:
    """The project's one pipeline. Raises UsageError if there are none or several."""
    names = sorted(workspace.project.pipelines)
    if len(names) == 1:
        return names[0]
    if not names:
        raise UsageError(
            "this project has no pipeline yet", hint="write one under `pipelines:` in lockgate.yaml"
        )
    raise UsageError("say which pipeline", hint=f"this project has {', '.join(names)}")
