"""CSV in: RFC 4180, every column as text, exact positions, broken rows set aside.

An unquoted empty field is null, ``""`` the empty string. A byte order mark is
skipped. Blank lines are no rows, except in a file of one column, where a blank
line is a row whose cell is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from lockgate.adapters.connectors.files import magic
from lockgate.adapters.connectors.files.blocks import (
    Block,
    ByteStream,
    Headed,
    blocks,
    refuse_other_format,
)
from lockgate.adapters.connectors.files.csv_header import CsvDialect, Header, no_header, read_header
from lockgate.adapters.connectors.files.csv_piece import CsvPiece, CsvTable
from lockgate.adapters.connectors.files.rows import Cut, cut
from lockgate.errors import Position, SourceError
from lockgate.kernel.splitting import Splitting
from lockgate.limits import Limits


def read_csv(
    stream: ByteStream,
    shown: str,
    expected: Sequence[str],
    ignore: Sequence[str],
    dialect: CsvDialect,
    limits: Limits,
    native: Splitting | None = None,
) -> Iterator[CsvPiece]:
    """Pieces of a CSV file, columns in ``expected`` order. Raises SourceError.

    ``native`` cuts and splits rows if it is there: the same ones, faster.
    """
    found = _headed_blocks(stream, shown, dialect, limits, native)
    header, rest = next(found)
    header.check(expected, ignore, shown)
    table = CsvTable(header.names, tuple(expected), dialect, limits, shown, native)
    row = 1
    for block in chain([rest], (block for _, block in found)):
        yield CsvPiece(table, block, row, first=row == 1)
        row += block.rows(table.keep_blank)


def csv_names(
    stream: ByteStream, shown: str, dialect: CsvDialect, limits: Limits
) -> tuple[str, ...]:
    """The column names of a CSV file, in order. Raises SourceError."""
    return next(_headed_blocks(stream, shown, dialect, limits))[0].names


def _headed_blocks(
    stream: ByteStream,
    shown: str,
    dialect: CsvDialect,
    limits: Limits,
    native: Splitting | None = None,
) -> Iterator[tuple[Header, Block]]:
    """The header with each block of data rows, of which there is at least one."""
    headed = Headed(stream)
    refuse_other_format(headed.head, "CSV", shown)
    refuse_other_text(headed.head, shown)
    sign = dialect.delimiter.encode()

    def cutter(data: bytes, last: bool) -> Cut:
        return cut(data, sign, last, native)

    measurer = None if native is None else native.measurer(sign)
    header: Header | None = None
    for block in blocks(headed, cutter, limits, shown, measurer):
        if header is not None:
            yield header, block
        elif block.rows(keep_blank=False):
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
