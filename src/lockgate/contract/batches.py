"""What the judge takes and gives: raw batches in, verdicts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.model import Mode

REASONS_TYPE = pa.list_(pa.struct([pa.field("column", pa.string()), pa.field("type", pa.string())]))


@dataclass(frozen=True, slots=True)
class Places:
    """Where some rows came from: int64 arrays, one element a row.

    ``rows`` count from 1 within the file. ``lines`` (1-based) and ``offsets`` (bytes, in the
    decompressed file) are null where the format has none (Parquet).
    """

    rows: pa.Int64Array
    lines: pa.Int64Array
    offsets: pa.Int64Array


class Positions(Protocol):
    """Where a batch's rows came from, worked out for the few that somebody asks for."""

    @property
    def file(self) -> str:
        """The file that all of them are from."""
        ...

    def places(self, indices: pa.Int64Array) -> Places:
        """The places of these rows of the batch."""
        ...


@dataclass(frozen=True, slots=True)
class RowPositions:
    """Positions that are known. Rows are ``first_row`` and on, unless ``rows`` tells them."""

    file: str
    first_row: int
    lines: pa.Int64Array | None = None
    offsets: pa.Int64Array | None = None
    rows: pa.Int64Array | None = None

    def places(self, indices: pa.Int64Array) -> Places:
        """The places of these rows of the batch."""
        rows = pc.add(indices, self.first_row) if self.rows is None else self.rows.take(indices)
        return Places(rows, _taken(self.lines, indices), _taken(self.offsets, indices))


def _taken(values: pa.Int64Array | None, indices: pa.Int64Array) -> pa.Int64Array:
    return pa.nulls(len(indices), pa.int64()) if values is None else values.take(indices)


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
    positions: Positions
    broken: tuple[BrokenRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's answer for one batch.

    ``accepted``: coerced values in the contract's schema, in row order;
    ``rejected_rows``: int64 indices into the batch, rising; all others are accepted;
    ``reasons``: REASONS_TYPE, one list a rejected row (column "" for the row as a whole).
    """

    accepted: pa.RecordBatch
    rejected_rows: pa.Int64Array
    reasons: pa.ListArray

    @property
    def accepted_rows(self) -> pa.Int64Array:
        """int64 indices into the batch of the ``accepted`` rows, rising. Made when asked for."""
        kept = np.ones(self.accepted.num_rows + len(self.rejected_rows), np.bool_)
        kept[self.rejected_rows.to_numpy()] = False
        return pa.array(np.nonzero(kept)[0], pa.int64())
