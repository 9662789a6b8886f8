"""The values of frames in a row group of Parquet, as ``parquet_writer`` stores them.

Protected columns are PLAIN and uncompressed: a value's length in four bytes, and the value, page
after page. A page's values are found by the first of them, and every value is compared with what
Arrow reads: nothing is believed of where it stands.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lockgate.adapters.connectors.files.rewrapping.cells import Cells, Places, taken
from lockgate.errors import IntegrityError

_LENGTH = 4
_AT_ONCE = 16_384


def chunk_bounds(chunk: pq.ColumnChunkMetaData) -> tuple[int, int]:
    """Where a column's pages begin and end in the file."""
    start = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        start = min(start, chunk.dictionary_page_offset)
    return start, start + chunk.total_compressed_size


def require_plain(chunk: pq.ColumnChunkMetaData, name: str) -> None:
    """Raises IntegrityError unless the chunk is stored as protected columns are."""
    encodings = set(chunk.encodings) - {"RLE", "BIT_PACKED"}  # of levels
    plain = encodings == {"PLAIN"} and chunk.compression == "UNCOMPRESSED"
    if not plain or chunk.has_dictionary_page or chunk.physical_type != "BYTE_ARRAY":
        raise IntegrityError(
            f"column {name} is not stored as it was released",
            hint="another program wrote the file again: rewrap the file that Lockgate released",
        )


def locate_values(data: bytes, start: int, end: int, values: pa.Array) -> Cells:
    """Where a chunk's ``values`` (binary) stand in ``data``; it takes ``start`` to ``end`` of that.

    Raises IntegrityError if one of them is not there.
    """
    rows = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
    there = values.drop_null()
    offsets = np.frombuffer(there.buffers()[1], np.int32) if len(there) else np.zeros(1, np.int32)
    lengths = np.diff(offsets[there.offset :][: len(there) + 1]).astype(np.int64)
    starts = _starts(data, start, end, there, lengths)
    cells = Cells(starts, starts + lengths, rows)
    if not taken(pa.py_buffer(data), cells, pa.binary()).equals(there):
        raise _missing()
    return cells


def _starts(data: bytes, start: int, end: int, values: pa.BinaryArray, lengths: Places) -> Places:
    signs = np.frombuffer(data, np.uint8)[:end]
    found = np.empty(len(values), np.int64)
    done, at = 0, start
    while done < len(values):
        first = values[done].as_py()
        place = data.find(len(first).to_bytes(_LENGTH, "little") + first, at, end)
        if place < 0:
            raise _missing()
        some = lengths[done : done + _AT_ONCE]
        places = place + np.concatenate((np.zeros(1, np.int64), np.cumsum(some[:-1] + _LENGTH)))
        count = _agreeing(signs, places, some)
        found[done : done + count] = places[:count] + _LENGTH
        at = int(places[count - 1] + _LENGTH + some[count - 1])
        done += count
    return found


def _agreeing(signs: NDArray[np.uint8], places: Places, lengths: Places) -> int:
    """How many values in a row have their length before them: up to the page's end."""
    inside = places + _LENGTH + lengths <= len(signs)
    places, lengths = places[inside], lengths[inside]
    before = signs[places[:, None] + np.arange(_LENGTH)].astype(np.int64)
    written = before @ (1 << (8 * np.arange(_LENGTH)))
    other = np.flatnonzero(written != lengths)
    return int(other[0]) if len(other) else len(places)


def _missing() -> IntegrityError:
    return IntegrityError("a row group does not hold the values that it says")
