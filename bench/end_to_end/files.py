"""The customers as files: CSV with quotes where they are needed only, and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.end_to_end.customers import CHUNK, SCHEMA, chunks
from bench.end_to_end.damage import IN_CSV, IN_TEXT, ragged, spoiled

HEADER = ",".join(SCHEMA.names) + "\n"
GROUP = 122_880
"""Rows of a row group, as DuckDB and Polars write them."""

_FREE_TEXT = ("street", "note")
_TEXT = pa.schema([(name, pa.string()) for name in SCHEMA.names])


def write_csv(path: Path, rows: int, *, bad: bool) -> None:
    """Write that many customers, one in a hundred bad if ``bad``."""
    with path.open("wb") as file:
        file.write(HEADER.encode())
        for number, good in enumerate(chunks(rows)):
            texts = as_text(good)
            lines = _lines(spoiled(texts, number, IN_CSV) if bad else texts)
            ended = pc.binary_join_element_wise(ragged(lines, number) if bad else lines, "", "\n")
            file.write(_bytes(ended))


def write_parquet(path: Path, rows: int, *, bad: bool) -> None:
    """Write that many customers in typed columns, as pyarrow does when told nothing."""
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for batch in _regrouped(_typed(rows, bad=bad)):
            writer.write_table(batch, row_group_size=GROUP)


def as_text(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The rows as a CSV file holds them, not quoted yet."""
    columns = [_rendered(column) for column in rows.columns]
    return pa.RecordBatch.from_arrays(columns, schema=_TEXT)


def _rendered(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring(column.cast(pa.timestamp("s")).cast(pa.string()), " ", "T")
    return column.cast(pa.string())


def _lines(texts: pa.RecordBatch) -> pa.Array:
    cells = [
        _quoted(column) if name in _FREE_TEXT else column
        for name, column in zip(texts.schema.names, texts.columns, strict=True)
    ]
    return pc.binary_join_element_wise(*cells, ",", null_handling="replace", null_replacement="")


def _quoted(column: pa.Array) -> pa.Array:
    """Quotes around what holds a comma or a quote, and quotes doubled."""
    inside = pc.replace_substring(column, '"', '""')
    whole = pc.binary_join_element_wise('"', inside, '"', "")
    return pc.if_else(pc.match_substring_regex(column, '[",]'), whole, column)


def _bytes(texts: pa.Array) -> pa.Buffer:
    """What stands in an array of texts, one after the other."""
    first, last = texts.offset, texts.offset + len(texts)
    _, offsets, data = texts.buffers()
    ends = memoryview(offsets).cast("i")
    return data.slice(ends[first], ends[last] - ends[first])


def _typed(rows: int, *, bad: bool) -> Iterator[pa.RecordBatch]:
    for number, good in enumerate(chunks(rows)):
        yield spoiled(good, number, IN_TEXT).cast(SCHEMA) if bad else good


def _regrouped(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows in tables of whole row groups, the last one less."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        table = pa.Table.from_batches(waiting)
        whole = len(table) // GROUP * GROUP
        if whole and len(table) >= 8 * CHUNK:
            yield table.slice(0, whole)
            waiting = table.slice(whole).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)
