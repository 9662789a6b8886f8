"""Whole rows of CSV to raw batches, on any thread: every column as text, broken rows set aside.

Parsing is the native kernel's where that is in use, else pyarrow's, on blocks that end where
``rows`` says a row ends; the two must count the same rows, else the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from lockgate.adapters.connectors.files import formulas, magic
from lockgate.adapters.connectors.files.block_rows import (
    UNTERMINATED_QUOTE,
    WRONG_COLUMN_COUNT,
    BlockRows,
    Ground,
    RaggedRows,
    refuse_wrong_encoding,
)
from lockgate.adapters.connectors.files.blocks import Block
from lockgate.adapters.connectors.files.csv_header import CsvDialect
from lockgate.adapters.connectors.files.emit import raw_batches, sound_batches
from lockgate.adapters.connectors.files.interrupts import interrupts_wait
from lockgate.adapters.connectors.files.rows import cut_lines
from lockgate.contract.batches import RawBatch
from lockgate.contract.model import Mode
from lockgate.errors import LimitExceeded, Position, SourceError
from lockgate.kernel.splitting import SplitRows, Splitting
from lockgate.limits import Limits

# pyarrow parses fastest in pieces that stay in the processor's cache.
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class CsvTable:
    """What every block of one file is read by: its columns, and which of them are wanted.

    ``native`` splits rows if it is there, else pyarrow does.
    """

    names: tuple[str, ...]
    expected: tuple[str, ...]
    dialect: CsvDialect
    limits: Limits
    shown: str
    native: Splitting | None = None

    @property
    def keep_blank(self) -> bool:
        """Whether a blank line is a row, as it is where there is one column."""
        return len(self.names) == 1


@dataclass(frozen=True, slots=True)
class CsvPiece:
    """A block of rows, numbered from ``first_row``. Implements ``run.ports.Piece``.

    ``first``: no rows of the file stand before these.
    """

    table: CsvTable
    block: Block
    first_row: int
    first: bool

    def batches(self) -> Iterator[RawBatch]:
        """The block's raw batches. Raises SourceError, LimitExceeded."""
        of, count = self.table, self.block.rows(self.table.keep_blank)
        if count:
            found = None if of.native is None else self._split(of.native)
            if found is None:
                yield from self._sifted()
            elif found.columns.num_rows + len(found.ragged) != count:
                raise _unclear(of)
            else:
                yield from self._found(found)
        if self.block.tail:
            yield from _tail(of, self.block, self.first_row + count)

    def _found(self, found: SplitRows) -> Iterator[RawBatch]:
        of, block = self.table, self.block
        ground = Ground(found.starts, found.line_ends, self.first_row, block.line, block.offset)
        if len(found.ragged):
            rows = RaggedRows(ground, block.data, block.extent.consumed, found.ragged)
            yield from raw_batches(*_shape(of, rows, found.columns))
        else:
            yield from sound_batches(*_shape(of, ground, found.columns))

    def _split(self, native: Splitting) -> SplitRows | None:
        of, block = self.table, self.block
        return _split(of, native, block.data, block.extent.consumed, of.limits.row_bytes)

    def _sifted(self) -> Iterator[RawBatch]:
        """Batches of a block whose rows are looked at one by one before they are split."""
        of = self.table
        rows = BlockRows(self.block, of.keep_blank, self.first_row)
        rows.check_bytes(of.limits)
        if self.first:
            refuse_wrong_encoding(rows, of.shown)
        cells = _parse(of, rows) if of.native is None else _split_good(of, of.native, rows)
        yield from raw_batches(*_shape(of, rows, cells))


Where = TypeVar("Where", BlockRows, RaggedRows, Ground)


def _shape(
    of: CsvTable, where: Where, cells: pa.RecordBatch
) -> tuple[Mode, Where, pa.RecordBatch, str, int]:
    """What raw batches are made of."""
    if of.dialect.formulas_neutralised:
        cells = pa.RecordBatch.from_arrays(
            [formulas.undo(column) for column in cells.columns], schema=cells.schema
        )
    return Mode.STRINGS, where, cells, of.shown, of.limits.batch_rows


def _tail(of: CsvTable, block: Block, first_row: int) -> Iterator[RawBatch]:
    """A quote that never closes: every line from its row on is a broken row of its own."""
    data = block.data[block.extent.consumed :]
    line = block.line + block.extent.lines
    if len(data) > of.limits.row_bytes:
        raise LimitExceeded(
            "a quote opened in the row that begins here never closes, and what follows is "
            "longer than row_bytes",
            where=Position(of.shown, line),
            hint="close or double the quote",
        )
    lines = cut_lines(data, last=True)
    offset = block.offset + block.extent.consumed
    lost = Block(data, lines.extent(), offset, line, False, cut_lines, lines)
    rows = BlockRows(lost, keep_blank=False, first_row=first_row)
    rows.mark(np.ones(len(rows), np.bool_), UNTERMINATED_QUOTE)
    yield from raw_batches(Mode.STRINGS, rows, _empty(of), of.shown, of.limits.batch_rows)


def _empty(of: CsvTable) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=_schema(of.expected))


@lru_cache(maxsize=64)
def _schema(names: tuple[str, ...]) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in names])


def _split(of: CsvTable, native: Splitting, data: bytes, end: int, most: int) -> SplitRows | None:
    """The rows before ``end``; None if any might be too long, holds NUL or is not UTF-8."""
    return native.split(
        data,
        end,
        of.dialect.delimiter.encode(),
        len(of.names),
        [of.names.index(name) for name in of.expected],
        most,
        _schema(of.expected),
    )


def _split_good(of: CsvTable, native: Splitting, rows: BlockRows) -> pa.RecordBatch:
    """The good rows' cells, as ``_parse`` finds them. Marks ragged rows in ``rows``."""
    good = rows.good()
    if len(good) == 0:
        return _empty(of)
    payload = rows.payload().to_pybytes()
    found = _split(of, native, payload, len(payload), len(payload) + 1)
    if found is None or found.columns.num_rows + len(found.ragged) != len(good):
        raise _unclear(of)
    rows.mark(good[found.ragged], WRONG_COLUMN_COUNT)
    return found.columns


def _parse(of: CsvTable, rows: BlockRows) -> pa.RecordBatch:
    """The good rows' cells. Marks ragged rows in ``rows``."""
    good = rows.good()
    if len(good) == 0:
        return _empty(of)
    payload = rows.payload()
    sign = of.dialect.delimiter.encode()
    if payload.slice(payload.size - 1).to_pybytes() == sign:
        # Where the file ends behind a delimiter, pyarrow takes the cell for quoted if the last was.
        payload = pa.py_buffer(payload.to_pybytes() + b"\n")
    # pyarrow drops a byte order mark from what it takes for a file's beginning,
    # but here it is a cell's: a row in front of it, taken off again, keeps it.
    extra = int(payload.slice(0, min(3, payload.size)).to_pybytes() == magic.UTF8_BOM)
    if extra:
        shield = sign * (len(of.names) - 1)
        payload = pa.py_buffer(b"x" + shield + b"\n" + payload.to_pybytes())
    table = _pyarrow(of, payload, None)
    if table is None:
        ragged: list[int] = []
        table = _pyarrow(of, payload, ragged)
        if table is None:
            raise _unclear(of)
        rows.mark(good[np.array(ragged, np.int64) - 1 - extra], WRONG_COLUMN_COUNT)
    batch = _one_batch(table.slice(extra), _empty(of))
    if batch.num_rows != len(rows.good()):
        raise _unclear(of)
    return batch


def _pyarrow(of: CsvTable, payload: pa.Buffer, ragged: list[int] | None) -> pa.Table | None:
    """Parse whole rows, None if they cannot be. ``ragged`` collects wrong rows' numbers.

    The numbers begin with 1. pyarrow's own error ends here: its message quotes data.
    """
    parse = pa_csv.ParseOptions(
        delimiter=of.dialect.delimiter,
        newlines_in_values=True,
        ignore_empty_lines=len(of.names) > 1,
    )
    if ragged is not None:

        def skip(row: pa_csv.InvalidRow) -> str:
            ragged.append(row.number)
            return "skip"

        parse.invalid_row_handler = skip
    read = pa_csv.ReadOptions(
        column_names=of.names,
        block_size=min(max(_PIECE, of.limits.row_bytes + 1), payload.size + 1),
        use_threads=ragged is None,  # row numbers are known on one thread only
    )
    convert = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(of.expected, pa.string()),
        include_columns=of.expected,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    waiting = interrupts_wait() if ragged is not None else nullcontext()
    with suppress(pa.ArrowInvalid), waiting:
        return pa_csv.read_csv(pa.BufferReader(payload), read, parse, convert)
    return None


def _unclear(of: CsvTable) -> SourceError:
    return SourceError(
        "rows cannot be told apart for certain",
        where=Position(of.shown),
        hint="write the file again with every text cell in quotes",
    )


def _one_batch(table: pa.Table, empty: pa.RecordBatch) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else empty
