"""The demonstration from beginning to end. Each scene is one function."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.cli.commands.check import show_plan
from lockgate.cli.demo import glimpse, stepping, tamper
from lockgate.cli.demo.joining import join_on_token
from lockgate.cli.demo.roles import who_may
from lockgate.cli.demo.stage import Stage
from lockgate.cli.demo.tables import write_patients, write_visits
from lockgate.cli.live import live_progress
from lockgate.cli.screen import cell, fill, make_table, number
from lockgate.errors import LedgerTampered
from lockgate.kernel import load

if TYPE_CHECKING:
    from lockgate.assemble.workspace import RunResult
    from lockgate.ledger.event import Event

PURPOSE = "demonstration"
VISITS_PER_PATIENT = 0.6


def perform(stage: Stage, folder: Path, rows: int) -> None:
    """Play every scene in ``folder``, which must be empty or missing."""
    began = time.monotonic()
    make(stage, folder, rows)
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
        prove(stage, workspace)
        patients = move(stage, workspace, "patients")
        rejected(stage, patients)
        compare(stage, workspace, patients)
        visits = move(stage, workspace, "visits")
        join(stage, patients, visits)
        stepping.fold(stage, workspace, PURPOSE)
        stepping.leak(stage, folder)
        who_may(stage, workspace, patients)
        ledger(stage, workspace)
    tampering(stage, folder)
    stage.facts["seconds"] = round(time.monotonic() - began, 1)
    onwards(stage, folder)


def make(stage: Stage, folder: Path, rows: int) -> None:
    """Make the tables and the project."""
    stage.scene("A hospital's table")
    stage.tell(
        f"Inventing {number(rows)} patients: names, e-mail, social security numbers, diagnoses, "
        "notes … and some dirt, because real tables have it. None of them exists."
    )
    create_project(folder, "demo")
    with as_file(files("lockgate.cli.demo") / "project") as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    data = folder / "data"
    data.mkdir(mode=0o700)
    write_patients(data / "patients.csv", rows)
    write_visits(data / "visits.csv", int(rows * VISITS_PER_PATIENT), rows)
    size = (data / "patients.csv").stat().st_size / 1e6
    stage.facts.update(folder=str(folder), rows=rows)
    stage.tell(f"data/patients.csv: {number(rows)} rows, {size:.1f} MB, everything in clear.")


def prove(stage: Stage, workspace: Workspace) -> None:
    """The static check and its plan."""
    stage.scene("Prove first")
    stage.tell(
        "The contract gives each column a label. Each zone says what it demands of a label. "
        "Before a byte is read, Lockgate proves that no label can reach a zone unprotected:"
    )
    report = workspace.check(["patients"])
    if stage.seen:
        show_plan(stage.face, "patients", report.plans["patients"], why=False)
    stage.facts["proven"] = report.ok
    stage.tell("A column nobody labelled, or a label no rule names, would stop it here.", "dim")


@contextmanager
def timed(stage: Stage, name: str) -> Iterator[None]:
    """Note how long a block took."""
    began = time.monotonic()
    yield
    stage.facts[f"{name}_seconds"] = round(time.monotonic() - began, 2)


def move(stage: Stage, workspace: Workspace, pipeline: str) -> RunResult:
    """Run a pipeline with live progress."""
    stage.scene(f"Run: {pipeline}")
    stage.command(f"lockgate run {pipeline}")
    with timed(stage, pipeline), live_progress(stage.face, pipeline) as progress:
        result = workspace.run(pipeline, purpose=PURPOSE, progress=progress)
    receipt = result.receipt
    table = make_table("zone", ("rows released", "right"), "into")
    for outcome in receipt.outcomes:
        where = result.sinks[outcome.sink].relative_to(workspace.project.folder)
        fill(table, [(outcome.zone, number(outcome.rows), where)])
    stage.show(table)
    stage.tell(
        f"{number(receipt.rows_read)} rows judged, {number(receipt.rows_rejected)} rejected, in "
        f"{result.seconds:.1f} s ({number(receipt.rows_read / result.seconds)} rows/s)."
    )
    stage.facts[pipeline] = {
        "rows_read": receipt.rows_read,
        "rows_rejected": receipt.rows_rejected,
        "rejected_by_reason": receipt.rejected_by_reason,
        "seconds": round(result.seconds, 2),
    }
    return result


def rejected(stage: Stage, result: RunResult) -> None:
    """Why rows were rejected and where they are."""
    stage.scene("Where the bad rows went")
    reasons = sorted(result.receipt.rejected_by_reason.items(), key=lambda item: -item[1])
    table = make_table(("rows", "right"), "column: reason")
    stage.show(fill(table, [(number(count), reason) for reason, count in reasons[:8]]))
    stage.tell("Judged on their raw values, kept whole and encrypted until mended or discarded:")
    stage.command("lockgate quarantine show", "which row of which file, and why")


def compare(stage: Stage, workspace: Workspace, result: RunResult) -> None:
    """The same five rows everywhere."""
    stage.scene("The same five rows")
    project = workspace.project
    bad: set[int] = set()
    if result.quarantine:
        rows = workspace.quarantine_rows(result.quarantine, values=False, purpose=PURPOSE, limit=50)
        bad = set(rows.column("row").to_pylist())
    source = project.folder / "data" / "patients.csv"
    views = [glimpse.before(source, bad)]
    plan = workspace.check(["patients"]).plans["patients"]
    views += [glimpse.after(result.sinks[sink.name], sink) for sink in plan.sinks]
    for view in views:
        stage.tell(view.title, "bold")
        stage.show(glimpse.as_table(view))
    stage.show(
        cell("green", "green")
        + cell(
            " is protected: lkg1… can be revealed, # is a keyed hash that nothing turns back. "
            "Equal values stay equal. · was left out.",
            "dim",
        )
    )


def join(stage: Stage, patients: RunResult, visits: RunResult) -> None:
    """Join two protected tables on a token."""
    stage.scene("Join what nobody can read")
    stage.tell(
        "The visits write a record number as `mrn 1031-4159`, the patients as `MRN10314159`. "
        "Both became the same token, because equal people get equal tokens in a key domain."
    )
    joined = join_on_token(patients.sinks["analytics"], visits.sinks["analytics"])
    table = make_table("diagnosis", ("visits", "right"), ("mean charge", "right"))
    rows = [(name, number(count), f"{mean:,.2f}") for name, count, mean in joined.by_diagnosis]
    stage.show(fill(table, rows))
    stage.tell(f"{number(joined.met)} of {number(joined.visits)} visits found their patient.")
    stage.facts["joined"] = {"visits": joined.visits, "met": joined.met}


def ledger(stage: Stage, workspace: Workspace) -> None:
    """Show and verify the ledger."""
    stage.scene("Everything is on record")
    table = make_table(("#", "right"), "what", "by", "purpose")
    entries = list(workspace.ledger.read())
    shown = [e for e in entries if not _is_routine(e.event)]
    routine = len(entries) - len(shown)
    for entry in shown:
        event = entry.event
        fill(table, [(entry.index, event.kind, event.principal, event.purpose)])
    stage.show(table)
    report = workspace.ledger.verify()
    stage.facts["ledger"] = {"size": report.size, "verified": True}
    stage.tell(
        f"and {routine} about keys and what the owner was permitted. "
        f"{number(report.size)} entries verified against "
        f"{number(report.checkpoints)} signed checkpoints: whole.",
        "green",
    )


def _is_routine(event: Event) -> bool:
    owner = event.principal.startswith("os:")
    return event.kind.startswith("key.") or (owner and event.kind == "access.granted")


def tampering(stage: Stage, folder: Path) -> None:
    """Tamper with a copy, and see it found."""
    stage.scene("Somebody cheats")
    copy = tamper.copy_project(folder, folder / "tampered-copy")
    index = tamper.hide_rejected(copy)
    stage.tell(
        f"In a copy of the database, entry {index} now says that no row was rejected, and its "
        "hash is repaired to match. Verifying the copy:"
    )
    stage.command("lockgate ledger verify --project tampered-copy")
    try:
        with Workspace.open(copy) as workspace:
            workspace.ledger.verify()
    except LedgerTampered as found:
        stage.show(cell(f"  {found.code} ", "bold red") + cell(found.message))
        stage.facts["tampering_found"] = True
    else:
        stage.facts["tampering_found"] = False
        stage.tell("The tampering was NOT found: this is a defect in Lockgate.", "bold red")


def onwards(stage: Stage, folder: Path) -> None:
    """What to try next."""
    stage.scene("Yours now")
    stage.tell(f"All of this, keys included, is in {folder}. Look around, then delete it:")
    stage.command(f"cd {folder}")
    stage.command("lockgate check --why", "the rule behind every treatment")
    stage.command("lockgate plan spending --format html -o plan.html", "every column's way")
    stage.command("lockgate run patients", "again: nothing is released twice")
    stage.command("lockgate quarantine show", "rejected rows, with file and line")
    stage.command("lockgate ledger show", "who did what, and why")
    stage.tell("Then do it to a file of your own:")
    stage.command("lockgate protect people.csv --to out/")
    seconds, kernel = stage.facts["seconds"], load().name
    stage.tell(f"The whole demonstration took {seconds} s with the {kernel} kernel.", "dim")
