"""A small project that tests make, run and break."""

from __future__ import annotations

from pathlib import Path

from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: people
name: people
version: 1.0.0
status: active
customProperties:
  - {property: lockgate.max_rejected, value: 0.5}
schema:
  - name: people
    logicalType: object
    properties:
      - name: id
        logicalType: integer
        required: true
        customProperties:
          - {property: lockgate.label, value: pii.id}
          - {property: lockgate.subject, value: true}
      - name: email
        logicalType: string
        required: true
        logicalTypeOptions: {maxLength: 30, pattern: '@'}
        customProperties: [{property: lockgate.label, value: pii.email}]
      - name: born
        logicalType: date
        customProperties: [{property: lockgate.label, value: pii.birth_date}]
      - name: city
        logicalType: string
        logicalTypeOptions: {maxLength: 20}
        customProperties: [{property: lockgate.label, value: public}]
"""
ZONES = """
zones:
  study:
    rules: {pii: encrypt, pii.id: tokenize, pii.email: tokenize, public: allow}
  coarse:
    rules: {pii: drop, pii.birth_date: {generalize: {to: year}}, public: allow}
"""
PIPELINE = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      study: {zone: study, path: out/study, format: csv}
      coarse: {zone: coarse, path: out/coarse, format: parquet}
"""
ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,BOB@example.org,,=1+1
3,nobody,1970-01-01,Rome
4,carol@example.org,1999-12-31,a city with a name that is too long
5,dave@example.org,2001-05-05,
"""


def make_project(folder: Path, rows: str = ROWS, state: str = "sqlite") -> Path:
    """The project with its keys made and its data in place."""
    create_project(folder, "people", state=state)
    for name, text in (
        ("contracts/people.odcs.yaml", CONTRACT),
        ("policy/zones.yaml", ZONES),
        ("pipelines/people.yaml", PIPELINE),
        ("data/people.csv", rows),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
    return folder


def change(path: Path, old: str, new: str) -> None:
    """Edit a file of the project."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
