"""``lockgate ledger``: show and verify the record of everything that happened."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TextIO

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.ledger.event_base import EventBase

BASE_FIELDS = frozenset({"kind", "at", "principal", "purpose"})


@click.group("ledger", cls=LockgateGroup, short_help="Show and verify the record of what happened.")
def command() -> None:
    """The append-only, signed record of runs, keys, reveals and refusals."""


@command.command(
    "show",
    short_help="List what happened.",
    examples=(
        "lockgate ledger show --last 20",
        "lockgate ledger show --kind data.revealed --json",
    ),
)
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, metavar="N")
@click.option("--kind", metavar="KIND", help="Only this kind of event, such as release.intent.")
@click.option("--run", "run_id", metavar="RUN", help="Only what concerns this run.")
@click.pass_obj
def show(face: Face, last: int, kind: str | None, run_id: str | None) -> None:
    """List the newest events, oldest first. --json prints one event a line."""
    with face.workspace() as workspace:
        kept: deque[tuple[int, Any]] = deque(maxlen=last)
        for entry in workspace.ledger.read():
            event = entry.event
            if (kind is None or event.kind == kind) and (run_id is None or run_of(event) == run_id):
                kept.append((entry.index, event))
    if face.as_json:
        for index, event in kept:
            click.echo(f'{{"index": {index}, "event": {event.model_dump_json(ensure_ascii=True)}}}')
        return
    from lockgate.cli.screen import fill, make_table

    table = make_table(
        ("#", "right"), ("when (UTC)", "whole"), ("what", "whole"), "by", "purpose", "details"
    )
    face.out.print(
        fill(
            table,
            (
                (index, f"{e.at:%Y-%m-%d %H:%M:%S}", e.kind, e.principal, e.purpose, details(e))
                for index, e in kept
            ),
        )
    )


def run_of(event: EventBase) -> str | None:
    """The run an event is about, if it is about one."""
    receipt = getattr(event, "receipt", None)
    found = receipt.run_id if receipt is not None else getattr(event, "run_id", None)
    return found if isinstance(found, str) else None


def details(event: EventBase) -> str:
    """The event's own fields in one short line; digests are for ``--json``."""
    receipt = getattr(event, "receipt", None)
    if receipt is not None:
        sinks = ", ".join(f"{outcome.sink} {outcome.rows:,}" for outcome in receipt.outcomes)
        return (
            f"{receipt.pipeline}: {receipt.rows_read:,} read, {receipt.rows_rejected:,} rejected"
            f" -> {sinks} ({receipt.run_id})"
        )
    record = getattr(event, "record", None)
    if record is not None:
        keys = " -> ".join(",".join(map(str, some)) for some in (record.from_keys, record.to_keys))
        recovered = ", recovered" if getattr(event, "recovered", False) else ""
        return f"{record.path}: {record.values:,} values, keys {keys}{recovered}"
    parts = []
    for name, value in event.model_dump(mode="json").items():
        left_out = name in BASE_FIELDS or name == "identity" or name.endswith("_digest")
        if left_out or value in (None, [], (), "", False):
            continue
        parts.append(f"{name.replace('_', ' ')} {_short(value)}")
    return ", ".join(parts)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return (
            ",".join(str(v) for v in value)
            if len(value) < 4 and all(isinstance(v, str | int) for v in value)
            else f"[{len(value)}]"
        )
    text = str(value)
    return text[:12] + "…" if len(text) >= 64 and text.isalnum() else text


@command.command(
    "verify",
    short_help="Prove that nothing was changed.",
    examples=("lockgate ledger verify", "lockgate ledger verify --held checkpoint.txt"),
)
@click.option(
    "--held",
    type=click.File("r", encoding="utf-8"),
    multiple=True,
    help="A checkpoint you kept elsewhere: the ledger must still contain it.",
)
@click.pass_obj
def verify(face: Face, held: tuple[TextIO, ...]) -> None:
    """Recompute the whole Merkle tree and check every checkpoint's signature.

    Ends with exit code 8 if an event was edited, removed, reordered or added
    behind the ledger's back. Somebody who is root here and holds the signing key
    can rewrite what came after the last checkpoint kept elsewhere: keep one
    (`lockgate ledger checkpoint`) and give it with --held.
    """
    with face.workspace() as workspace:
        report = workspace.ledger.verify([file.read() for file in held])
    if face.as_json:
        face.emit(
            {
                "ok": True,
                "size": report.size,
                "root": report.root.hex(),
                "checkpoints": report.checkpoints,
                "held": report.held,
            }
        )
    elif not face.quiet:
        from lockgate.cli.screen import cell, plural

        face.out.print(cell("The ledger is whole.", "bold green"))
        checked = plural(report.checkpoints, "signed checkpoint")
        elsewhere = f", {plural(report.held, 'checkpoint')} held elsewhere" if report.held else ""
        face.out.print(
            cell(
                f"{plural(report.size, 'event')}, root {report.root.hex()[:16]}…; "
                f"checked against {checked}{elsewhere}."
            )
        )


@command.command(
    "checkpoint",
    short_help="Print the newest signed checkpoint.",
    examples=("lockgate ledger checkpoint > checkpoint.txt",),
)
@click.pass_obj
def checkpoint(face: Face) -> None:
    """Print the newest signed checkpoint, to be kept where nobody here can change it."""
    with face.workspace() as workspace:
        latest = workspace.ledger.latest_checkpoint()
    if not latest:
        raise UsageError("there is no checkpoint yet", hint="the first run makes one")
    if face.as_json:
        face.emit({"checkpoint": latest})
    else:
        click.echo(latest, nl=not latest.endswith("\n"))
