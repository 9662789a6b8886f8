"""``lockgate demo``: invented patients go from clear to protected."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import ExitCode, UsageError


@click.command(
    "demo",
    cls=LockgateCommand,
    short_help="Watch 200,000 invented patients go from clear to protected.",
    examples=("lockgate demo", "lockgate demo --rows 1000000 --keep ./demo"),
)
@click.option("--rows", type=click.IntRange(1_000, 20_000_000), default=200_000, show_default=True)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Make the project here, in a new folder. [default: a temporary folder, named at the end]",
)
@click.pass_obj
def command(face: Face, rows: int, keep: Path | None) -> int:
    """Make a table of invented patients, protect it for three zones, and prove it.

    Shows the same rows before and after, the rejected rows, a join on tokens, steps
    in SQL of which one leaks and is refused, one value revealed, the ledger verified
    and a tampered copy found out. Takes less than a minute and touches nothing
    outside its own folder.
    """
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise UsageError("the folder for the demonstration is not empty", hint="name a new one")
    face.log()
    from lockgate.cli.demo.stage import Stage
    from lockgate.cli.demo.story import perform

    folder = keep if keep is not None else Path(tempfile.mkdtemp(prefix="lockgate-demo-"))
    stage = Stage(face)
    perform(stage, folder.resolve(), rows)
    if face.as_json:
        face.emit(stage.facts)
    return 0 if stage.facts["tampering_found"] else int(ExitCode.INTEGRITY)
