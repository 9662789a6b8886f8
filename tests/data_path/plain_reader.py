"""Files read once more, by the plainest state machines: what the product must find in them.

Written after docs/reference/files.md alone, one byte at a time, and sharing nothing with the
product: no numpy, no pyarrow, no regular expression.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Record:
    """One physical record: its numbers, its bytes without the line end, and what it holds.

    ``cells`` are texts, None for a bare empty cell; with a ``reason`` there are none.
    """

    row: int
    line: int
    offset: int
    raw: bytes
    reason: str = ""
    cells: tuple[str | None, ...] = ()


class _At(Enum):
    FIELD_START = auto()
    BARE = auto()
    QUOTED = auto()
    QUOTE_IN_QUOTED = auto()


@dataclass
class _Row:
    """A row that is being read: cells and whether the current one began with a quote."""

    start: int
    line: int
    cells: list[tuple[bytes, bool]]
    cell: bytearray
    quoted: bool = False

    def end_cell(self) -> None:
        self.cells.append((bytes(self.cell), self.quoted))
        self.cell = bytearray()
        self.quoted = False


def csv_records(
    data: bytes, delimiter: bytes = b",", row_bytes: int = 1 << 20
) -> tuple[tuple[str | None, ...], list[Record]]:
    """The header's names, and every record after it, broken ones too."""
    found, rest = _csv_rows(data, delimiter[0])
    filled = next(at for at, (row, end) in enumerate(found) if end > row.start)
    names = tuple(_text(cell) for cell in found[filled][0].cells)
    records: list[Record] = []
    for row, end in found[filled + 1 :]:
        if end == row.start and len(names) > 1:
            continue
        raw = data[row.start : end]
        reason = _reason(raw, row_bytes)
        if not reason and len(row.cells) != len(names):
            reason = "wrong_column_count"
        cells = () if reason else tuple(_text(cell) for cell in row.cells)
        records.append(Record(len(records) + 1, row.line, row.start, raw, reason, cells))
    if rest is not None:
        for line, offset, raw in _lines(data, rest.start, rest.line):
            if raw:
                reason = "unterminated_quote"
                records.append(Record(len(records) + 1, line, offset, raw, reason))
    return names, records


def _text(cell: tuple[bytes, bool]) -> str | None:
    value, quoted = cell
    return None if not value and not quoted else value.decode()


def _reason(raw: bytes, row_bytes: int) -> str:
    if len(raw) > row_bytes:
        return "row_too_long"
    if 0 in raw:
        return "nul_byte"
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    return ""


def _csv_rows(data: bytes, sign: int) -> tuple[list[tuple[_Row, int]], _Row | None]:
    """Every row with its end, blank ones too; and the one that an open quote swallows."""
    at = len(_BOM) if data.startswith(_BOM) else 0
    found: list[tuple[_Row, int]] = []
    row, state, line = _Row(at, 1, [], bytearray()), _At.FIELD_START, 1
    while at < len(data):
        byte = data[at]
        ends_line = byte == 0x0A or (byte == 0x0D and data[at + 1 : at + 2] != b"\n")
        if state is _At.QUOTED:
            line += ends_line
            if byte == 0x22:
                state = _At.QUOTE_IN_QUOTED
            else:
                row.cell.append(byte)
        elif state is _At.QUOTE_IN_QUOTED and byte == 0x22:
            row.cell.append(byte)
            state = _At.QUOTED
        elif byte == 0x22 and state is _At.FIELD_START:
            row.quoted = True
            state = _At.QUOTED
        elif byte == sign:
            row.end_cell()
            state = _At.FIELD_START
        elif byte in (0x0A, 0x0D):
            end = at
            at += not ends_line  # the LF of a CRLF
            line += 1
            row.end_cell()
            found.append((row, end))
            row, state = _Row(at + 1, line, [], bytearray()), _At.FIELD_START
        else:
            row.cell.append(byte)
            state = _At.BARE
        at += 1
    if state is _At.QUOTED:
        return found, row
    if row.start < len(data):
        row.end_cell()
        found.append((row, len(data)))
    return found, None


def _lines(data: bytes, start: int, line: int) -> list[tuple[int, int, bytes]]:
    """Number, offset and bytes of each line, ended by LF or CRLF."""
    found = []
    while start < len(data):
        end = data.find(b"\n", start)
        stop = len(data) if end < 0 else end
        raw = data[start:stop]
        found.append((line, start, raw.removesuffix(b"\r")))
        start, line = stop + 1, line + 1
    return found


def json_records(data: bytes, row_bytes: int = 1 << 20, depth: int = 32) -> list[Record]:
    """Every line that is not blank, as a record of one cell: its text."""
    records: list[Record] = []
    start = len(_BOM) if data.startswith(_BOM) else 0
    for line, offset, raw in _lines(data, start, 1):
        if not raw:
            continue
        reason = _reason(raw, row_bytes)
        if not reason and _depth(raw) > depth:
            reason = "nested_too_deep"
        cells = () if reason else (raw.decode(),)
        records.append(Record(len(records) + 1, line, offset, raw, reason, cells))
    return records


def _depth(raw: bytes) -> int:
    """The deepest nesting of brackets outside strings."""
    deepest = now = 0
    inside = escaped = False
    for byte in raw:
        if inside:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                inside = False
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif byte in b"]}":
            now -= 1
    return deepest


def numbers_of(records: list[Record]) -> dict[int, int]:
    """Row numbers by the number that a record carries: its first cell, or its JSON key."""
    found: dict[int, int] = {}
    for record in records:
        number: object = None
        if len(record.cells) > 1:
            number = record.cells[0]
        elif record.cells:
            with suppress(ValueError, TypeError, KeyError, RecursionError):
                number = json.loads(record.cells[0] or "")["number"]
        with suppress(ValueError, TypeError):
            found[int(str(number))] = record.row
    return found


def expected_row(
    columns: tuple[str, ...], names: tuple[str | None, ...], record: Record
) -> dict[str, object]:
    """A record as ``both_paths.Taken.rows`` holds it, but for the file's name."""
    where = {"row": record.row, "line": record.line, "offset": record.offset}
    if record.reason:
        reasons = [{"column": "", "type": record.reason}]
        return {**where, "reasons": reasons, "raw": record.raw}
    cells = dict(zip(names, record.cells, strict=True))
    values = {column: cells[column] for column in columns}
    return {**where, "reasons": [], "raw": None, "values": values}
