"""The rows of a block: where they are, and which of them are broken.

What CSV and JSON Lines share: rows that are too long, hold a NUL byte or are not UTF-8 are marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.adapters.connectors.files import magic
from lockgate.adapters.connectors.files.blocks import Block
from lockgate.adapters.connectors.files.rows import Indices
from lockgate.adapters.connectors.files.utf8 import invalid_places
from lockgate.contract.batches import BrokenRow
from lockgate.errors import Position, SourceError
from lockgate.limits import Limits

ROW_TOO_LONG: Final = "row_too_long"
NUL_BYTE: Final = "nul_byte"
INVALID_UTF8: Final = "invalid_utf8"
WRONG_COLUMN_COUNT: Final = "wrong_column_count"
UNTERMINATED_QUOTE: Final = "unterminated_quote"
NESTED_TOO_DEEP: Final = "nested_too_deep"
REASONS: Final = (
    "",
    ROW_TOO_LONG,
    NUL_BYTE,
    INVALID_UTF8,
    WRONG_COLUMN_COUNT,
    UNTERMINATED_QUOTE,
    NESTED_TOO_DEEP,
)
Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Ground:
    """What the places of a block's rows are worked out from; it holds none of the block's bytes.

    ``starts`` of rows and ``line_ends`` count from the block's ``offset`` in the file.
    """

    starts: Indices
    line_ends: Indices
    first_row: int
    line: int
    offset: int

    def lines(self, chosen: Indices) -> Indices:
        """The lines on which the chosen rows begin."""
        found: Indices = np.searchsorted(self.line_ends, self.starts[chosen], side="right")
        return self.line + found

    def places(self, chosen: Indices) -> Iterator[tuple[int, int, int]]:
        """Number, line and offset of each of the chosen rows."""
        numbers, offsets = self.first_row + chosen, self.offset + self.starts[chosen]
        return zip(numbers.tolist(), self.lines(chosen).tolist(), offsets.tolist(), strict=True)


@dataclass(frozen=True, slots=True)
class RaggedRows:
    """The rows of a block that was split, of which some have another number of cells.

    ``ragged`` are their numbers, rising; ``end`` is where the last row's line ends.
    """

    ground: Ground
    data: bytes
    end: int
    ragged: Indices

    def __len__(self) -> int:
        return len(self.ground.starts)

    def good(self) -> Indices:
        """Indices of the other rows."""
        mask = np.ones(len(self), np.bool_)
        mask[self.ragged] = False
        return np.flatnonzero(mask)

    def broken(self, low: int, high: int) -> tuple[BrokenRow, ...]:
        """The ragged rows with indices from ``low`` up to ``high``."""
        first, last = np.searchsorted(self.ragged, (low, high))
        chosen = self.ragged[first:last]
        following = np.append(self.ground.starts, self.end)[chosen + 1]
        bounds = zip(self.ground.starts[chosen].tolist(), following.tolist(), strict=True)
        # Behind a row stand its line end and blank lines. What it ends with is none of these: a
        # line end inside it is in quotes.
        return tuple(
            BrokenRow(*place, WRONG_COLUMN_COUNT, self.data[start:after].rstrip(b"\r\n"))
            for place, (start, after) in zip(self.ground.places(chosen), bounds, strict=True)
        )


class BlockRows:
    """The rows of one block: where they lie, where they came from, what is wrong with them.

    ``codes`` holds one index into REASONS a row, 0 while nothing is wrong with it.
    """

    def __init__(self, block: Block, keep_blank: bool, first_row: int) -> None:
        cut = block.cut
        starts, ends = cut.starts, cut.ends
        if not keep_blank and (blank := starts == ends).any():
            starts, ends = starts[~blank], ends[~blank]
        self.data = block.data
        self._consumed = cut.consumed
        self._plain = cut.plain
        self.starts, self.ends = starts, ends
        self.codes: Codes = np.zeros(len(starts), np.int8)
        self.ground = Ground(starts, cut.line_ends, first_row, block.line, block.offset)

    def __len__(self) -> int:
        return len(self.starts)

    def mark(self, indices: Indices | NDArray[np.bool_], reason: str) -> None:
        """Set the reason of rows that have none yet."""
        chosen = np.zeros(len(self), np.bool_)
        chosen[indices] = True
        self.codes[chosen & (self.codes == 0)] = REASONS.index(reason)

    def check_bytes(self, limits: Limits) -> None:
        """Mark rows that are too long, hold a NUL byte or are not UTF-8."""
        if len(self) == 0:
            return
        self.mark(self.ends - self.starts > limits.row_bytes, ROW_TOO_LONG)
        if self._plain:
            return
        if b"\0" in self.data:
            places = np.flatnonzero(np.frombuffer(self.data, np.uint8) == 0)
            self.mark(self._rows_at(places), NUL_BYTE)
        if not self.data.isascii():
            self.mark(self._invalid_utf8(), INVALID_UTF8)

    def _rows_at(self, places: Indices) -> Indices:
        """Rows that hold these offsets of the block; places after the last row hold none."""
        places = places[places < self._consumed]
        found = np.searchsorted(self.starts, places, side="right") - 1
        return np.unique(found[found >= 0])

    def _invalid_utf8(self) -> Indices:
        whole = pa.py_buffer(self.data)
        offsets = pa.py_buffer(np.array([0, self._consumed], np.int64))
        text = pa.LargeStringArray.from_buffers(1, offsets, whole)
        try:
            text.validate(full=True)
            return np.zeros(0, np.int64)
        except pa.ArrowInvalid:
            pass
        return self._rows_at(invalid_places(memoryview(self.data)[: self._consumed]))

    def good(self) -> Indices:
        """Indices of rows with nothing wrong so far."""
        return np.flatnonzero(self.codes == 0)

    def payload(self) -> pa.Buffer:
        """The bytes of the good rows, line ends included."""
        good = self.codes == 0
        if good.all():
            first = int(self.starts[0])
            return pa.py_buffer(self.data).slice(first, self._consumed - first)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], good, [False])).astype(np.int8)))
        limits = np.append(self.starts, self._consumed)
        view = memoryview(self.data)
        runs: list[bytes | memoryview] = []
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            run = view[limits[a] : limits[b]]
            # A lone CR must not meet the LF of a blank line behind the removed row: make it CRLF.
            runs += [run, b"\n"] if run[-1] == 0x0D else [run]
        return pa.py_buffer(b"".join(runs))

    def broken(self, low: int, high: int) -> tuple[BrokenRow, ...]:
        """The broken rows with indices from ``low`` up to ``high``."""
        chosen = low + np.flatnonzero(self.codes[low:high])
        ends = zip(self.starts[chosen].tolist(), self.ends[chosen].tolist(), strict=True)
        return tuple(
            BrokenRow(*place, REASONS[code], self.data[start:end])
            for place, code, (start, end) in zip(
                self.ground.places(chosen), self.codes[chosen].tolist(), ends, strict=True
            )
        )

    def texts(self, chosen: Indices) -> pa.BinaryArray:
        """The bytes of the chosen rows, without line ends."""
        return slices(self.data, self.starts, self.ends).take(pa.array(2 * chosen))


def slices(data: bytes, starts: Indices, ends: Indices) -> pa.BinaryArray:
    """An array whose even elements are ``data[start:end]`` and odd ones what lies between."""
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[::2], offsets[1::2] = starts, ends
    count = max(len(offsets) - 1, 0)
    return pa.BinaryArray.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def refuse_wrong_encoding(rows: BlockRows, shown: str) -> None:
    """Refuse a file most of whose first rows are not UTF-8: no row is at fault then."""
    wrong = rows.codes == REASONS.index(INVALID_UTF8)
    if int(wrong.sum()) * 2 > len(rows):
        sample = b"\n".join(
            rows.data[rows.starts[i] : rows.ends[i]] for i in np.flatnonzero(wrong)[:50]
        )
        raise SourceError(
            f"the text is not UTF-8; it looks like {magic.encoding_guess(sample)}",
            where=Position(shown),
            hint="convert it, for example: iconv -f WINDOWS-1252 -t UTF-8",
        )
