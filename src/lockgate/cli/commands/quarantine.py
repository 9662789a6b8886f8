"""``lockgate quarantine``: where the bad rows went, why, and what to do with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup
from lockgate.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from lockgate.run.state_ports import QuarantineRecord


@click.group(
    "quarantine", cls=LockgateGroup, short_help="Look at rejected rows; replay or discard them."
)
def command() -> None:
    """Rejected rows wait here, encrypted, with every reason and their place in the source."""


@command.command(
    "list",
    short_help="Runs whose rows wait.",
    examples=("lockgate quarantine list", "lockgate quarantine list --all --json"),
)
@click.option(
    "--all", "everything", is_flag=True, help="Also replayed, discarded and expired ones."
)
@click.pass_obj
def list_quarantines(face: Face, everything: bool) -> None:
    """List quarantines by run: how many rows, why, until when."""
    with face.workspace() as workspace:
        records = [
            record
            for record in workspace.quarantine_list()
            if everything or record.state.value == "waiting"
        ]
    if face.as_json:
        face.emit({"quarantines": [_document(record) for record in records]})
        return
    from lockgate.cli.screen import cell, fill, make_table, number

    if not records:
        face.out.print(cell("No rejected rows wait."))
        return
    table = make_table(("run", "whole"), "pipeline", ("rows", "right"), "state", "expires", "why")
    face.out.print(
        fill(
            table,
            (
                (
                    record.run_id,
                    record.pipeline,
                    number(record.rows),
                    record.state.value,
                    f"{record.expires_at:%Y-%m-%d}",
                    commonest(record),
                )
                for record in records
            ),
        )
    )


def commonest(record: QuarantineRecord, limit: int = 3) -> str:
    """The most frequent reasons in a few words."""
    reasons = sorted(_reasons(record).items(), key=lambda item: (-item[1], item[0]))
    more = f", {len(reasons) - limit} more" if len(reasons) > limit else ""
    return ", ".join(f"{name} ({count:,})" for name, count in reasons[:limit]) + more


def _reasons(record: QuarantineRecord) -> dict[str, int]:
    found = json.loads(record.reasons_json or "{}")
    return {str(name): int(count) for name, count in found.items()}


def _document(record: QuarantineRecord) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "pipeline": record.pipeline,
        "rows": record.rows,
        "reasons": _reasons(record),
        "state": record.state.value,
        "created_at": record.created_at.isoformat(),
        "expires_at": record.expires_at.isoformat(),
        "replayed_by": record.replayed_by,
    }


@command.command(
    "show",
    short_help="Reasons and places of a run's rejected rows.",
    examples=(
        "lockgate quarantine show RUN",
        "lockgate quarantine show RUN --values --purpose 'mend the export' --limit 5",
    ),
)
@click.argument("run", required=False)
@click.option("--values", is_flag=True, help="Show the values too: recorded, needs a purpose.")
@click.option("--purpose", metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, metavar="ROWS")
@click.pass_obj
def show(face: Face, run: str | None, values: bool, purpose: str | None, limit: int) -> None:
    """Show where each rejected row of RUN stands in its file, and every reason.

    RUN may be left out if only one waits. Without --values no value is decrypted
    for show.
    """
    if values and not purpose:
        raise UsageError("values are shown for a purpose only", hint="add --purpose 'why'")
    with face.workspace() as workspace:
        run_id = run or only_waiting(workspace.quarantine_list())
        rows = workspace.quarantine_rows(
            run_id, values=values, purpose=purpose or "reasons of rejected rows", limit=limit
        )
        total = next((r.rows for r in workspace.quarantine_list() if r.run_id == run_id), None)
    if face.as_json:
        face.emit(
            {"run_id": run_id, "total": total, "rows": [_json_row(r) for r in rows.to_pylist()]}
        )
        return
    _print_rows(face, rows, total)


def only_waiting(records: list[QuarantineRecord]) -> str:
    """The one run whose rows wait. Raises UsageError if none or several do."""
    waiting = [record.run_id for record in records if record.state.value == "waiting"]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise UsageError("no rejected rows wait", hint="`lockgate quarantine list --all` shows all")
    raise UsageError("say which run", hint="`lockgate quarantine list` shows them")


def reason_text(reasons: list[dict[str, str]] | None) -> str:
    """``email: value_error, cost: greater_than_equal``."""
    return ", ".join(
        f"{reason['column']}: {reason['type']}" if reason["column"] else reason["type"]
        for reason in reasons or []
    )


def _json_row(row: dict[str, Any]) -> dict[str, Any]:
    if isinstance(row.get("raw"), bytes):
        row["raw"] = row["raw"].decode("utf-8", "backslashreplace")
    return row


def read_values(row: dict[str, Any]) -> dict[str, Any]:
    """What was read: the columns, or the whole line where it could not be split."""
    if row.get("raw") is not None:
        return {"line": row["raw"]}
    return {name: value for name, value in (row.get("values") or {}).items() if value is not None}


def _print_rows(face: Face, rows: pa.Table, total: int | None) -> None:
    from rich.text import Text

    from lockgate.cli.places import near
    from lockgate.cli.screen import cell, fill, make_table, number, shortened_cell

    listed = rows.to_pylist()
    table = make_table("file", ("row", "right"), ("line", "right"), ("byte", "right"), "reasons")
    with_values = "values" in rows.column_names
    if not with_values:
        face.out.print(
            fill(
                table,
                (
                    (near(r["file"]), r["row"], r["line"], r["offset"], reason_text(r["reasons"]))
                    for r in listed
                ),
            )
        )
    for row in listed if with_values else ():
        place = f"{near(row['file'])}, row {row['row']}" + (
            f", line {row['line']}" if row["line"] else ""
        )
        face.out.print(Text.assemble(cell(place, "cyan"), "  ", cell(reason_text(row["reasons"]))))
        bad = {reason["column"] for reason in row["reasons"] or []}
        for name, value in read_values(row).items():
            style = "yellow" if name in bad else ""
            face.out.print(
                Text.assemble(cell(f"  {name}  ", "dim"), shortened_cell(value, 160, style))
            )
    if total is not None and total > len(listed):
        face.out.print(cell(f"{number(len(listed))} of {number(total)} rows; --limit shows more"))


@command.command(
    "replay",
    short_help="Put a run's rejected rows through the gate again.",
    examples=("lockgate quarantine replay RUN --purpose 'the contract was too narrow'",),
)
@click.argument("run", required=False)
@click.option("--purpose", metavar="TEXT", help="Why. [default: the pipeline's purpose]")
@click.pass_obj
def replay(face: Face, run: str | None, purpose: str | None) -> None:
    """Judge the rejected rows of RUN again, with today's contract, through the same gate.

    Those that pass are released to the pipeline's sinks, exactly once; those
    that do not wait again. Use it after mending the contract.
    """
    with face.workspace(logs=True) as workspace:
        from lockgate.cli.live import live_progress
        from lockgate.cli.results import as_document, show_result

        run_id = run or only_waiting(workspace.quarantine_list())
        with live_progress(face, f"replay of {run_id}") as progress:
            result = workspace.quarantine_replay(run_id, purpose=purpose, progress=progress)
    if face.as_json:
        face.emit(as_document(result))
    elif not face.quiet:
        show_result(face, result)


@command.command(
    "discard",
    short_help="Delete a run's rejected rows for good.",
    examples=("lockgate quarantine discard RUN --purpose 'sent back to the clinic' --yes",),
)
@click.argument("run")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def discard(face: Face, run: str, purpose: str, yes: bool) -> None:
    """Delete the rejected rows of RUN. They cannot be brought back."""
    if not yes:
        if not face.interactive:
            raise UsageError("nobody is there to confirm", hint="add --yes to discard anyway")
        click.confirm(f"Delete the rejected rows of {run} for good?", abort=True, err=True)
    with face.workspace() as workspace:
        workspace.quarantine_discard(run, purpose=purpose)
    face.tell({"run_id": run, "state": "discarded"}, "Discarded and recorded.")
