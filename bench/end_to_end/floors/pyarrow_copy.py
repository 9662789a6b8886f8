"""pyarrow: read the whole file on all cores and write it, or block by block."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.end_to_end.customers import SCHEMA

TYPES = {
    "customer_id": pa.int64(),
    "birth_date": pa.date32(),
    "balance": pa.float64(),
    "joined_at": pa.timestamp("s"),
}
"""As pyarrow infers them."""


def copy(
    source: Path,
    target: Path,
    *,
    typed: bool = False,
    compression: str = "zstd",
    dictionary: bool = True,
    files: int = 1,
    whole: bool = True,
) -> None:
    """Copy; ``whole`` holds the table in memory, which is quicker."""
    if files > 1:
        table = pa.Table.from_batches(_batches(source, typed, whole=True))
        target.mkdir()
        marks = [len(table) * part // files for part in range(files + 1)]
        parts = [table.slice(low, high - low) for low, high in pairwise(marks)]
        paths = [target / f"part-{part}.parquet" for part in range(files)]
        with ThreadPoolExecutor(files) as pool:
            for done in [
                pool.submit(_write, path, [part], compression, dictionary)
                for path, part in zip(paths, parts, strict=True)
            ]:
                done.result()
        return
    _write(target, _tables(_batches(source, typed, whole), whole), compression, dictionary)


def _batches(source: Path, typed: bool, whole: bool) -> Any:
    if source.suffix == ".parquet":
        file = pq.ParquetFile(source)
        return file.read().to_batches() if whole else file.iter_batches(122_880)
    types = {name: TYPES.get(name, pa.string()) if typed else pa.string() for name in SCHEMA.names}
    convert = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    read = pa_csv.ReadOptions(block_size=8 << 20)
    if whole:
        table = pa_csv.read_csv(source, convert_options=convert, read_options=read)
        return table.to_batches()
    return pa_csv.open_csv(source, convert_options=convert, read_options=read)


def _tables(batches: Iterable[pa.RecordBatch], whole: bool) -> Iterable[pa.Table]:
    if whole:
        return [pa.Table.from_batches(list(batches))]
    return (pa.Table.from_batches([batch]) for batch in batches)


def _write(path: Path, tables: Iterable[pa.Table], compression: str, dictionary: bool) -> None:
    with ExitStack() as stack:
        writer = None
        for table in tables:
            if writer is None and path.suffix == ".csv":
                options = pa_csv.WriteOptions(quoting_style="needed")
                made = pa_csv.CSVWriter(path, table.schema, write_options=options)
                writer = stack.enter_context(made)
            elif writer is None:
                codec = "none" if compression == "uncompressed" else compression
                made = pq.ParquetWriter(
                    path, table.schema, compression=codec, use_dictionary=dictionary
                )
                writer = stack.enter_context(made)
            writer.write_table(table)
