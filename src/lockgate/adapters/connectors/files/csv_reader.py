"""CSV in: RFC 4180, every column as text, exact positions, broken rows set aside.

An unquoted empty field is null, ``""`` the empty string. A byte order mark is
skipped. Blank lines are no rows, except in a file of one column, where a blank
line is a row whose cell is null. Parsing is pyarrow's, on blocks that end where
``rows`` says a row ends; the two must count the same rows, else the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from lockgate.adapters.connectors.files import formulas, magic
from lockgate.adapters.connectors.files.blocks import (
    UNTERMINATED_QUOTE,
    WRONG_COLUMN_COUNT,
    Block,
    BlockRows,
    ByteStream,
    Headed,
    blocks,
    refuse_other_format,
    refuse_wrong_encoding,
)
from lockgate.adapters.connectors.files.csv_header import CsvDialect, Header, no_header, read_header
from lockgate.adapters.connectors.files.emit import raw_batches
from lockgate.adapters.connectors.files.interrupts import interrupts_wait
from lockgate.adapters.connectors.files.rows import Cut, cut, cut_lines
from lockgate.contract.batches import RawBatch
from lockgate.contract.model import Mode
from lockgate.errors import LimitExceeded, Position, SourceError
from lockgate.limits import Limits

# pyarrow parses fastest in pieces that stay in the processor's cache.
_PIECE = 1 << 20


def read_csv(
    stream: ByteStream,
    shown: str,
    expected: Sequence[str],
    ignore: Sequence[str],
    dialect: CsvDialect,
    limits: Limits,
) -> Iterator[RawBatch]:
    """Raw batches of a CSV file, columns in ``expected`` order. Raises SourceError."""
    found = _headed_blocks(stream, shown, dialect, limits)
    header, rest = next(found)
    header.check(expected, ignore, shown)
    reader = _Rows(header, tuple(expected), dialect, limits, shown)
    yield from reader.take(rest)
    for _, block in found:
        yield from reader.take(block)


def csv_names(
    stream: ByteStream, shown: str, dialect: CsvDialect, limits: Limits
) -> tuple[str, ...]:
    """The column names of a CSV file, in order. Raises SourceError."""
    return next(_headed_blocks(stream, shown, dialect, limits))[0].names


def _headed_blocks(
    stream: ByteStream, shown: str, dialect: CsvDialect, limits: Limits
) -> Iterator[tuple[Header, Block]]:
    """The header with each block of data rows, of which there is at least one."""
    headed = Headed(stream)
    refuse_other_format(headed.head, "CSV", shown)
    refuse_other_text(headed.head, shown)
    sign = dialect.delimiter.encode()

    def cutter(data: bytes, last: bool) -> Cut:
        return cut(data, sign, last)

    header: Header | None = None
    for block in blocks(headed, cutter, limits, shown):
        if header is not None:
            yield header, block
        elif (block.cut.ends > block.cut.starts).any():
            header, rest = read_header(block, dialect, limits, shown)
            yield header, rest
    if header is None:  # nothing but blank lines, or a first row that never ends
        raise no_header(shown)


def refuse_other_text(head: bytes, shown: str) -> None:
    """Refuse JSON and markup declared as CSV."""
    for found, words in (
        (magic.looks_json(head), "JSON; declare it as jsonl if every line is one object"),
        (magic.looks_markup(head), "XML or HTML"),
    ):
        if found:
            raise SourceError(f"declared as CSV, but it looks like {words}", where=Position(shown))


class _Rows:
    """Blocks of data rows to raw batches."""

    def __init__(
        self,
        header: Header,
        expected: tuple[str, ...],
        dialect: CsvDialect,
        limits: Limits,
        shown: str,
    ) -> None:
        self._names = header.names
        self._expected = expected
        self._dialect = dialect
        self._limits = limits
        self._shown = shown
        self._row = 1
        self._first = True
        self._longest = limits.row_bytes

    def take(self, block: Block) -> Iterator[RawBatch]:
        """The block's raw batches."""
        rows = BlockRows(block, keep_blank=len(self._names) == 1, first_row=self._row)
        if len(rows):
            rows.check_bytes(self._limits)
            if self._first:
                refuse_wrong_encoding(rows, self._shown)
                self._first = False
            table = self._parse(rows)
            if self._dialect.formulas_neutralised:
                table = pa.RecordBatch.from_arrays(
                    [formulas.undo(column) for column in table.columns], schema=table.schema
                )
            self._row += len(rows)
            yield from raw_batches(Mode.STRINGS, rows, table, self._shown, self._limits.batch_rows)
        if block.tail:
            yield from self._tail(block)

    def _tail(self, block: Block) -> Iterator[RawBatch]:
        """A quote that never closes: every line from its row on is a broken row of its own."""
        data = block.data[block.cut.consumed :]
        line = block.line + len(block.cut.line_ends)
        if len(data) > self._limits.row_bytes:
            raise LimitExceeded(
                "a quote opened in the row that begins here never closes, and what follows is "
                "longer than row_bytes",
                where=Position(self._shown, line),
                hint="close or double the quote",
            )
        lost = Block(
            data, cut_lines(data, last=True), block.offset + block.cut.consumed, line, False, False
        )
        rows = BlockRows(lost, keep_blank=False, first_row=self._row)
        rows.mark(np.ones(len(rows), np.bool_), UNTERMINATED_QUOTE)
        self._row += len(rows)
        yield from raw_batches(
            Mode.STRINGS, rows, self._empty(), self._shown, self._limits.batch_rows
        )

    def _empty(self) -> pa.RecordBatch:
        schema = pa.schema([pa.field(name, pa.string()) for name in self._expected])
        return pa.RecordBatch.from_pylist([], schema=schema)

    def _parse(self, rows: BlockRows) -> pa.RecordBatch:
        """The good rows' cells. Marks ragged rows in ``rows``."""
        good = rows.good()
        if len(good) == 0:
            return self._empty()
        payload = rows.payload()
        # pyarrow drops a byte order mark from what it takes for a file's beginning,
        # but here it is a cell's: a row in front of it, taken off again, keeps it.
        extra = int(payload.slice(0, min(3, payload.size)).to_pybytes() == magic.UTF8_BOM)
        if extra:
            shield = self._dialect.delimiter.encode() * (len(self._names) - 1)
            payload = pa.py_buffer(b"x" + shield + b"\n" + payload.to_pybytes())
        table = self._pyarrow(payload, None)
        if table is None:
            ragged: list[int] = []
            table = self._pyarrow(payload, ragged)
            if table is None:
                raise self._unclear()
            rows.mark(good[np.array(ragged, np.int64) - 1 - extra], WRONG_COLUMN_COUNT)
        batch = _one_batch(table.slice(extra), self._empty())
        if batch.num_rows != len(rows.good()):
            raise self._unclear()
        return batch

    def _pyarrow(self, payload: pa.Buffer, ragged: list[int] | None) -> pa.Table | None:
        """Parse whole rows, None if they cannot be. ``ragged`` collects wrong rows' numbers.

        The numbers begin with 1. pyarrow's own error ends here: its message quotes data.
        """
        parse = pa_csv.ParseOptions(
            delimiter=self._dialect.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=len(self._names) > 1,
        )
        if ragged is not None:

            def skip(row: pa_csv.InvalidRow) -> str:
                ragged.append(row.number)
                return "skip"

            parse.invalid_row_handler = skip
        read = pa_csv.ReadOptions(
            column_names=self._names,
            block_size=min(max(_PIECE, self._longest + 1), payload.size + 1),
            use_threads=ragged is None,  # row numbers are known on one thread only
        )
        convert = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(self._expected, pa.string()),
            include_columns=self._expected,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        waiting = interrupts_wait() if ragged is not None else nullcontext()
        with suppress(pa.ArrowInvalid), waiting:
            return pa_csv.read_csv(pa.BufferReader(payload), read, parse, convert)
        return None

    def _unclear(self) -> SourceError:
        return SourceError(
            "rows cannot be told apart for certain",
            where=Position(self._shown),
            hint="write the file again with every text cell in quotes",
        )


def _one_batch(table: pa.Table, empty: pa.RecordBatch) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else empty
