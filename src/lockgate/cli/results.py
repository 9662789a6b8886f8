"""What a run did, as a summary for people and as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockgate.cli.face import Face
from lockgate.cli.screen import cell, fill, make_table, number, plural

if TYPE_CHECKING:
    from lockgate.assemble.workspace import RunResult

HEADLINES = {
    "released": ("Released", "green"),
    "already-released": ("Already released: nothing new was written", "yellow"),
    "recovered": ("Finished what an interrupted run had begun", "green"),
}


def as_document(result: RunResult) -> dict[str, Any]:
    """The whole result as plain JSON."""
    receipt = result.receipt
    return {
        "run_id": result.run_id,
        "status": result.status,
        "seconds": round(result.seconds, 3),
        "sinks": {name: str(path) for name, path in result.sinks.items()},
        "quarantine": result.quarantine,
        "recovered": list(result.recovered),
        "warnings": list(result.warnings),
        "receipt": receipt.model_dump(mode="json") if receipt is not None else None,
    }


def show_result(face: Face, result: RunResult) -> None:
    """Print the summary: sinks, rejected rows by reason, receipt, what to do about them."""
    headline, style = HEADLINES.get(result.status, (result.status, ""))
    receipt = result.receipt
    face.out.print(cell(f"{headline}.", f"bold {style}".strip()))
    if receipt is not None:
        sinks = make_table("sink", "zone", ("rows", "right"), ("files", "right"), "where")
        for outcome in receipt.outcomes:
            fill(
                sinks,
                [
                    (
                        outcome.sink,
                        outcome.zone,
                        number(outcome.rows),
                        number(sum(1 for file in outcome.files if file.rows is not None)),
                        result.sinks.get(outcome.sink, ""),
                    )
                ],
            )
        face.out.print(sinks)
        _show_rejected(face, result)
        speed = f", {number(receipt.rows_read / result.seconds)} rows/s" if result.seconds else ""
        face.out.print()
        face.out.print(
            cell(
                f"{plural(receipt.rows_read, 'row')} read in {result.seconds:.1f} s{speed}. "
                f"Receipt {result.run_id}, recorded in the ledger.",
                "dim",
            )
        )
    for run_id in result.recovered:
        face.out.print(cell(f"Run {run_id} had been interrupted; it was brought to its end."))
    for warning in result.warnings:
        face.out.print(cell(f"warning  {warning}", "yellow"))


def _show_rejected(face: Face, result: RunResult) -> None:
    receipt = result.receipt
    if not receipt.rows_rejected:
        face.out.print(cell("No row was rejected."))
        return
    share = receipt.rows_rejected / max(receipt.rows_read, 1)
    face.out.print(
        cell(f"{plural(receipt.rows_rejected, 'row')} rejected ({share:.2%}):", "yellow")
    )
    reasons = make_table(("rows", "right"), "reason")
    counts = sorted(receipt.rejected_by_reason.items(), key=lambda item: (-item[1], item[0]))
    face.out.print(fill(reasons, [(number(count), reason) for reason, count in counts[:20]]))
    if len(counts) > 20:
        face.out.print(cell(f"and {len(counts) - 20} more reasons; --json lists all"))
    face.out.print(
        cell(f"They wait, encrypted: lockgate quarantine show {result.quarantine or result.run_id}")
    )
