"""Where the frames of a piece of a file are, and the piece with other frames in their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """The frames of one column: from where to where each goes, quotes left out, and in which row.

    All int64, in the order of the rows; a null has no place. Rows count from 0 in the piece.
    """

    starts: Places
    ends: Places
    rows: Places


@dataclass(frozen=True, slots=True)
class LocatedPiece:
    """Bytes of a file that hold ``rows`` whole rows, and the ``cells`` of its columns of frames.

    Implements ``run.rewrap_ports.Located``. ``kind`` is utf8 or binary; ``keys`` are whole columns
    that records are made of.
    """

    data: pa.Buffer
    rows: int
    cells: Mapping[str, Cells]
    kind: pa.DataType
    keys: Mapping[str, pa.Array] = field(default_factory=dict)

    def frames(self, column: str) -> pa.Array:
        """The column's frames, nulls left out."""
        return taken(self.data, self.cells[column], self.kind)

    def row_numbers(self, column: str) -> Places:
        """In which row of the piece each of them stands."""
        return self.cells[column].rows

    def row_keys(self, columns: Sequence[str]) -> Sequence[pa.Array]:
        """Columns of every row, as they were released."""
        return [self.keys[name] for name in columns]

    def spliced(self, new: Mapping[str, pa.Array]) -> pa.Buffer:
        """The piece with ``new`` frames for those of these columns; all else is the same."""
        changed = [name for name in self.cells if name in new and len(self.cells[name].starts)]
        if not changed:
            return self.data
        starts = np.concatenate([self.cells[name].starts for name in changed])
        ends = np.concatenate([self.cells[name].ends for name in changed])
        order = np.argsort(starts, kind="stable")
        count = len(order)
        parts = _parts(self.data, starts[order], ends[order])
        fresh = [new[name].cast(pa.binary()) for name in changed]
        every = pa.concat_arrays([parts, *fresh])
        wanted = np.empty(2 * count + 1, np.int64)
        wanted[::2] = np.arange(0, 2 * count + 1, 2)
        wanted[1::2] = len(parts) + order
        return _data(every.take(pa.array(wanted)))


def taken(data: pa.Buffer, cells: Cells, kind: pa.DataType) -> pa.Array:
    """The bytes of the cells as an array without nulls. Raises pa.ArrowInvalid if not UTF-8."""
    if not len(cells.starts):
        return pa.array([], kind)
    parts = _parts(data, cells.starts, cells.ends)
    found = parts.take(pa.array(np.arange(1, len(parts), 2)))
    return found if kind == pa.binary() else found.cast(kind)


def _parts(data: pa.Buffer, starts: Places, ends: Places) -> pa.BinaryArray:
    """What is before, in and behind each of the spans, in turns, uncopied."""
    bounds = np.zeros(2 * len(starts) + 2, np.int32)
    bounds[1:-1:2] = starts
    bounds[2:-1:2] = ends
    bounds[-1] = data.size
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(bounds) - 1, [None, pa.py_buffer(bounds), data]
    )


def _data(values: pa.BinaryArray) -> pa.Buffer:
    """All values one after the other, uncopied."""
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int32)[values.offset :][: len(values) + 1]
    return data.slice(int(bounds[0]), int(bounds[-1] - bounds[0]))
