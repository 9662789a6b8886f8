"""Text arrays seen as bytes, so that shapes are checked without a loop or a regex."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.judge.python_values import Bools, Rows

Matrix = npt.NDArray[np.uint8]
ZERO: Final = ord("0")


def byte_lengths(texts: pa.Array) -> Rows:
    """Bytes a value; null counts as what its slot spans (0 as a rule)."""
    return np.diff(_offsets(texts)).astype(np.int64)


def character_lengths(texts: pa.Array) -> Rows:
    """Code points a value, if it is UTF-8: all bytes but those that continue one; 0 for null."""
    lengths: Rows = pc.utf8_length(texts).fill_null(0).to_numpy().astype(np.int64)
    return lengths


def _offsets(texts: pa.Array) -> npt.NDArray[np.int32]:
    buffer = texts.buffers()[1]
    if buffer is None or not len(texts):
        return np.zeros(len(texts) + 1, np.int32)
    return np.frombuffer(buffer, np.int32, len(texts) + 1, texts.offset * 4)


def data_bytes(texts: pa.Array) -> Matrix:
    """All value bytes of the array, one after another."""
    offsets, data = _offsets(texts), texts.buffers()[2]
    if data is None:
        return np.zeros(0, np.uint8)
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]


def times_in(texts: pa.Array, byte: int) -> Rows:
    """How often each value has a byte."""
    offsets = _offsets(texts)
    places = np.nonzero(data_bytes(texts) == byte)[0] + offsets[0]
    rows = np.searchsorted(offsets[1:], places, side="right")
    return np.bincount(rows, minlength=len(texts)).astype(np.int64)


def all_ascii(texts: pa.Array) -> bool:
    """Whether every byte of the array is ASCII."""
    data = data_bytes(texts)
    return not len(data) or int(data.max()) < 128


def only_bytes(texts: pa.Array, allowed: bytes) -> bool:
    """Whether every byte of the array is one of ``allowed``."""
    table = np.zeros(256, np.bool_)
    table[list(allowed)] = True
    return bool(table[data_bytes(texts)].all())


def of_width(texts: pa.Array, width: int, where: Bools) -> Matrix:
    """The values at ``where``, all of ``width`` bytes: a row a byte place, a column a value."""
    count = int(np.count_nonzero(where))
    here = texts if count == len(texts) else texts.filter(pa.array(where))
    return np.ascontiguousarray(data_bytes(here).reshape(count, width).T)


def number_at(matrix: Matrix, start: int, stop: int) -> tuple[Rows, Bools]:
    """The digits of places ``start`` to ``stop`` as numbers, and whether all are digits."""
    value = np.zeros(matrix.shape[1], np.int32)
    good = np.ones(matrix.shape[1], np.bool_)
    for place in range(start, stop):
        digit = matrix[place] - np.uint8(ZERO)
        good &= digit < 10
        value = value * np.int32(10) + digit
    return value.astype(np.int64), good
