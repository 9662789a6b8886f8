"""What a run did, as a summary for people and as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockgate.cli.face import Face
from lockgate.cli.places import near
from lockgate.cli.screen import cell, fill, make_table, number, plural

if TYPE_CHECKING:
    from lockgate.assemble.workspace import RunResult
    from lockgate.ledger.receipt import Outcome

HEADLINES = {
    "released": ("Released", "bold green"),
    "already-released": ("Already released: nothing new was written", "yellow"),
    "nothing-accepted": ("No row was accepted: nothing was released", "bold red"),
}


def as_document(result: RunResult) -> dict[str, Any]:
    """The whole result as plain JSON."""
    return {
        "run_id": result.run_id,
        "status": str(result.status),
        "seconds": round(result.seconds, 3),
        "sinks": {name: str(path) for name, path in result.sinks.items()},
        "quarantine": result.quarantine,
        "recovered": list(result.recovered),
        "warnings": list(result.warnings),
        "receipt": result.receipt.model_dump(mode="json"),
    }


def show_result(face: Face, result: RunResult) -> None:
    """Print the summary: sinks, rejected rows by reason, receipt, what to do about them."""
    receipt = result.receipt
    headline, style = HEADLINES.get(str(result.status), (str(result.status), "bold"))
    face.out.print(cell(f"{headline}.", style))
    sinks = make_table("sink", "zone", ("rows", "right"), ("files", "right"), "where")
    rows = (
        (
            o.sink,
            o.zone,
            number(o.rows),
            number(data_files(o)),
            near(result.sinks[o.sink]) if o.sink in result.sinks else "",
        )
        for o in receipt.outcomes
    )
    if receipt.outcomes:
        face.out.print(fill(sinks, rows))
    show_steps(face, result)
    show_rejected(face, result)
    face.out.print(cell(closing(result), "dim"))
    for run_id in result.recovered:
        face.out.print(cell(f"Run {run_id} had been interrupted; it was brought to its end."))
    for warning in result.warnings:
        face.out.print(cell("warning  ", "yellow") + cell(warning))


def show_steps(face: Face, result: RunResult) -> None:
    """The rows of each step, and how many groups an aggregation held back."""
    steps = result.receipt.steps
    if not steps:
        return
    table = make_table("step", ("rows", "right"), ("groups held back", "right"))
    held = ("" if s.groups_held_back is None else number(s.groups_held_back) for s in steps)
    face.out.print(
        fill(table, [(s.name, number(s.rows), h) for s, h in zip(steps, held, strict=True)])
    )


def data_files(outcome: Outcome) -> int:
    """Files with rows in them, not the documents beside."""
    return sum(1 for file in outcome.files if file.name.startswith("part-"))


def closing(result: RunResult) -> str:
    """The last line: how much, how fast, where it is recorded."""
    read, seconds = result.receipt.rows_read, result.seconds
    recorded = f"Receipt {result.receipt.run_id} stands in the ledger."
    if str(result.status) == "already-released":
        return recorded
    speed = f", {number(read / seconds)} rows/s" if seconds > 0 else ""
    return f"{plural(read, 'row')} read in {seconds:.1f} s{speed}. {recorded}"


def show_rejected(face: Face, result: RunResult, limit: int = 15) -> None:
    """How many rows were rejected, why, and how to look at them."""
    receipt = result.receipt
    if not receipt.rows_rejected:
        face.out.print(cell("No row was rejected."))
        return
    share = receipt.rows_rejected / max(receipt.rows_read, 1)
    face.out.print(
        cell(f"{plural(receipt.rows_rejected, 'row')} rejected ({share:.2%}), because:", "yellow")
    )
    counts = sorted(receipt.rejected_by_reason.items(), key=lambda item: (-item[1], item[0]))
    reasons = make_table(("rows", "right"), "reason")
    face.out.print(fill(reasons, [(number(count), reason) for reason, count in counts[:limit]]))
    if len(counts) > limit:
        face.out.print(cell(f"and {len(counts) - limit} more reasons; --json lists all"))
    if result.quarantine:
        face.out.print(
            cell("They wait, encrypted:  ")
            + cell(f"lockgate quarantine show {result.quarantine}{face.project_words}", "cyan")
        )
