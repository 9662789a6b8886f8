"""A project whose released files hold ciphertexts of several kinds of cells."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from lockgate.assemble.create import create_project
from lockgate.assemble.rewrapping import RewrapRequest
from lockgate.assemble.workspace import Workspace
from lockgate.run.rewrap import FileRewrap

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: people
name: people
version: 1.0.0
status: active
schema:
  - name: people
    logicalType: object
    properties:
      - name: id
        logicalType: integer
        required: true
        customProperties:
          - {property: lockgate.label, value: public}
      - name: name
        logicalType: string
        customProperties:
          - {property: lockgate.label, value: pii.name}
          - {property: lockgate.domain, value: person}
      - name: note
        logicalType: string
        customProperties: [{property: lockgate.label, value: public}]
      - name: email
        logicalType: string
        customProperties: [{property: lockgate.label, value: pii.email}]
      - name: born
        logicalType: date
        customProperties:
          - {property: lockgate.label, value: pii.birth_date}
          - {property: lockgate.domain, value: person}
      - name: last
        logicalType: string
        customProperties: [{property: lockgate.label, value: pii.address}]
"""
ZONES = """
domains: {person: {normaliser: exact}}
zones:
  study:
    rules:
      pii: encrypt
      pii.email: tokenize
      pii.birth_date: {encrypt: {index: true}}
      public: allow
"""
PIPELINE = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      study: {zone: study, path: out/study, format: %s%s}
"""
CELLS = (
    "plain",
    'with "quotes", commas',
    "two\nlines",
    "=1+1",
    "",
    "ünï",
    "back\\slash",
    '{"a":1}',
)
CLEAR = (*CELLS, "lkg1_not-a-frame", '"name":"lkg1_x"')
FORMATS = ("csv", "jsonl", "parquet")


def make(folder: Path, format: str = "csv", rows: int = 200, seed: int = 1, more: str = "") -> Path:
    """The project with keys and data, not run yet."""
    create_project(folder, "people")
    for name, text in (
        ("contracts/people.odcs.yaml", CONTRACT),
        ("policy/zones.yaml", ZONES),
        ("pipelines/people.yaml", PIPELINE % (format, more)),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    write_rows(folder / "data/people.csv", rows, seed)
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
    return folder


def write_rows(path: Path, rows: int, seed: int) -> None:
    """People with nulls and difficult text."""
    chosen = random.Random(seed)

    def some(values: tuple[str | None, ...]) -> list[str | None]:
        return [chosen.choice((*values, None)) for _ in range(rows)]

    born = [f"19{chosen.randrange(10, 99)}-0{chosen.randrange(1, 9)}-11" for _ in range(rows)]
    table = pa.table(
        {
            "id": pa.array(range(rows)),
            "name": pa.array(some(CELLS), pa.string()),
            "note": pa.array(some(CLEAR), pa.string()),
            "email": pa.array([f"p{i}@example.org" for i in range(rows)]),
            "born": pa.array([b if chosen.random() < 0.9 else None for b in born]),
            "last": pa.array(some(CELLS), pa.string()),
        }
    )
    pacsv.write_csv(table, path)


def released(folder: Path) -> Path:
    """Run the pipeline; the run folder."""
    with Workspace.open(folder) as workspace:
        return workspace.run("people").sinks["study"]


def rotate(folder: Path, *domains: str) -> None:
    """New primary versions."""
    with Workspace.open(folder) as workspace:
        for domain in domains:
            workspace.rotate(domain)


def rewrap(folder: Path, *paths: Path, **more: object) -> list[FileRewrap]:
    """Rewrap in a workspace of its own."""
    with Workspace.open(folder) as workspace:
        return list(workspace.keys.rewrap(RewrapRequest(paths, "test", **more)))  # type: ignore[arg-type]


def values(folder: Path, file: Path) -> dict[str, list[object]]:
    """What reveals of a released file."""
    with Workspace.open(folder) as workspace:
        return {
            column: workspace.reveal_file(file, column, purpose="test").values.to_pylist()
            for column in ("name", "email", "born", "last")
        }


def data_files(run: Path) -> list[Path]:
    """The data of a run folder."""
    return sorted(run.glob("part-*"))
