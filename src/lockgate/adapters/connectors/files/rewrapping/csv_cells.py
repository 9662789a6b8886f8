"""The cells of frames in whole rows of CSV, as ``csv_writer`` writes them.

Its every quote opens a cell, closes one or is doubled, so the number of quotes before a delimiter
or a line end is even exactly where it is outside of a cell; each row has the same number of
delimiters. A text that is otherwise was not written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockgate.adapters.connectors.files import formulas
from lockgate.adapters.connectors.files.rewrapping.cells import Cells, LocatedPiece, Places, taken
from lockgate.errors import IntegrityError

_QUOTE, _COMMA, _LF, _CR = 0x22, 0x2C, 0x0A, 0x0D


def locate_csv(
    data: pa.Buffer, width: int, columns: Mapping[str, int], keys: Mapping[str, int]
) -> LocatedPiece:
    """Where the frames of ``columns`` (name and place) are in rows of ``width`` cells.

    The texts of ``keys`` are read. Raises IntegrityError for rows that the writer would not have
    written.
    """
    if not data.size:
        none = {name: pa.array([], pa.string()) for name in keys}
        return LocatedPiece(data, 0, {name: _none() for name in columns}, pa.string(), none)
    text = np.frombuffer(data, np.uint8)
    marks = _marks(text)
    if len(marks) % width:
        raise _other()
    grid = marks.reshape(-1, width)
    if (text[grid[:, :-1]] != _COMMA).any() or (text[grid[:-1, -1]] != _LF).any():
        raise _other()
    begins = np.concatenate((np.zeros(1, np.int64), grid[:-1, -1] + 1))

    def bounds(at: int) -> tuple[Places, Places]:
        return (begins if at == 0 else grid[:, at - 1] + 1), grid[:, at]

    cells = {name: _cells(text, *bounds(at)) for name, at in columns.items()}
    read = {name: _texts(data, text, *bounds(at)) for name, at in keys.items()}
    return LocatedPiece(data, len(grid), cells, pa.string(), read)


def _marks(text: NDArray[np.uint8]) -> Places:
    """Delimiters and line ends outside of quotes; the end of the text ends its last row."""
    ends = (text == _COMMA) | (text == _LF)
    inside = np.bitwise_xor.accumulate(text == _QUOTE)
    if inside[-1]:
        raise _other()
    marks = np.flatnonzero(ends & ~inside)
    return marks if text[-1] == _LF else np.append(marks, len(text))


def _cells(text: NDArray[np.uint8], starts: Places, ends: Places) -> Cells:
    """Cells that are not null, without their quotes and the carriage return of another line end."""
    rows = np.flatnonzero(ends > starts)
    starts, ends = starts[rows], ends[rows]
    ends = ends - (text[ends - 1] == _CR)
    filled = ends > starts
    rows, starts, ends = rows[filled], starts[filled], ends[filled]
    quoted = (text[starts] == _QUOTE).astype(np.int64)
    return Cells(starts + quoted, np.maximum(ends - quoted, starts + quoted), rows)


def _texts(data: pa.Buffer, text: NDArray[np.uint8], starts: Places, ends: Places) -> pa.Array:
    """A column's texts as they were before they were written; an empty cell without quotes is null.

    Raises IntegrityError for what is not UTF-8.
    """
    cells = _cells(text, starts, ends)
    found: pa.Array | None = None
    with suppress(pa.ArrowException):  # which may quote the cell
        found = taken(data, cells, pa.string())
        found.validate(full=True)
        found = formulas.undo(pc.replace_substring(found, '""', '"'))
    if found is None:
        raise _other()
    places = np.full(len(starts), -1, np.int64)
    places[cells.rows] = np.arange(len(cells.rows))
    return found.take(pa.array(places, mask=places < 0))


def _none() -> Cells:
    nothing = np.zeros(0, np.int64)
    return Cells(nothing, nothing, nothing)


def _other() -> IntegrityError:
    return IntegrityError(
        "the rows are not as they were released",
        hint="another program wrote the file again: rewrap the file that Lockgate released",
    )
