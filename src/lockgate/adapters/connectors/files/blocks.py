"""From a stream of bytes to blocks of whole rows.

What CSV and JSON Lines share: growing a block until it holds a whole row, within
limits; keeping line numbers and byte offsets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lockgate.adapters.connectors.files import magic
from lockgate.adapters.connectors.files.rows import Cut
from lockgate.errors import LimitExceeded, Position, SourceError
from lockgate.kernel.splitting import Extent
from lockgate.limits import Limits

Cutter = Callable[[bytes, bool], Cut]
Measurer = Callable[[bytes, bool], Extent]


class ByteStream(Protocol):
    """Where blocks come from."""

    def read(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        ...

    def read_on(self, rest: bytes, size: int) -> bytes:
        """``rest``, the last bytes that were read, and ``size`` more, fewer only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """Whole rows: bytes, how far they reach, their offset in the file, their first line's number.

    ``tail``: the file ended inside a quoted field; the bytes after ``extent.consumed``.
    ``found``: the rows, if they were cut when the block was read.
    """

    data: bytes
    extent: Extent
    offset: int
    line: int
    tail: bool
    cutter: Cutter
    found: Cut | None = None

    @property
    def cut(self) -> Cut:
        """Where the rows are."""
        if self.found is not None:
            return self.found
        return self.cutter(self.data[: self.extent.consumed], True)

    def rows(self, keep_blank: bool) -> int:
        """How many rows there are; blank lines are rows only where they are kept."""
        return self.extent.rows - (0 if keep_blank else self.extent.blank)

    def without(self, cut: Cut, rows: int) -> Block:
        """The block once this many rows of its ``cut`` are taken off in front."""
        left = cut.without(rows)
        begin = cut.consumed - left.consumed
        extent = left.extent()
        return Block(
            self.data[begin:],
            extent,
            self.offset + begin,
            self.line + self.extent.lines - extent.lines,
            self.tail,
            self.cutter,
            None if self.found is None else left,
        )


class Headed:
    """A stream whose first bytes were looked at; a UTF-8 byte order mark is skipped.

    ``head``: the first HEAD_BYTES without the mark; ``offset``: where they begin in the file.
    """

    def __init__(self, stream: ByteStream) -> None:
        head = stream.read(magic.HEAD_BYTES)
        self.offset = len(magic.UTF8_BOM) if head.startswith(magic.UTF8_BOM) else 0
        self.head = head[self.offset :]
        self._waiting = self.head
        self._stream = stream

    def read(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        if not self._waiting:
            return self._stream.read(size)
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data + self._stream.read(size - len(data)) if len(data) < size else data

    def read_on(self, rest: bytes, size: int) -> bytes:
        """``rest``, the last bytes that were read, and ``size`` more, fewer only at the end."""
        return rest + self.read(size) if self._waiting else self._stream.read_on(rest, size)


def blocks(
    stream: Headed,
    cutter: Cutter,
    limits: Limits,
    shown: str,
    measurer: Measurer | None = None,
) -> Iterator[Block]:
    """Blocks of whole rows from the beginning of a stream.

    ``measurer`` counts what ``cutter`` finds, so that it can be found later, on another thread.
    Raises LimitExceeded for a row past ``refused_row_bytes``.
    """
    rest, line, wanted = b"", 1, limits.block_bytes
    offset = stream.offset
    last = False
    while not last:
        data = stream.read_on(rest, wanted)
        last = len(data) - len(rest) < wanted
        found: Cut | None = None
        if measurer is not None and len(data) <= limits.refused_row_bytes:
            extent = measurer(data, last)
        else:
            found = cutter(data, last)
            _refuse_longer(found, len(data), line, limits, shown)
            extent = found.extent()
        if extent.rows or last:
            yield Block(data, extent, offset, line, last and extent.in_quotes, cutter, found)
        offset += extent.consumed
        line += extent.lines
        rest = data[extent.consumed :]
        del data, found  # a block less is held while the next one is read
        wanted = max(limits.block_bytes, len(rest))


def _refuse_longer(found: Cut, size: int, line: int, limits: Limits, shown: str) -> None:
    """Refuse a row of more than ``refused_row_bytes``, also one that is not finished."""
    too_long = _first_longer(found, size - found.consumed, limits.refused_row_bytes)
    if too_long is not None:
        lines = int(np.searchsorted(found.line_ends, too_long, side="right"))
        raise LimitExceeded(
            "a row is longer than refused_row_bytes",
            where=Position(shown, line + lines),
            hint="see whether a quote was left open before it",
        )


def _first_longer(found: Cut, rest: int, most: int) -> int | None:
    """Where the first row of more bytes begins, that of the unfinished ``rest`` included."""
    longer = np.flatnonzero(found.ends - found.starts > most)
    if len(longer):
        return int(found.starts[longer[0]])
    return found.consumed if rest > most else None


def refuse_other_format(head: bytes, declared: str, shown: str) -> None:
    """Refuse a file that begins like something other than text."""
    if seen := magic.looks_binary(head):
        raise SourceError(
            f"declared as {declared}, but it looks like {seen}",
            where=Position(shown),
            hint="declare the right format, or convert the file",
        )
