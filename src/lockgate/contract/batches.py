"""What the judge takes and gives: raw batches in, verdicts out."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from lockgate.contract.model import Mode

REASONS_TYPE = pa.list_(pa.struct([pa.field("column", pa.string()), pa.field("type", pa.string())]))


@dataclass(frozen=True, slots=True)
class RowPositions:
    """Where each row of a batch came from. ``row`` counts from 1 within ``file``.

    ``lines`` (1-based) and ``offsets`` (bytes, in the decompressed file) are
    int64 arrays as long as the batch, or None where the format has none (Parquet).
    """

    file: str
    first_row: int
    lines: pa.Int64Array | None = None
    offsets: pa.Int64Array | None = None
    rows: pa.Int64Array | None = None


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not even be split into columns: it is rejected for ``reason``."""

    row: int
    line: int
    offset: int
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows as read, before any verdict.

    ``mode`` STRINGS: ``rows`` has one utf8 column a header name, null = empty
    unquoted cell. PYTHON: typed columns. JSON: one utf8 column ``line`` with the
    text of one JSON object a row.
    """

    mode: Mode
    rows: pa.RecordBatch
    positions: RowPositions
    broken: tuple[BrokenRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's answer for one batch.

    ``accepted``: coerced values in the contract's schema, in row order;
    ``accepted_rows`` and ``rejected_rows``: int64 indices into the batch;
    ``reasons``: REASONS_TYPE, one list a rejected row (column "" for the row as a whole).
    """

    accepted: pa.RecordBatch
    accepted_rows: pa.Int64Array
    rejected_rows: pa.Int64Array
    reasons: pa.ListArray
