"""A project whose rules say how much may be turned back, and what it released."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.csv as pacsv

from lockgate.assemble.workspace import Workspace
from lockgate.ledger.event import Event
from small_project import make_project

RULES = """
reveal:
  pii.email: {purposes: [support, audit], max_rows: 2, max_rows_per_day: 5}
  pii.id: deny
  pii.birth_date: {max_rows: 100}
"""
PEOPLE = "id,email,born,city\n" + "".join(
    f"{n},p{n}@example.org,19{50 + n}-01-01,Oslo\n" for n in range(1, 9)
)
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def released_people(folder: Path) -> Path:
    """A project under those rules, with one release."""
    made = make_project(folder, PEOPLE)
    with Workspace.open(made) as workspace:
        workspace.run("people")
    (made / "policy/reveal.yaml").write_text(RULES)
    return made


def released(project: Path) -> Path:
    return next(project.glob("out/study/run-*/part-*.csv"))


def tokens(project: Path, column: str = "email") -> list[str]:
    values: list[str] = pacsv.read_csv(released(project)).column(column).to_pylist()
    return values


def at(workspace: Workspace, moment: datetime) -> None:
    workspace._opened = replace(workspace.context, now=lambda: moment)


def events(workspace: Workspace, kind: type) -> list[Event]:
    return [entry.event for entry in workspace.ledger.read() if isinstance(entry.event, kind)]
