"""At which settings the copies are tried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from bench.end_to_end.job import Job

POLARS, DUCKDB, PYARROW = (
    f"bench.end_to_end.floors.{name}_copy" for name in ("polars", "duckdb", "pyarrow")
)
COMPRESSIONS = ("zstd", "snappy", "lz4", "uncompressed")
TWO_FILES = "csv_parquet"


def floors(task: str, rows: int) -> Iterator[Job]:
    """Every copy that is tried for a task over so many rows."""
    if task == "csv_csv":
        yield from _csv_to_csv()
        return
    typings = (True,) if task == "parquet_parquet" else (True, False)
    for typed, compression in product(typings, COMPRESSIONS):
        options: dict[str, Any] = {"typed": typed, "compression": compression}
        yield from _to_parquet(task, options, rows)


def compressed_and_typed(job: Job) -> bool:
    """Whether the copy is of the kind people keep."""
    packed = job.options.get("compression", "uncompressed") != "uncompressed"
    return packed and bool(job.options["typed"])


def _csv_to_csv() -> Iterator[Job]:
    for typed in (True, False):
        options = {"typed": typed}
        kind = _kind(options)
        for who, module in (("polars", POLARS), ("pyarrow", PYARROW)):
            for whole in (False, True):
                words = f"{kind}, in memory" if whole else kind
                yield Job(who, words, "csv_csv", module, {**options, "whole": whole})
        for ordered in (True, False):
            words = kind if ordered else f"{kind}, any order"
            yield Job("duckdb", words, "csv_csv", DUCKDB, {**options, "ordered": ordered})


def _to_parquet(task: str, options: dict[str, Any], rows: int) -> Iterator[Job]:
    words = f"{_kind(options)}, {options['compression']}"
    two = {"files": 2} if task == TWO_FILES else {}
    half = {"rows_a_file": -(-rows // 2)} if two else {}
    yield Job("polars", words, task, POLARS, {**options, **two, **half})
    if options["compression"] == "uncompressed":
        whole = {**options, **two, **half, "whole": True}
        yield Job("polars", f"{words}, in memory", task, POLARS, whole)
        bare = {**options, **two, **half, "statistics": False}
        yield Job("polars", f"{words}, no statistics", task, POLARS, bare)
    yield Job("duckdb", words, task, DUCKDB, {**options, **two, "ordered": not two})
    yield Job("pyarrow", words, task, PYARROW, {**options, **two})
    bare = {**options, **two, "dictionary": False}
    yield Job("pyarrow", f"{words}, no dictionary", task, PYARROW, bare)


def _kind(options: dict[str, Any]) -> str:
    return "typed" if options["typed"] else "text"
