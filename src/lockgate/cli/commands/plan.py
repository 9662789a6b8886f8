"""``lockgate plan``: every column's way from source to sink, to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from lockgate.flow.picture import Box, Picture, Row

FORMATS = ("text", "mermaid", "svg", "html")
_STYLES = {
    "public": "",
    "sensitive": "yellow",
    "protected": "green",
    "dropped": "dim",
    "refused": "bold red",
}


@click.command(
    "plan",
    cls=LockgateCommand,
    short_help="Show every column's way: text, Mermaid, SVG, HTML.",
    examples=(
        "lockgate plan nightly",
        "lockgate plan nightly --format html --output nightly.html",
        "lockgate plan nightly --format mermaid >> docs/nightly.md",
    ),
)
@click.argument("pipeline")
@click.option(
    "--format", "kind", type=click.Choice(FORMATS), default="text", show_default=True,
    help="How it is drawn.",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; standard output if none is named.",
)  # fmt: skip
@click.pass_obj
def command(face: Face, pipeline: str, kind: str, output: Path | None) -> int:
    """Show sources, steps and sinks of PIPELINE, and each column's labels and treatment.

    No data is read. A pipeline that is refused is shown too, with what is refused marked;
    then the exit code is 4, and `lockgate check` says why.
    """
    from lockgate.flow.picture import picture

    with face.workspace() as workspace:
        report = workspace.check((pipeline,))
    drawn = picture(pipeline, report.examined[pipeline])
    code = int(ExitCode.REFUSED) if drawn.refused else 0
    if face.as_json:
        face.emit(as_document(drawn))
    elif kind == "text" and output is None:
        show(face, drawn)
    elif kind == "text":
        raise UsageError("text is for the terminal", hint="--format html, svg or mermaid")
    else:
        _write(face, _drawn(drawn, kind), output)
    return code


def _drawn(drawn: Picture, kind: str) -> str:
    if kind == "mermaid":
        from lockgate.flow.mermaid import as_mermaid

        return as_mermaid(drawn)
    if kind == "svg":
        from lockgate.flow.svg import as_svg

        return as_svg(drawn)
    from lockgate.flow.page import as_html

    return as_html(drawn)


def _write(face: Face, text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the file cannot be written ({type(error).__name__})", hint="name another --output"
        ) from None
    face.say(f"Written to {output}")


def as_document(drawn: Picture) -> dict[str, Any]:
    """Boxes and lines as plain JSON."""
    from dataclasses import asdict

    return asdict(drawn)


def show(face: Face, drawn: Picture) -> None:
    """One table a box, in the order of the way."""
    from lockgate.cli.screen import cell

    for box in drawn.boxes:
        before = sorted({line.start[0] for line in drawn.lines if line.end[0] == box.id})
        came = f"  from {', '.join(before)}" if before else ""
        face.out.print(cell(f"{box.title} ({box.subtitle}){came}", "bold"))
        influence = {row.influence for row in box.rows}
        shared = influence.pop() if len(influence) == 1 else ""
        if shared:
            face.out.print(cell(f"decided by {shared}", "dim"))
        face.out.print(_table(box, influenced=bool(influence)))
    if drawn.refused:
        face.out.print(cell("Refused: lockgate check says why.", "bold red"))


def _table(box: Box, influenced: bool) -> Any:
    from lockgate.cli.screen import cell, make_table

    edge = any(row.treatment for row in box.rows)
    heads = ["column", "labels", *(["decided by"] if influenced else [])]
    table = make_table(*heads, *(("treatment", "becomes", "because") if edge else ("",)))
    for row in box.rows:
        style = _STYLES[row.mood]
        cells = [cell(row.column), cell(row.labels, style)]
        cells += [cell(row.influence, "dim")] if influenced else []
        cells += _edge(row, style) if edge else [cell(row.note, "dim")]
        table.add_row(*cells)
    return table


def _edge(row: Row, style: str) -> list[Any]:
    from lockgate.cli.screen import cell

    treatment = row.treatment or ("refused" if row.mood == "refused" else "")
    return [cell(treatment, style), cell(row.state), cell(row.why, "dim")]
