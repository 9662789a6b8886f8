"""Arrow values as the Python objects that Pydantic sees, and distinct values of an array."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Unrepresentable:
    """Stands for an Arrow value that no Python object holds (a date beyond year 9999)."""


UNREPRESENTABLE: Final = Unrepresentable()
# RuntimeError: a conversion that pyarrow does not have is one of its kinds.
_NO_OBJECT: Final = (ValueError, OverflowError, LookupError, TypeError, RuntimeError)
_ALREADY_PLAIN: Final = frozenset(
    kind.id
    for kind in (
        *(pa.string(), pa.binary(), pa.bool_(), pa.float64(), pa.date32(), pa.decimal128(1)),
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
        *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    )
)
"""Types that are as they are."""
_HEX: Final = np.frombuffer(b"0123456789abcdef", np.uint8)
_HEX_PLACES: Final = [place for place in range(36) if place not in (8, 13, 18, 23)]


def is_plain(kind: pa.DataType) -> bool:
    """Whether it is a common type that ``plain`` leaves alone."""
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return bool(kind.unit == "us")
    return kind.id in _ALREADY_PLAIN


def plain(array: pa.Array) -> pa.Array:
    """The same values without dictionary, run-end, view, large or extension encoding.

    Nanoseconds and half floats become what Python has: microseconds (the rest is
    cut off, as Pydantic does with text) and doubles.
    """
    return array if is_plain(array.type) else _decoded(array)


def _decoded(array: pa.Array) -> pa.Array:
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _uuid_texts(array.storage) if kind == pa.uuid() else plain(array.storage)
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return plain(pc.run_end_decode(array))
    if kind in (pa.large_string(), pa.string_view()):
        return _unsliced(array).cast(pa.string())
    if kind in (pa.large_binary(), pa.binary_view()) or pa.types.is_fixed_size_binary(kind):
        return _unsliced(array).cast(pa.binary())
    if pa.types.is_timestamp(kind) and kind.unit != "us":
        return _microseconds(array, pa.timestamp("us", tz=kind.tz))
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return _microseconds(array, pa.time64("us"))
    if pa.types.is_time32(kind):
        return array.cast(pa.time64("us"))
    if kind == pa.date64():
        return array.cast(pa.date32(), safe=False)
    if kind in (pa.float16(), pa.float32()):
        return array.cast(pa.float64())
    if kind == pa.null():
        return pa.nulls(len(array), pa.string())
    return array


def _uuid_texts(array: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """UUIDs as text, 8-4-4-4-12 in lower case (RFC 9562 section 4)."""
    count, empty = len(array), nulls(array)
    data = array.buffers()[1]
    if not count or data is None:
        return pa.nulls(count, pa.string())
    octets = np.frombuffer(data, np.uint8)[array.offset * 16 :][: count * 16]
    text = np.full((count, 36), ord("-"), np.uint8)
    text[:, _HEX_PLACES] = _HEX[np.stack((octets >> 4, octets & 15), axis=1).reshape(count, 32)]
    offsets = np.arange(count + 1, dtype=np.int32) * 36
    texts = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))
    return pc.if_else(pa.array(~empty), texts, None) if empty.any() else texts


def _unsliced(array: pa.Array) -> pa.Array:
    """A copy that starts at offset 0: the cast of a slice keeps offsets that its bytes lack.

    A cast of views writes them anew, so it needs none.
    """
    if not array.offset or array.type in (pa.string_view(), pa.binary_view()):
        return array
    return array.take(pa.array(np.arange(len(array))))


def _microseconds(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Floor to microseconds; a coarser unit that overflows 64 bits stays as it is."""
    if array.type.unit == "ns":
        numbers = array.cast(pa.int64())
        floored = pc.divide(pc.subtract(numbers, _modulo(numbers, 1000)), 1000)
        return floored.cast(target)
    try:
        return array.cast(target)
    except pa.ArrowInvalid:
        return array


def _modulo(numbers: pa.Array, by: int) -> pa.Array:
    """Remainder with the sign of ``by``; null stays null."""
    filled = numbers.fill_null(0).to_numpy(zero_copy_only=False)
    return pa.array(filled % by, pa.int64(), mask=nulls(numbers))


def nulls(array: pa.Array) -> Bools:
    """Which values are null."""
    if not array.null_count:
        return np.zeros(len(array), np.bool_)
    return mask_of(array.is_null())


def mask_of(array: pa.Array) -> Bools:
    """A boolean Arrow array without nulls as numpy; a null counts as False."""
    filled = array.fill_null(False) if array.null_count else array
    result: Bools = filled.to_numpy(zero_copy_only=False)
    return result


def to_python(array: pa.Array) -> list[Any]:
    """Python objects; what none can hold becomes UNREPRESENTABLE."""
    try:
        return list(array.to_pylist())
    except _NO_OBJECT:
        return [_one(scalar) for scalar in array]


def _one(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except _NO_OBJECT:
        return UNREPRESENTABLE


def distinct(array: pa.Array) -> tuple[pa.Array, Rows]:
    """Distinct values of an array without nulls, and where each row's value is among them.

    Floats are told apart by their bits, so -0.0 is not 0.0 and a NaN is itself.
    """
    view = array
    if pa.types.is_floating(array.type):
        view = array.view(pa.int64())
    if pa.types.is_nested(array.type):
        return array, np.arange(len(array), dtype=np.int64)
    encoded = view.dictionary_encode()
    uniques = encoded.dictionary
    if pa.types.is_floating(array.type):
        uniques = uniques.view(array.type)
    indices: Rows = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return uniques, indices
