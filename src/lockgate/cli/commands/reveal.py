"""``lockgate reveal``: tokens and ciphertexts back into values, for a purpose, recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError
from lockgate.printable import printable

MAX_FRAMES = 100_000


@click.command(
    "reveal",
    cls=LockgateCommand,
    short_help="Turn tokens and ciphertexts back into values.",
    examples=(
        "lockgate reveal lkg1_EQAAAS... --purpose 'call the patient back'",
        "cut -d, -f2 sample.csv | lockgate reveal - --purpose audit-4711",
        "lockgate reveal --file out/run-x/part-0.parquet --column email \\",
        "    --purpose audit-4711 --to emails.csv",
    ),
)
@click.argument("values", nargs=-1, metavar="[VALUE...|-]")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--contract", metavar="NAME", help="Where a ciphertext comes from: its contract …")
@click.option("--column", metavar="NAME", help="… and its column. With --file: the column to open.")
@click.option("--file", type=click.Path(path_type=Path), help="A released file.")
@click.option("--to", type=click.Path(path_type=Path), help="With --file: write here, mode 0600.")
@click.pass_obj
def command(
    face: Face,
    values: tuple[str, ...],
    purpose: str,
    contract: str | None,
    column: str | None,
    file: Path | None,
    to: Path | None,
) -> None:
    """Turn VALUEs, one a line of standard input (-), or a column of a released file back.

    A token opens by itself. A ciphertext is bound to its column: say --contract
    and --column unless the project has only one that fits. What was revealed, how
    many and why, is recorded before anything is shown; the values are not.

    Text output escapes control characters; --json is exact.
    """
    frames = _frames(values)
    if (file is None) == (not frames):
        raise UsageError("give values, or a file with --column", hint="not both, and not neither")
    if file is not None and column is None:
        raise UsageError("which column of the file?", hint="add --column NAME")
    if to is not None and file is None:
        raise UsageError("--to goes with --file", hint="redirect standard output for values")
    with face.workspace() as workspace:
        if file is not None and column is not None:
            result = workspace.reveal_file(file, column, purpose=purpose, to=to)
            if face.as_json:
                face.emit({"rows": result.rows, "path": str(result.path) if result.path else None})
            elif not face.quiet:
                face.say(f"{result.rows:,} values of {printable(column)} revealed and recorded.")
                if result.path:
                    face.say(
                        f"They are in {printable(str(result.path))} (mode 0600): delete it "
                        "when you are done."
                    )
            return
        revealed = workspace.reveal_values(
            frames, purpose=purpose, contract=contract, column=column
        )
    if face.as_json:
        face.emit({"values": list(revealed)})
        return
    for value in revealed:
        click.echo("" if value is None else printable(value))


def _frames(values: tuple[str, ...]) -> list[str]:
    frames: list[str] = []
    for value in values:
        if value != "-":
            frames.append(value)
            continue
        for line in sys.stdin:
            if line.strip():
                frames.append(line.strip())
            if len(frames) > MAX_FRAMES:
                raise UsageError(
                    f"more than {MAX_FRAMES:,} values at once", hint="use --file for a column"
                )
    return frames
