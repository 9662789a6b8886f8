"""The same five rows as they were, and as each zone has them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from rich.table import Table

from lockgate.cli.screen import cell, make_table
from lockgate.plan.checked_plan import PlannedSink
from lockgate.printable import shortened

ROWS = 5
COLUMNS = (
    ("mrn", 11), ("last_name", 10), ("email", 18), ("ssn", 11),
    ("birth_date", 10), ("zip", 5), ("diagnosis", 9), ("cost", 8),
)  # fmt: skip
GONE = ""
FRAMED = ("tokenize", "encrypt")


@dataclass(frozen=True, slots=True)
class Glimpse:
    """Five rows: per shown column, the texts and the treatment ("" where the value is clear)."""

    title: str
    texts: Mapping[str, Sequence[str]]
    treatments: Mapping[str, str]


def before(path: Path, rejected: set[int]) -> Glimpse:
    """The first accepted rows of the source; ``rejected`` are row numbers from 1."""
    with path.open(encoding="utf-8") as file:
        names = next(file).rstrip("\n").split(",")
        rows = []
        for number, line in enumerate(file, 1):
            if number not in rejected:
                rows.append(dict(zip(names, line.rstrip("\n").split(","), strict=False)))
            if len(rows) == ROWS:
                break
    texts = {name: [row[name] for row in rows] for name, _ in COLUMNS}
    return Glimpse("as collected", texts, {name: "" for name, _ in COLUMNS})


def after(folder: Path, sink: PlannedSink) -> Glimpse:
    """The first rows of a sink's first file, which keep the source's order."""
    table = head(folder)
    texts, treatments = {}, {}
    for column in sink.columns:
        treatment = column.treatment.name if column.treatment is not None else ""
        treatments[column.source] = treatment
        if column.name in table.column_names:
            values = table.column(column.name).to_pylist()
            texts[column.source] = [brief(value, treatment) for value in values]
        else:
            texts[column.source] = [GONE] * table.num_rows
    return Glimpse(f"zone {sink.zone}", texts, treatments)


def head(folder: Path) -> pa.Table:
    """The first rows of a run folder's first file."""
    first = min(folder.glob("part-*"))
    if first.suffix == ".parquet":
        return pa.Table.from_batches([next(pq.ParquetFile(first).iter_batches(ROWS))])
    return pacsv.read_csv(first).slice(0, ROWS)


def frame_text(frame: bytes | str) -> str:
    """A frame in its text form, whichever form the file holds."""
    if isinstance(frame, str):
        return frame
    return "lkg1_" + base64.urlsafe_b64encode(frame).decode().rstrip("=")


def brief(value: Any, treatment: str) -> str:
    """A value short enough to stand in a narrow column; of a frame the end, which differs."""
    if value is None:
        return ""
    if treatment in FRAMED:
        return "lkg1…" + frame_text(value)[-6:]
    if isinstance(value, bytes):
        return "#" + value.hex()[:9]
    return str(value)


def as_table(glimpse: Glimpse) -> Table:
    """The glimpse as a table: clear values plain, protected ones green, absent ones a dot."""
    table = make_table(*(name for name, _ in COLUMNS))
    for column, (_, width) in zip(table.columns, COLUMNS, strict=True):
        column.width, column.no_wrap, column.overflow = width, True, "ellipsis"
    count = max(len(texts) for texts in glimpse.texts.values())
    for row in range(count):
        cells = []
        for name, width in COLUMNS:
            text = glimpse.texts[name][row]
            style = "green" if glimpse.treatments[name] else ""
            cells.append(cell(shortened(text, width), style) if text else cell("·", "dim"))
        table.add_row(*cells)
    return table
