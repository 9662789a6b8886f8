"""``lockgate reveal``: tokens and ciphertexts back into values, for a purpose, recorded."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError
from lockgate.limits import DEFAULT_LIMITS
from lockgate.printable import printable


@click.command(
    "reveal",
    cls=LockgateCommand,
    short_help="Turn tokens and ciphertexts back into values.",
    examples=(
        "lockgate reveal lkg1_EQAAAS... --purpose 'call the patient back'",
        "cut -d, -f2 sample.csv | tr -d '\"' | grep lkg1_ | lockgate reveal - --purpose audit-4711",
        "lockgate reveal --file out/run-x/part-0.parquet --column email \\",
        "    --purpose audit-4711 --to emails.csv",
        "lockgate reveal --file part-0.csv --column email --column ssn --rows 1-20 \\",
        "    --purpose 'fraud: case 4711'",
    ),
)
@click.argument("values", nargs=-1, metavar="[VALUE...|-]")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--file", type=click.Path(path_type=Path), help="A released file.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="With --file: a column to turn back; several may be given.",
)
@click.option("--rows", metavar="FROM-TO", help="With --file: these rows only, from 1.")
@click.option("--to", type=click.Path(path_type=Path), help="With --file: write here, mode 0600.")
@click.option(
    "--fernet-of",
    metavar="CONTRACT.COLUMN",
    help="With --file: it was written elsewhere, with Fernet tokens of this column.",
)
@click.pass_obj
def command(
    face: Face,
    values: tuple[str, ...],
    purpose: str,
    file: Path | None,
    columns: tuple[str, ...],
    rows: str | None,
    to: Path | None,
    fernet_of: str | None,
) -> None:
    """Turn VALUEs, one a line of standard input (-), or columns of a released file back.

    Rules by label say for which purposes and how many values at once and in a day. How
    many values, of which labels and why, is recorded before anything is shown, and so is
    a refusal; the values are not. A ciphertext opens only where it belongs: in a
    project that has its contract and column. What fpe made carries no key: it opens
    with --file, by the contract beside the file.

    Text output escapes control characters; --json is exact, and holds bytes as base64.
    """
    frames = _frames(values)
    if (file is None) == (not frames):
        raise UsageError("give values, or a file with --column", hint="not both, and not neither")
    if file is not None and not columns:
        raise UsageError("which column of the file?", hint="add --column NAME")
    if file is None and (to is not None or rows is not None or columns or fernet_of):
        raise UsageError(
            "--column, --rows, --to and --fernet-of go with --file",
            hint="redirect standard output for values",
        )
    wanted = _rows(rows)
    with face.workspace() as workspace:
        if file is None:
            found = {"": list(workspace.reveal_values(frames, purpose=purpose))}
            count, path, shredded = len(found[""]), None, 0
        else:
            result = workspace.reveal_file(
                file, columns, purpose=purpose, to=to, rows=wanted, fernet_of=fernet_of or ""
            )
            found = {} if result.table is None else result.table.to_pydict()
            count, path, shredded = result.rows, result.path, result.shredded
    _show(face, count, path, found, shredded)


def _show(
    face: Face, count: int, path: Path | None, found: dict[str, list[Any]], shredded: int
) -> None:
    if face.as_json:
        shown = {name: [_exact(value) for value in column] for name, column in found.items()}
        only = next(iter(shown.values())) if len(shown) == 1 else []
        document = {"rows": count, "path": None if path is None else str(path), "values": only}
        more = {"columns": shown} if len(shown) > 1 else {}
        face.emit({**document, **more, **({"shredded": shredded} if shredded else {})})
    elif path is not None:
        face.say(
            f"{plural(count, 'row')} revealed and recorded: {printable(str(path))} (mode 0600). "
            "Delete it when you are done."
        )
    else:
        for line in zip(*found.values(), strict=True):
            click.echo("\t".join("" if cell is None else printable(_text(cell)) for cell in line))
    if shredded and not face.as_json:
        one = shredded == 1
        whose = "belongs to a person whose key was" if one else "belong to people whose keys were"
        face.err.print(f"{plural(shredded, 'value')} {whose} destroyed, and left empty.")


def _exact(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _text(value: Any) -> str:
    return str(_exact(value))


def _rows(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,17})", text)
    if match is None:
        raise UsageError("--rows is FROM-TO, from 1 on", hint="for example --rows 1-100")
    return int(match[1]), int(match[2])


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
            if len(frames) > DEFAULT_LIMITS.reveal_values:
                return frames  # refused as too many, before more are read
    return frames
