"""What a value is tied to beside its place: whose it is, and the key of the row it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.kernel.subjects import Subjects


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """The subjects and the records (binary) of a column's values, row by row; None where none."""

    subjects: Subjects | None = None
    records: pa.BinaryArray | None = field(default=None, repr=False)


UNTIED = Ties()


def records_of(columns: Sequence[pa.Array], kernel: Kernel) -> pa.BinaryArray:
    """The record of each row: ``bind`` over the canonical bytes of its key columns, in order.

    ``columns`` are as they stand in the released output, of any type that has an encoding, so
    that who opens the file can make the same bytes. Null where any of them is.
    """
    count = pa.scalar(len(columns).to_bytes(4, "big"), pa.binary())
    parts: list[pa.Array | pa.Scalar] = [count]
    for column in columns:
        exact = kernel.canonical(column, Normaliser.EXACT)
        parts += [_lengths(exact), exact]
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.binary()))


def _lengths(values: pa.BinaryArray) -> pa.BinaryArray:
    """The length of each value as four bytes, big-endian."""
    numbers = pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False)
    data = pa.py_buffer(numbers.astype(">u4").tobytes())
    fixed = pa.Array.from_buffers(pa.binary(4), len(numbers), [None, data])
    return fixed.cast(pa.binary())
