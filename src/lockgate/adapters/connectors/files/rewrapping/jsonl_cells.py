"""The values of frames in lines of JSON, as ``jsonl_writer`` writes them.

Every line is one object with the same names in the same order, nothing between signs, and null
spelled out. A text that is otherwise was not written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.json as pa_json
from numpy.typing import NDArray

from lockgate.adapters.connectors.files.json_text import json_key
from lockgate.adapters.connectors.files.rewrapping.cells import Cells, LocatedPiece, Places
from lockgate.errors import IntegrityError

_QUOTE, _BACKSLASH, _LF, _COMMA, _N = 0x22, 0x5C, 0x0A, 0x2C, 0x6E
_OPEN, _CLOSE, _LIST, _LISTED = 0x7B, 0x7D, 0x5B, 0x5D
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def locate_jsonl(
    data: pa.Buffer, names: Sequence[str], columns: Sequence[str], keys: Mapping[str, pa.DataType]
) -> LocatedPiece:
    """Where the frames of ``columns`` are in objects that have ``names``.

    The values of ``keys`` are read, in these types. Raises IntegrityError for lines that the writer
    would not have written.
    """
    text = np.frombuffer(data, np.uint8)
    lines = np.flatnonzero(text == _LF)
    if data.size and text[-1] != _LF:
        lines = np.append(lines, len(text))
    begins = np.concatenate((np.zeros(1, np.int64), lines + 1))[: len(lines)]
    begun = _keys(text, len(lines))
    if len(begun) != len(lines) * len(names):
        raise _other()
    grid = begun.reshape(len(lines), len(names))
    if (grid[:, 0] != begins + 1).any() or (text[lines - 1] != _CLOSE).any():
        raise _other()
    cells = {}
    for name in columns:
        at = list(names).index(name)
        ends = lines - 1 if at + 1 == len(names) else grid[:, at + 1] - 1
        cells[name] = _cells(text, name, grid[:, at], ends)
    return LocatedPiece(data, len(lines), cells, pa.string(), _read(data, keys))


def _read(data: pa.Buffer, keys: Mapping[str, pa.DataType]) -> dict[str, pa.Array]:
    if not keys:
        return {}
    wanted = pa_json.ParseOptions(
        explicit_schema=pa.schema(list(keys.items())), unexpected_field_behavior="ignore"
    )
    with suppress(pa.ArrowException):  # which may quote the line
        options = pa_json.ReadOptions(block_size=data.size + 1)
        table = pa_json.read_json(pa.BufferReader(data), options, wanted)
        return {name: table.column(name).combine_chunks() for name in keys}
    raise _other()


def _keys(text: Bytes, lines: int) -> Places:
    """Where the names of the outermost objects begin, with their quotes."""
    quotes = text == _QUOTE
    backslashes = text == _BACKSLASH
    if backslashes.any():
        quotes = quotes & ~_escaped(backslashes)
    inside = np.bitwise_xor.accumulate(quotes)
    opening = np.flatnonzero(quotes & inside)
    before = text[np.maximum(opening - 1, 0)]
    keys: Places = opening[(before == _OPEN) | (before == _COMMA)]
    begun = ((text == _OPEN) | (text == _LIST)) & ~inside
    if np.count_nonzero(begun) > lines:
        ended = ((text == _CLOSE) | (text == _LISTED)) & ~inside
        depth = np.cumsum(begun.astype(np.int32) - ended.astype(np.int32))
        keys = keys[depth[keys] == 1]
    return keys


def _escaped(backslashes: Flags) -> Flags:
    """Which signs an odd number of backslashes stands before."""
    places = np.arange(len(backslashes))
    last_other = np.maximum.accumulate(np.where(backslashes, -1, places))
    run = places - last_other  # how many backslashes end here
    escaped = np.zeros(len(backslashes), np.bool_)
    escaped[1:] = (run[:-1] & 1) == 1
    return escaped


def _cells(text: Bytes, name: str, keys: Places, ends: Places) -> Cells:
    written = np.frombuffer(f"{json_key(name)}:".encode(), np.uint8)
    starts = keys + len(written)
    if (starts >= ends).any() or (text[keys[:, None] + np.arange(len(written))] != written).any():
        raise _other()
    rows = np.flatnonzero(text[starts] != _N)
    starts, ends = starts[rows], ends[rows]
    if (text[starts] != _QUOTE).any() or (text[ends - 1] != _QUOTE).any():
        raise _other()
    return Cells(starts + 1, np.maximum(ends - 1, starts + 1), rows)


def _other() -> IntegrityError:
    return IntegrityError(
        "the lines are not as they were released",
        hint="another program wrote the file again: rewrap the file that Lockgate released",
    )
