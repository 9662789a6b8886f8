"""JSON Lines in: one utf8 column ``line``, exact positions, broken rows set aside.

Lines end with LF (CRLF too). Blank lines are no rows. What a line holds is the
judge's business; this module only refuses what must not reach a JSON parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adapters.connectors.files import magic
from lockgate.adapters.connectors.files.block_rows import (
    NESTED_TOO_DEEP,
    BlockRows,
    refuse_wrong_encoding,
)
from lockgate.adapters.connectors.files.blocks import (
    Block,
    ByteStream,
    Headed,
    blocks,
    refuse_other_format,
)
from lockgate.adapters.connectors.files.emit import raw_batches
from lockgate.adapters.connectors.files.rows import cut_lines
from lockgate.contract.batches import RawBatch
from lockgate.contract.model import Mode
from lockgate.errors import Position, SourceError
from lockgate.limits import Limits

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKET = bytes(byte for byte in range(256) if byte not in b"[]{}")


def read_jsonl(stream: ByteStream, shown: str, limits: Limits) -> Iterator[JsonlPiece]:
    """Pieces of a JSON Lines file. Raises SourceError."""
    headed = Headed(stream)
    refuse_other_format(headed.head, "JSON Lines", shown)
    refuse_other_text(headed.head, shown)
    row = 1
    for block in blocks(headed, cut_lines, limits, shown):
        yield JsonlPiece(block, row, row == 1, shown, limits)
        row += block.rows(keep_blank=False)


@dataclass(frozen=True, slots=True)
class JsonlPiece:
    """A block of lines, numbered from ``first_row``. Implements ``run.ports.Piece``.

    ``first``: no rows of the file stand before these.
    """

    block: Block
    first_row: int
    first: bool
    shown: str
    limits: Limits

    def batches(self) -> Iterator[RawBatch]:
        """The block's raw batches. Raises SourceError."""
        rows = BlockRows(self.block, keep_blank=False, first_row=self.first_row)
        if not len(rows):
            return
        rows.check_bytes(self.limits)
        if self.first:
            refuse_wrong_encoding(rows, self.shown)
        lines = _lines(rows, self.limits)
        yield from raw_batches(Mode.JSON, rows, lines, self.shown, self.limits.batch_rows)


def _lines(rows: BlockRows, limits: Limits) -> pa.RecordBatch:
    """The good lines; those nested too deep are marked in ``rows``."""
    good = rows.good()
    raw = rows.texts(good)
    opened = pc.add(pc.count_substring(raw, b"{"), pc.count_substring(raw, b"["))
    suspects = np.flatnonzero(opened.to_numpy(zero_copy_only=False) > limits.json_depth)
    deep = [i for i in suspects if _depth(raw[int(i)].as_py()) > limits.json_depth]
    if deep:
        rows.mark(good[deep], NESTED_TOO_DEEP)
        raw = raw.filter(pa.array(rows.codes[good] == 0))
    return pa.RecordBatch.from_arrays([raw.cast(pa.string())], names=["line"])


def _depth(line: bytes) -> int:
    """The deepest nesting of brackets outside strings."""
    brackets = _STRING.sub(b"", line).translate(None, _NOT_BRACKET)
    signs = np.frombuffer(brackets, np.uint8)
    opening = (signs == ord("{")) | (signs == ord("["))
    return int(np.cumsum(np.where(opening, 1, -1)).max(initial=0))


def refuse_other_text(start: bytes, shown: str) -> None:
    """Refuse a JSON array, a document over several lines, CSV and markup."""
    text = start.lstrip(b" \t\r\n")
    line = text.split(b"\n", 1)[0].rstrip()
    where = Position(shown)
    if text.startswith(b"["):
        raise SourceError(
            "declared as JSON Lines, but it looks like one JSON array",
            where=where,
            hint="convert it to one object a line, for example: jq -c '.[]'",
        )
    if line == b"{":
        raise SourceError(
            "declared as JSON Lines, but its objects go over several lines",
            where=where,
            hint="convert it to one object a line, for example: jq -c .",
        )
    if text.startswith(b"{") or b"\n" not in text:
        return  # an object, or nothing that can be judged from the beginning alone
    with suppress(ValueError, RecursionError):
        json.loads(line)
        return
    # Raised out here: the parser's own error holds the line and would be kept as context.
    seen = "XML or HTML" if magic.looks_markup(start) else "CSV or other text"
    raise SourceError(
        f"declared as JSON Lines, but it looks like {seen}",
        where=where,
        hint="declare the right format",
    )
