"""The header line of a CSV file: read, checked against the contract, never printed.

A file without a header line has data where names should be, so no error here
shows a header cell: only positions, counts and the contract's own names.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from lockgate.adapters.connectors.files import formulas
from lockgate.adapters.connectors.files.blocks import Block
from lockgate.errors import LimitExceeded, Position, Problem, SourceError
from lockgate.limits import Limits

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """What a CSV file's declaration says beyond its columns."""

    delimiter: str = ","
    formulas_neutralised: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """Column names in file order, and the line they stand on."""

    names: tuple[str, ...]
    line: int

    def check(self, expected: Sequence[str], ignore: Sequence[str], shown: str) -> None:
        """Refuse doubled, missing and unexpected columns, all in one error."""
        check_columns(self.names, expected, ignore, Position(shown, self.line))


def check_columns(
    names: Sequence[str], expected: Sequence[str], ignore: Sequence[str], where: Position
) -> None:
    """Refuse a file whose columns are not the expected ones, in any order. Raises SourceError."""
    problems = []
    first: dict[str, int] = {}
    known = {*expected, *ignore}
    for number, name in enumerate(names, 1):
        if name in first:
            problems.append(f"columns {first[name]} and {number} have the same name")
        first.setdefault(name, number)
    missing = [name for name in expected if name not in first]
    if missing:
        problems.append("missing: " + ", ".join(missing))
    unexpected = [str(first[name]) for name in first if name not in known]
    if unexpected:
        some = ", ".join(unexpected[:20]) + (" …" if len(unexpected) > 20 else "")
        problems.append(
            f"{len(unexpected)} of {len(names)} columns are not in the contract, at position {some}"
        )
    if problems:
        hint = "name columns the run should not read under ignore"
        if missing and len(missing) == len(expected):
            hint = "the first line must be the header; the contract's columns are " + ", ".join(
                expected[:50]
            )
        raise SourceError(
            "the columns are not the contract's: " + "; ".join(problems),
            where=where,
            hint=hint,
            problems=[Problem(SourceError.code, problem, where) for problem in problems],
        )


def no_header(shown: str) -> SourceError:
    """The refusal of a file that is empty, or whose first row's quote never closes."""
    return SourceError(
        "the file has no header line",
        where=Position(shown),
        hint="the first line must name the columns",
    )


def read_header(
    block: Block, dialect: CsvDialect, limits: Limits, shown: str
) -> tuple[Header, Block]:
    """The header of a file's first block, and the block without it.

    Raises SourceError for an empty or unreadable header, LimitExceeded for too
    many or too long names.
    """
    cut = block.cut
    filled = np.flatnonzero(cut.ends > cut.starts)
    if len(filled) == 0:
        raise no_header(shown)
    index = int(filled[0])
    start, end = int(cut.starts[index]), int(cut.ends[index])
    line = block.line + int(np.searchsorted(cut.line_ends, start, side="right"))
    where = Position(shown, line)
    if end - start > limits.row_bytes:
        raise LimitExceeded("the header line is longer than row_bytes", where=where)
    names = _cells(block.data[start:end], dialect.delimiter, where)
    if dialect.formulas_neutralised:
        names = tuple(formulas.undo(pa.array(names, pa.string())).to_pylist())
    if len(names) > limits.columns:
        raise LimitExceeded("the file has more columns than columns allows", where=where)
    if any(len(name.encode()) > limits.column_name_bytes for name in names):
        raise LimitExceeded("a column name is longer than column_name_bytes", where=where)
    return Header(names, line), block.without(cut, index + 1)


def _cells(row: bytes, delimiter: str, where: Position) -> tuple[str, ...]:
    table: pa.Table | None = None
    with suppress(UnicodeDecodeError, pa.ArrowInvalid):
        row.decode()
        table = pa_csv.read_csv(
            pa.BufferReader(row + b"\n"),
            pa_csv.ReadOptions(block_size=len(row) + 2, use_threads=False),
            pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        )
    if table is None:  # raised out here: their errors hold data and would be kept as context
        raise SourceError(
            "the header line is not UTF-8 text", where=where, hint="convert the file to UTF-8"
        )
    names = tuple(table.column_names)
    if b"\0" in row:
        raise SourceError("the header line holds NUL bytes: this is no CSV text", where=where)
    return names
