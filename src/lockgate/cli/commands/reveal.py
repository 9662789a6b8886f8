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
        "cut -d, -f2 sample.csv | tr -d '\"' | grep lkg1_ | lockgate reveal - --purpose audit-4711",
        "lockgate reveal --file out/run-x/part-0.parquet --column email \\",
        "    --purpose audit-4711 --to emails.csv",
    ),
)
@click.argument("values", nargs=-1, metavar="[VALUE...|-]")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--file", type=click.Path(path_type=Path), help="A released file.")
@click.option("--column", metavar="NAME", help="With --file: the column to turn back.")
@click.option("--to", type=click.Path(path_type=Path), help="With --file: write here, mode 0600.")
@click.pass_obj
def command(
    face: Face,
    values: tuple[str, ...],
    purpose: str,
    file: Path | None,
    column: str | None,
    to: Path | None,
) -> None:
    """Turn VALUEs, one a line of standard input (-), or a column of a released file back.

    How many values, of which labels and why, is recorded before anything is
    shown; the values are not. A ciphertext opens only where it belongs: in a
    project that has its contract and column. What fpe made carries no key: it opens
    with --file, by the contract beside the file.

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
            found = workspace.reveal_file(file, column, purpose=purpose, to=to)
            values_of = found.values.to_pylist() if found.values is not None else []
            written = str(found.path) if found.path is not None else None
            count = found.rows
        else:
            values_of = list(workspace.reveal_values(frames, purpose=purpose))
            written, count = None, len(values_of)
    if face.as_json:
        face.emit({"rows": count, "path": written, "values": values_of})
    elif written is not None:
        face.say(
            f"{plural(count, 'value')} revealed and recorded: {printable(written)} (mode 0600). "
            "Delete it when you are done."
        )
    else:
        for value in values_of:
            click.echo("" if value is None else printable(str(value)))


def plural(count: int, word: str) -> str:
    """``1 value``, ``2 values``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


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
