"""The real table of historical figures as a project: contract, zones, pipelines, three formats."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

ROWS = 50_578
POSTCODE = "^[a-z]{1,2}[0-9][0-9a-z]? [0-9][a-z]{2}$"
FORMATS = ("csv", "jsonl", "parquet")

Name = Annotated[str, Field(min_length=1, max_length=40)]


class Figure(BaseModel):
    """The contract below, written as somebody would by hand: the oracle's model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unique_id: Annotated[str, Field(pattern="^Q[0-9]+-[0-9]+$")]
    cluster: Annotated[str, Field(pattern="^Q[0-9]+$")]
    full_name: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    first_and_surname: Name | None = None
    first_name: Annotated[str, Field(max_length=24)] | None = None
    surname: Annotated[str, Field(max_length=24)] | None = None
    dob: dt.date | None = None
    birth_place: Annotated[str, Field(max_length=60)] | None = None
    postcode_fake: Annotated[str, Field(pattern=POSTCODE)] | None = None
    gender: Literal["male", "female"] | None = None
    occupation: Annotated[str, Field(max_length=60)] | None = None


def _text(name: str, label: str, options: str = "", extra: str = "", required: str = "") -> str:
    wanted = f"\n        required: {required}" if required else ""
    limits = f"\n        logicalTypeOptions: {{{options}}}" if options else ""
    return (
        f"\n      - name: {name}\n        logicalType: string{wanted}{limits}"
        "\n        customProperties:"
        f"\n          - {{property: lockgate.label, value: {label}}}{extra}"
    )


SUBJECT = "\n          - {property: lockgate.subject, value: true}"
GENDER = "\n          - {property: lockgate.enum, value: [male, female]}"
CONTRACT = (
    """apiVersion: v3.1.0
kind: DataContract
id: historical-figures
name: figures
version: 1.0.0
status: active
customProperties:
  - {property: lockgate.max_rejected, value: 0.2}
schema:
  - name: figures
    logicalType: object
    properties:"""
    + _text("unique_id", "pii.id", "pattern: '^Q[0-9]+-[0-9]+$'", required="true")
    + _text("cluster", "pii.id", "pattern: '^Q[0-9]+$'", SUBJECT, required="true")
    + _text("full_name", "pii.name.full", "minLength: 1, maxLength: 50")
    + _text("first_and_surname", "pii.name.full", "minLength: 1, maxLength: 40")
    + _text("first_name", "pii.name.first", "maxLength: 24")
    + _text("surname", "pii.name.last", "maxLength: 24")
    + "\n      - name: dob\n        logicalType: date"
    + "\n        customProperties:\n          - {property: lockgate.label, value: pii.birth_date}"
    + _text("birth_place", "pii.city", "maxLength: 60")
    + _text("postcode_fake", "pii.postcode", f"pattern: '{POSTCODE}'")
    + _text("gender", "pii.gender", extra=GENDER)
    + _text("occupation", "pii.occupation", "maxLength: 60")
    + "\n"
)

ZONES = """
zones:
  study:
    rules:
      pii: encrypt
      pii.id: tokenize
      pii.name: tokenize
      pii.name.full: encrypt
      pii.occupation: {encrypt: {index: true}}
      pii.postcode: {mask: {first: 2}}
      pii.gender: allow
"""


def pipelines(kind: str) -> str:
    """One pipeline from ``data/figures.<kind>`` to a Parquet and a text sink."""
    text = "jsonl" if kind == "jsonl" else "csv"
    return f"""
pipelines:
  figures:
    purpose: record-linkage-study
    source: {{contract: figures, path: data/figures.{kind}, format: {kind}}}
    sinks:
      study: {{zone: study, path: out/study, format: parquet}}
      partner: {{zone: study, path: out/partner, format: {text}}}
"""


def write_source(table: pa.Table, folder: Path, kind: str) -> Path:
    """The table as a file that somebody else's tool wrote."""
    path = folder / f"figures.{kind}"
    if kind == "csv":
        pacsv.write_csv(table, path)
    elif kind == "jsonl":
        lines = (json.dumps(row, ensure_ascii=False) for row in table.to_pylist())
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        pq.write_table(table, path)
    return path


def source_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as Python dictionaries."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
