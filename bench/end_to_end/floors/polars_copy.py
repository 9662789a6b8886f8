"""Polars: scan, sink."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from bench.end_to_end.customers import SCHEMA

TYPES = {
    "customer_id": pl.Int64(),
    "birth_date": pl.Date(),
    "balance": pl.Float64(),
    "joined_at": pl.Datetime("us"),
}
"""As Polars infers them."""


def copy(source: Path, target: Path, **options: Any) -> None:
    """Copy ``source`` into the file ``target``, or the folder if ``files`` is more than one.

    ``whole`` reads all of it into memory first; otherwise it streams.
    """
    frame = scan(source, typed=options.pop("typed", False))
    if options.pop("whole", False):
        frame = frame.collect().lazy()
    write(frame, target, **options)


def scan(source: Path, *, typed: bool) -> pl.LazyFrame:
    """A file, not read yet; of a CSV file all columns are text, or of the types above."""
    if source.suffix == ".parquet":
        return pl.scan_parquet(source)
    types = {name: TYPES.get(name, pl.String()) if typed else pl.String() for name in SCHEMA.names}
    return pl.scan_csv(source, schema=types)


def write(
    frame: pl.LazyFrame,
    target: Path,
    *,
    compression: str = "zstd",
    statistics: bool = True,
    files: int = 1,
    rows_a_file: int = 0,
) -> None:
    """Write a CSV file if ``target`` is named so, else Parquet."""
    if target.suffix == ".csv":
        frame.sink_csv(target)
        return
    options: dict[str, Any] = {"compression": compression, "statistics": statistics}
    if files > 1:
        parts = pl.PartitionBy(target, max_rows_per_file=rows_a_file)
        frame.sink_parquet(parts, mkdir=True, maintain_order=False, **options)
    else:
        frame.sink_parquet(target, **options)
