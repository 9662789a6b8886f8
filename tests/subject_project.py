"""A project that releases values under the keys of people, in three formats."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv as pacsv

from lockgate.assemble.shred_receipt import ShredReceipt
from lockgate.assemble.workspace import Workspace
from lockgate.secret import SecretText
from small_project import change, make_project

ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
3,eve@example.org,,Bern
4,dan@example.org,1999-12-31,Kyiv
"""
SHRED = "labels:\n  pii.birth_date: {shred: subject}\n"
FORMATS = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      text: {zone: study, path: out/text, format: csv}
      lines: {zone: study, path: out/lines, format: jsonl}
      columns: {zone: study, path: out/columns, format: parquet}
"""
BIRTHS = ["1980-02-29", "1981-03-01", None, "1999-12-31"]
BOUND = "pii.birth_date: {encrypt: {bind: record}}"


def people(folder: Path) -> Path:
    """The project, not run yet."""
    made = make_project(folder, ROWS)
    zones = made / "policy/zones.yaml"
    zones.write_text(zones.read_text() + SHRED)
    (made / "pipelines/people.yaml").write_text(FORMATS)
    return made


def bind_records(project: Path) -> None:
    change(
        project / "policy/zones.yaml",
        "study:\n    rules: {pii: encrypt,",
        f"study:\n    rules: {{{BOUND}, pii: encrypt,",
    )
    change(
        project / "contracts/people.odcs.yaml",
        "required: true\n",
        "required: true\n        primaryKey: true\n",
    )


def run(project: Path) -> dict[str, Path]:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
    return {name: next(folder.glob("part-*")) for name, folder in result.sinks.items()}


def births(workspace: Workspace, file: Path) -> tuple[list[str | None], int]:
    found = workspace.reveal_file(file, "born", purpose="test")
    assert found.values is not None
    values = [None if value is None else str(value) for value in found.values.to_pylist()]
    return values, found.shredded


def shred_by_name(project: Path, name: str, **more: object) -> ShredReceipt:
    with Workspace.open(project) as workspace:
        return workspace.subjects.shred(SecretText(name), purpose="request 4711", **more)


def column(file: Path, name: str) -> list[str]:
    return pacsv.read_csv(file).column(name).to_pylist()
