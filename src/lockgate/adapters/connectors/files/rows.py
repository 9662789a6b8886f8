"""Where rows begin and end in a block of CSV bytes.

The rules are those of RFC 4180 as pyarrow (and Python's ``csv``) read them: a
quote opens a field only as the field's first byte; inside, two quotes are one;
after the closing quote the rest of the field is plain text; CRLF, LF or a lone
CR ends a row outside quotes. ``csv_reader`` hands pyarrow blocks that end where
this module says a row ends, so both must agree: differential tests hold that.

Two ways to the same answer. ``cut_fast`` counts quotes with numpy: the number
of quotes before a line end is even exactly if it is outside quotes, provided
every opening quote stands where a field begins (or doubles the one before it).
Where a block breaks that proviso (``5" pipe``), ``cut_exact`` runs a compiled
state machine over it. The native kernel, where it is in use, counts likewise and
walks over the rows in doubt alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lockgate.kernel.splitting import Extent, Splitting

Indices = NDArray[np.int64]
_QUOTE, _LF, _CR = 0x22, 0x0A, 0x0D


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows of a block: ``starts`` and ``ends`` (int64, without the line end), blank ones included.

    ``consumed`` bytes hold whole rows; the rest begins a row that is not finished.
    ``line_ends`` are the offsets just after every physical line end of the consumed
    part, inside quotes too. ``in_quotes``: the unfinished rest is inside a quoted field.
    ``plain``: every byte of the block is ASCII and none is NUL; False if nobody looked.
    """

    starts: Indices
    ends: Indices
    consumed: int
    line_ends: Indices
    in_quotes: bool
    plain: bool = False

    def extent(self) -> Extent:
        """The same rows, counted."""
        blank = int(np.count_nonzero(self.starts == self.ends))
        return Extent(self.consumed, len(self.starts), blank, len(self.line_ends), self.in_quotes)

    def without(self, rows: int) -> Cut:
        """The cut of what is left once this many rows are taken off in front."""
        begin = int(self.starts[rows]) if rows < len(self.starts) else self.consumed
        lines = self.line_ends[np.searchsorted(self.line_ends, begin, side="right") :]
        return replace(
            self,
            starts=self.starts[rows:] - begin,
            ends=self.ends[rows:] - begin,
            consumed=self.consumed - begin,
            line_ends=lines - begin,
        )


def cut(block: bytes, delimiter: bytes, last: bool, native: Splitting | None = None) -> Cut:
    """Cut ``block``, which begins where a row begins. ``last``: the file ends with it."""
    if native is not None:
        rows = native.cut(block, delimiter, last)
        return Cut(
            rows.starts, rows.ends, rows.consumed, rows.line_ends, rows.in_quotes, rows.plain
        )
    found = cut_fast(block, delimiter, last)
    return found if found is not None else cut_exact(block, delimiter, last)


def cut_fast(block: bytes, delimiter: bytes, last: bool) -> Cut | None:
    """Cut by quote parity; None where parity proves nothing."""
    data = np.frombuffer(block, np.uint8)
    ends, after = _line_ends(block, data, last)
    outside = np.ones(len(ends), np.bool_)
    in_quotes = False
    if b'"' in block:
        quotes = np.flatnonzero(data == _QUOTE)
        opening = quotes[::2]
        before = data[opening[opening > 0] - 1]
        fits = (before == delimiter[0]) | (before == _LF) | (before == _CR) | (before == _QUOTE)
        if not fits.all():
            return None
        outside = (np.searchsorted(quotes, ends) & 1) == 0
        in_quotes = len(quotes) % 2 == 1
    return _rows(len(block), ends[outside], after[outside], after, in_quotes, last)


def _line_ends(block: bytes, data: NDArray[np.uint8], last: bool) -> tuple[Indices, Indices]:
    """Offsets of every line end, and just after it; CRLF is one. A final CR waits for its LF."""
    if b"\r" not in block:
        found = np.flatnonzero(data == _LF)
        return found, found + 1
    found = np.flatnonzero((data == _LF) | (data == _CR))
    kinds = data[found]
    pairs = (kinds[:-1] == _CR) & (kinds[1:] == _LF) & (found[1:] == found[:-1] + 1)
    keep = np.ones(len(found), np.bool_)
    keep[1:] = ~pairs
    after = found + 1
    after[:-1][pairs] += 1
    if not last and block.endswith(b"\r"):
        keep[-1] = False
    return found[keep], after[keep]


def _rows(
    size: int, ends: Indices, after: Indices, line_ends: Indices, in_quotes: bool, last: bool
) -> Cut:
    starts = np.concatenate((np.zeros(1, np.int64), after))
    if last and not in_quotes and starts[-1] < size:
        ends = np.append(ends, size)
        return Cut(starts, ends, size, line_ends, False)
    consumed = int(starts[-1])
    return Cut(starts[:-1], ends, consumed, line_ends[line_ends <= consumed], in_quotes)


def _machine(delimiter: bytes) -> re.Pattern[bytes]:
    """One row with its line end. Possessive throughout: linear time, no backtracking.

    Groups: 1 and 2 a quoted field that never closes, first or later; 3 the line end.
    """
    sign = re.escape(delimiter)
    quoted = rb'"(?:[^"]++|"")*+(?:"|(\Z))'
    plain = rb"[^" + sign + rb"\r\n]*+"
    field = rb"(?:" + quoted + rb")?+" + plain
    return re.compile(field + rb"(?:" + sign + field + rb")*+" + rb"(\r\n|\n|\r|\Z)")


def cut_exact(block: bytes, delimiter: bytes, last: bool) -> Cut:
    """Cut with a state machine: right for every input, slower than ``cut_fast``."""
    size = len(block)
    row = _machine(delimiter)
    ends: list[int] = []
    after: list[int] = []
    at, in_quotes = 0, False
    while at < size:
        match = row.match(block, at)
        if match is None or match[1] is not None or match[2] is not None:
            in_quotes = True
            break
        end, stop = match.span(3)
        if end == stop or (not last and stop == size and block[end:] == b"\r"):
            break
        ends.append(end)
        after.append(stop)
        at = stop
    _, line_ends = _line_ends(block, np.frombuffer(block, np.uint8), last)
    return _rows(
        size,
        np.array(ends, np.int64),
        np.array(after, np.int64),
        line_ends,
        in_quotes,
        last,
    )


def cut_lines(block: bytes, last: bool) -> Cut:
    """Cut at line feeds alone (JSON Lines); a carriage return before one is left off."""
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == _LF)
    after = ends + 1
    found = _rows(len(block), ends, after, after, False, last)
    if b"\r" not in block or not len(found.ends):
        return found
    trimmed = found.ends - (data[np.maximum(found.ends - 1, 0)] == _CR)
    return Cut(
        found.starts,
        np.maximum(trimmed, found.starts),
        found.consumed,
        found.line_ends,
        in_quotes=False,
    )
