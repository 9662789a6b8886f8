"""``lockgate unseal``: a sealed file into a plain one, for a purpose, recorded."""

from __future__ import annotations

from pathlib import Path

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.printable import printable


@click.command(
    "unseal",
    cls=LockgateCommand,
    short_help="Open a sealed file.",
    examples=(
        "lockgate unseal out/run-x/part-00000.parquet --to open.parquet --purpose audit-4711",
        "lockgate unseal out/run-x/part-00000.csv.age --to open.csv --purpose audit-4711",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Path(path_type=Path), help="Write here, mode 0600.")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.pass_obj
def command(face: Face, file: Path, to: Path, purpose: str) -> None:
    """Open FILE, which a sink with `seal` wrote, in its run folder.

    What treatments protected stays protected: turn columns back with `lockgate
    reveal --file`. The output's contract goes along for that, unless one is there.
    """
    with face.workspace() as workspace:
        done = workspace.unseal(file, purpose=purpose, to=to)
    face.tell(
        {"rows": done.rows, "path": str(done.path)},
        f"Unsealed and recorded: {printable(str(done.path))} (mode 0600). "
        "Delete it when you are done.",
    )
