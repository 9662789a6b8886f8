"""The figures of this part as rows that a table, a picture and the README show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.end_to_end.job import TASKS
from bench.figures import Figures

PEERS = {
    "polars_plugins": "polars-hash + polars-encryption",
    "maskops": "maskops",
    "pandas": "pandas, comprehensions",
    "article": "csv + Pydantic + Fernet",
    "dlt": "dlt, a map over rows",
    "presidio": "Presidio's operators",
    "spark": "Spark SQL",
}
LIBRARIES = {"polars": "Polars", "duckdb": "DuckDB", "pyarrow": "pyarrow"}
REACHES = {
    "end_to_end.csv_parquet.ratio": ("CSV to Parquet, two files", 1.1, "×"),
    "end_to_end.csv_parquet_single.ratio": ("CSV to Parquet, one file", 1.4, "×"),
    "end_to_end.csv_csv.ratio": ("CSV to CSV", 0.6, "×"),
    "end_to_end.parquet_parquet.ratio": ("Parquet to Parquet", 1.3, "×"),
    "end_to_end.portable.ratio": ("CSV to Parquet without the native kernel", 8.0, "×"),
    "memory.csv_csv_mb": ("memory of CSV to CSV", 150.0, " MB"),
    "memory.ratio_8m_to_1m": ("memory of 8M rows over 1M", 1.15, "×"),
    "memory.peak_mb": ("memory at its peak, 8M rows to Parquet", 600.0, " MB"),
    "startup.help_ms": ("`lockgate --help`", 250.0, " ms"),
}
"""What is aimed at: a figure, what it is called, at most how much, in what."""


@dataclass(frozen=True)
class Row:
    """One bar: ``ratio`` is time over the quickest unprotected copy's of the same task."""

    who: str
    kind: str
    ratio: float
    seconds: float
    cpu_ratio: float
    size_ratio: float
    output_mb: float
    peak_mb: float
    rows: int


OURS, PORTABLE, COPY, PEER = "ours", "portable", "copy", "peer"


def rows(figures: Figures, task: str) -> list[Row]:
    """Ours, the quickest copy of each library and the peers of a task, the quickest first."""
    found = [*_ours(figures, task), *_copies(figures, task)]
    if task == "csv_parquet_single":
        keys = ((key, f"end_to_end.peer.{key}") for key in PEERS)
        found += [
            _row(figures, key, PEERS[name], PEER) for name, key in keys if f"{key}.ratio" in figures
        ]
    return sorted(found, key=lambda row: row.ratio)


def tasks(figures: Figures) -> list[str]:
    """The tasks that were measured."""
    return [task for task in TASKS if f"end_to_end.{task}.ratio" in figures]


def floor(figures: Figures, task: str) -> str:
    """The quickest unprotected copy, in words."""
    return _named(figures[f"end_to_end.{task}.floor"])


def _ours(figures: Figures, task: str) -> Iterator[Row]:
    if f"end_to_end.{task}.ratio" in figures:
        yield _row(figures, f"end_to_end.{task}", "Lockgate", OURS)
    if task == "csv_parquet" and "end_to_end.portable.ratio" in figures:
        yield _row(figures, "end_to_end.portable", "Lockgate, no native kernel", PORTABLE)


def _copies(figures: Figures, task: str) -> Iterator[Row]:
    """Of each library the quickest, and the quickest that is typed and compressed."""
    prefix, suffix = f"end_to_end.{task}.copy.", ".ratio"
    names = [
        k[len(prefix) : -len(suffix)]
        for k in figures
        if k.startswith(prefix) and k.endswith(suffix)
    ]
    names.sort(key=lambda name: figures[f"{prefix}{name}{suffix}"])
    wanted = {figures.get(f"end_to_end.{task}.floor_typed_compressed")}
    for library in LIBRARIES:
        wanted.update([name for name in names if name.startswith(library)][:1])
    for name in names:
        if name in wanted:
            yield _row(figures, prefix + name, _named(name), COPY)


def _named(name: str) -> str:
    library, _, setting = name.partition(": ")
    return f"{LIBRARIES.get(library, library)} copy, {setting}"


def _row(figures: Figures, key: str, who: str, kind: str) -> Row:
    return Row(
        who=who,
        kind=kind,
        ratio=figures[f"{key}.ratio"],
        seconds=figures[f"{key}.seconds"],
        cpu_ratio=figures[f"{key}.cpu_ratio"],
        size_ratio=figures[f"{key}.size_ratio"],
        output_mb=figures[f"{key}.output_mb"],
        peak_mb=figures[f"{key}.peak_mb"],
        rows=figures[f"{key}.rows"],
    )
