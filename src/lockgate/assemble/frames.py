"""Other people's data frames in and out, through the Arrow PyCapsule interface."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any

import pyarrow as pa

from lockgate.errors import SourceError, UsageError


def to_table(frame: Any) -> pa.Table:
    """A pyarrow Table over the same buffers.

    Raises UsageError for what offers no Arrow stream, SourceError for columns that are not laid out
    as their Arrow types say: an offset that lies shows memory that is not the column's.
    """
    table = _table(frame)
    if not _holds(table):
        raise SourceError(
            "a column of the frame is not laid out as its type says, or its text is not UTF-8",
            hint="write the frame again with the library that made it",
        )
    return table


def _holds(table: pa.Table) -> bool:
    with suppress(pa.ArrowException, ValueError):  # their texts may quote data
        table.validate(full=True)
        return True
    return False


def _table(frame: Any) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if not hasattr(frame, "__arrow_c_stream__"):
        raise UsageError(
            "the gate takes a pyarrow Table or RecordBatch, a Polars or a pandas frame",
            hint="anything with __arrow_c_stream__ will do",
        )
    table = _taken(frame)
    if table is None:  # raised here: Arrow's own error quotes the value it stumbled over
        raise UsageError(
            "the frame cannot be taken over: one of its columns mixes types",
            hint="give every column one type",
        )
    return table.replace_schema_metadata(None)  # pandas keeps index names and statistics there


def alone(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows in memory of their own.

    Columns nobody touched may be slices of what the caller gave, and whoever is handed a slice (or
    pickles it) holds the rows beside it too.
    """
    return pa.ipc.read_record_batch(batch.serialize(), batch.schema)


def like(table: pa.Table, frame: Any) -> Any:
    """``table`` as the kind of frame the caller brought."""
    kind = type(frame).__module__.split(".")[0]
    if isinstance(frame, pa.RecordBatch):
        return table.combine_chunks().to_batches()[0] if table.num_rows else _empty(table)
    if kind == "polars":
        return importlib.import_module("polars").from_arrow(table)
    if kind == "pandas":
        return table.to_pandas()
    return table


def _empty(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=table.schema)


def _taken(frame: Any) -> pa.Table | None:
    try:
        return pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None
