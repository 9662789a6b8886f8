"""Keyed 128-bit fingerprints of rows, a column at a time, and counting equal ones.

Vector multiply-shift hashing (Dietzfelbinger 1996): four lanes of 32 bits over the
32-bit words of a value, with multipliers drawn at random for every run. Two different
values meet with a chance of 2**-128, whoever chose them. Equal values always meet, so
a meeting by chance could only refuse a run, never let a duplicate through.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Sequence
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lockgate.contract.judge.python_values import nulls
from lockgate.contract.judge.text_bytes import byte_lengths, data_bytes

Prints = npt.NDArray[np.uint64]
_LONG: Final = 64
_WORDS: Final = _LONG // 4 + 1
_PARTITIONS: Final = 64
BUFFERED_ROWS: Final = 1 << 20


class Fingerprints:
    """Fingerprints of rows over some columns, under multipliers of this object's own."""

    def __init__(self, columns: int) -> None:
        size = columns * _WORDS * 4
        drawn = np.frombuffer(secrets.token_bytes(8 * (size + 4)), np.uint64)
        self._multipliers = drawn[:size].reshape(columns, _WORDS, 4)
        self._offset = drawn[size:]

    def of(self, columns: Sequence[pa.Array]) -> Prints:
        """Two 64-bit halves a row, for the rows in which not every column is null."""
        rows = len(columns[0])
        lanes = np.zeros((rows, 4), np.uint64) + self._offset
        empty = np.ones(rows, np.bool_)
        for column, multipliers in zip(columns, self._multipliers, strict=True):
            words = _words(column)
            lanes += words @ multipliers[: words.shape[1]]
            empty &= words[:, 0] == 0
        high = lanes >> np.uint64(32)
        halves = np.stack(
            (high[:, 0] << np.uint64(32) | high[:, 1], high[:, 2] << np.uint64(32) | high[:, 3]), 1
        )
        return halves[~empty]


def _words(column: pa.Array) -> npt.NDArray[np.uint64]:
    """Each value as 32-bit words: first its length + 1 (0 is null), then its bytes."""
    binary = column.cast(pa.string()).cast(pa.binary()) if column.type != pa.binary() else column
    present = ~nulls(binary)
    compact = binary.drop_null()
    if len(compact) and byte_lengths(compact).max() > _LONG:
        compact = _shorten(compact)
    lengths = np.full(len(binary), -1, np.int64)
    lengths[present] = byte_lengths(compact)
    width = -(-max(int(lengths.max(initial=0)), 1) // 4) * 4
    padded = np.zeros((len(binary), width), np.uint8)
    padded[np.arange(width) < lengths[:, None]] = data_bytes(compact)
    words = padded.view("<u4").astype(np.uint64)
    return np.concatenate(((lengths + 1).astype(np.uint64)[:, None], words), axis=1)


def _shorten(binary: pa.Array) -> pa.Array:
    """Values of more than 64 bytes (rare in a key) by their BLAKE2b-512 and length."""
    short = [
        value if len(value) <= _LONG else hashlib.blake2b(value, digest_size=_LONG).digest()
        for value in binary.to_pylist()
    ]
    return pa.array(short, pa.binary())


class DuplicateCounter:
    """Counts rows whose fingerprint came before. Memory stays bounded whatever the rows.

    Beyond 2**20 rows fingerprints go to an unnamed temporary file (16 bytes a row,
    nothing in it without this run's multipliers), split by their first bits.
    """

    def __init__(self, buffered_rows: int = BUFFERED_ROWS) -> None:
        self._limit = buffered_rows
        self._held: list[Prints] = []
        self._rows = 0
        self._spill: IO[bytes] | None = None
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(_PARTITIONS)]

    def add(self, prints: Prints) -> None:
        """Take the fingerprints of one batch."""
        self._held.append(prints)
        self._rows += len(prints)
        if self._rows >= self._limit:
            self._write()

    def count(self) -> int:
        """Rows that repeat an earlier one. Closes the temporary file."""
        if self._spill is None:
            return _repeats(np.concatenate(self._held)) if self._held else 0
        self._write()
        with self._spill as file:
            return sum(_repeats(self._read(file, places)) for places in self._places)

    def close(self) -> None:
        """Let go of the temporary file of a run that was given up."""
        if self._spill is not None:
            self._spill.close()

    def _write(self) -> None:
        if not self._held:
            return
        if self._spill is None:
            self._spill = tempfile.TemporaryFile()  # noqa: SIM115  # closed by count or close
        prints = np.concatenate(self._held)
        parts = (prints[:, 0] >> np.uint64(58)).astype(np.int64)
        order = np.argsort(parts, kind="stable")
        ends = np.searchsorted(parts[order], np.arange(_PARTITIONS + 1))
        start = self._spill.seek(0, 2)
        self._spill.write(prints[order].tobytes())
        for part in range(_PARTITIONS):
            first, last = int(ends[part]), int(ends[part + 1])
            self._places[part].append((start + 16 * first, last - first))
        self._held, self._rows = [], 0

    def _read(self, file: IO[bytes], places: list[tuple[int, int]]) -> Prints:
        found: list[Prints] = []
        for start, rows in places:
            file.seek(start)
            found.append(np.frombuffer(file.read(16 * rows), np.uint64).reshape(rows, 2))
        return np.concatenate(found)


def _repeats(prints: Prints) -> int:
    first, second = prints[np.lexsort((prints[:, 1], prints[:, 0]))].T
    return int(np.count_nonzero((first[1:] == first[:-1]) & (second[1:] == second[:-1])))
