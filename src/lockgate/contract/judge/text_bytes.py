"""Text arrays seen as bytes, so that shapes are checked without a loop or a regex."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lockgate.contract.judge.python_values import Bools, Rows

Matrix = npt.NDArray[np.uint8]
ZERO: Final = ord("0")


def byte_lengths(texts: pa.Array) -> Rows:
    """Bytes a value; null counts as what its slot spans (0 as a rule)."""
    return np.diff(_offsets(texts)).astype(np.int64)


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
    """The values at ``where`` (all of ``width`` bytes) as a matrix of bytes."""
    offsets, data = _offsets(texts), texts.buffers()[2]
    count = int(np.count_nonzero(where))
    if data is None or not count:
        return np.zeros((0, width), np.uint8)
    everything = np.frombuffer(data, np.uint8)
    if int(offsets[-1]) - int(offsets[0]) == count * width:
        return everything[offsets[0] : offsets[-1]].reshape(count, width)
    gathered: Matrix = everything[offsets[:-1][where].astype(np.int64)[:, None] + np.arange(width)]
    return gathered


def number_at(matrix: Matrix, start: int, stop: int) -> tuple[Rows, Bools]:
    """The digits of columns ``start`` to ``stop`` as numbers, and whether all are digits."""
    digits = matrix[:, start:stop] - np.uint8(ZERO)
    value = np.zeros(len(matrix), np.int64)
    for place in range(stop - start):
        value = value * 10 + digits[:, place]
    good = np.asarray((digits < 10).all(axis=1))
    return value, good
