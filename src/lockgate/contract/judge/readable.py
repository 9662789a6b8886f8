"""A batch's columns made plain before they are judged, within bounds, or refused by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.judge.python_values import Rows, is_plain, nulls, plain
from lockgate.errors import LimitExceeded, SourceError
from lockgate.limits import Limits
from lockgate.printable import shortened

_VALUES_A_BATCH: Final = 16
_CANNOT = (pa.ArrowException, ValueError, TypeError, RuntimeError)


def readable(
    batch: pa.RecordBatch, wanted: Collection[str] | None, limits: Limits
) -> pa.RecordBatch:
    """The same rows with the ``wanted`` columns (None: all) in plain encodings.

    Few bytes of dictionaries, runs or views can stand for many: what they would grow to is
    counted first. Raises LimitExceeded if that is above 16 times ``value_bytes`` for the
    batch, SourceError if a column's Arrow type cannot be read.
    """
    if all(is_plain(kind) for kind in batch.schema.types):
        return batch
    arrays: list[pa.Array] = []
    grown, most = 0, _VALUES_A_BATCH * limits.value_bytes
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if wanted is not None and name not in wanted:
            arrays.append(array)
            continue
        grown += grown_bytes(array)
        if grown > most:
            raise LimitExceeded(
                f"the values of one batch take more than {most} bytes when decoded",
                hint=f"column {shortened(name, 60)} repeats long values: shorten them",
            )
        arrays.append(_plain(name, array))
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _plain(name: str, array: pa.Array) -> pa.Array:
    try:
        return plain(array)
    except _CANNOT:
        kind = shortened(str(array.type), 60)
    raise SourceError(
        f"column {shortened(name, 60)} holds values of Arrow type {kind} that cannot be read",
        hint="write the column in a simple type, such as text",
    )


def grown_bytes(array: pa.Array) -> int:
    """Bytes of the values that a dictionary, runs or views stand for; 0 for other arrays."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return grown_bytes(array.storage)
    if pa.types.is_dictionary(kind):
        there = array.indices.drop_null().to_numpy(zero_copy_only=False)
        times = np.bincount(there.astype(np.int64), minlength=len(array.dictionary))
        return int(times @ _widths(array.dictionary))
    if pa.types.is_run_end_encoded(kind):
        ends = array.run_ends.to_numpy(zero_copy_only=False).astype(np.int64) - array.offset
        ends = np.clip(ends, 0, len(array))
        return int(np.diff(ends, prepend=0) @ _widths(array.values))
    if kind in (pa.string_view(), pa.binary_view()):
        return int(_widths(array).sum())
    if pa.types.is_struct(kind):
        return sum(grown_bytes(part) for part in array.flatten())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return grown_bytes(array.flatten())
    return 0


def _widths(values: pa.Array) -> Rows:
    """Bytes of each value; of those without a length of their own, of all of them."""
    kind = values.type
    if kind in (pa.string_view(), pa.binary_view()):
        return _view_widths(values)
    if pa.types.is_binary(kind) or pa.types.is_string(kind):
        pass
    elif not (pa.types.is_large_binary(kind) or pa.types.is_large_string(kind)):
        fixed = pa.types.is_primitive(kind) or pa.types.is_fixed_size_binary(kind)
        width = max(kind.bit_width // 8, 1) if fixed else values.nbytes
        return np.full(len(values), width, np.int64)
    lengths: Rows = pc.binary_length(values).fill_null(0).to_numpy(zero_copy_only=False)
    return lengths.astype(np.int64)


def _view_widths(values: pa.Array) -> Rows:
    """Lengths of views: the first four bytes of each 16 (Arrow columnar format)."""
    buffer = values.buffers()[1]
    if buffer is None:
        return np.zeros(len(values), np.int64)
    words = np.frombuffer(buffer, np.int32)[values.offset * 4 : (values.offset + len(values)) * 4]
    return np.where(nulls(values), 0, words[::4]).astype(np.int64)
