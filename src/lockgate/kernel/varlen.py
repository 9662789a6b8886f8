"""Variable-length Arrow arrays as numpy bytes and offsets, and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel import refusals

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MOST_BYTES = np.iinfo(np.int32).max


def view(values: pa.Array) -> tuple[Bytes, Offsets]:
    """Bytes and row offsets (from 0, one more than rows) of a (large) utf8 or binary, uncopied.

    A null's bytes, if it has any, are part of the view.
    """
    if len(values) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    _, offset_buffer, data_buffer = values.buffers()
    large = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    every = np.frombuffer(offset_buffer, np.int64 if large else np.int32)
    offsets = every[values.offset : values.offset + len(values) + 1].astype(np.int64)
    if data_buffer is None:
        return np.empty(0, np.uint8), offsets - offsets[0]
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    return data, offsets - offsets[0]


def viewed(values: pa.Array) -> int:
    """How many bytes the valid rows of a utf8 or binary view array have together."""
    if len(values) == 0:
        return 0
    words = np.frombuffer(values.buffers()[1], np.int32).reshape(-1, 4)
    lengths = words[values.offset : values.offset + len(values), 0].astype(np.int64)
    return int(lengths[values.is_valid().to_numpy(zero_copy_only=False)].sum())


def build(data: Bytes, offsets: Offsets, like: pa.Array, arrow_type: pa.DataType) -> pa.Array:
    """An array of ``arrow_type`` (utf8 or binary) over ``data``, null where ``like`` is null."""
    if offsets[-1] > MOST_BYTES:
        raise refusals.too_big()
    buffers = [
        None,
        pa.py_buffer(offsets.astype(np.int32)),
        pa.py_buffer(np.ascontiguousarray(data)),
    ]
    built = pa.Array.from_buffers(arrow_type, len(like), buffers)
    return with_nulls(built, like)


def with_nulls(values: pa.Array, like: pa.Array) -> pa.Array:
    """``values``, null where ``like`` is null."""
    if like.null_count == 0:
        return values
    return pc.if_else(like.is_valid(), values, pa.scalar(None, values.type))


def keep(data: Bytes, offsets: Offsets, kept: Flags) -> tuple[Bytes, Offsets]:
    """Only the bytes flagged in ``kept``, row by row."""
    removed = np.flatnonzero(~kept)
    if len(removed) == 0:
        return data, offsets
    return data[kept], offsets - np.searchsorted(removed, offsets)


def flat(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One array; refuses the chunked array pyarrow makes beyond 2 GiB."""
    if isinstance(values, pa.ChunkedArray):
        raise refusals.too_big()
    return values


def taken(values: pa.Array, indices: pa.Array) -> pa.Array:
    """The values at the indices, of any type. Refuses more bytes than 32-bit offsets reach."""
    overflowed = False
    try:
        return flat(values.take(indices))
    except pa.ArrowInvalid:
        overflowed = True
    if overflowed:
        raise refusals.too_big()
    return values
