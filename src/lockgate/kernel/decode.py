"""From canonical bytes back to typed Arrow values, for reveal."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.errors import KernelError
from lockgate.kernel.canonical import canonical, is_bytes, is_encodable_type, is_text
from lockgate.kernel.interface import Normaliser


def decode(encoded: pa.BinaryArray, arrow_type: pa.DataType) -> pa.Array:
    """Values of ``arrow_type`` whose canonical encoding is ``encoded``; null stays null.

    Raises KernelError if the type has no encoding, or some bytes are not the
    canonical encoding of any of its values.
    """
    if not is_encodable_type(arrow_type, deterministic=False):
        raise KernelError(f"values of type {arrow_type} have no canonical encoding")
    if pt.is_dictionary(arrow_type):
        plain = decode(encoded, arrow_type.value_type)
        return plain.dictionary_encode().cast(arrow_type)
    if pt.is_run_end_encoded(arrow_type):
        plain = decode(encoded, arrow_type.value_type)
        return pc.run_end_encode(plain, run_end_type=arrow_type.run_end_type)
    parsed: pa.Array | None = None
    try:
        parsed = _parse(encoded, arrow_type)
    except pa.ArrowException:
        # Arrow's message repeats the value; it must not even be this error's context.
        parsed = None
    if parsed is None or not _same(parsed, encoded):
        raise KernelError(
            f"revealed bytes are not canonical values of type {arrow_type}",
            hint="reveal into the type the column had, or into utf8",
        )
    return parsed


def _parse(encoded: pa.BinaryArray, arrow_type: pa.DataType) -> pa.Array:
    if is_bytes(arrow_type):
        return encoded.cast(arrow_type)
    text = encoded.cast(pa.string())
    if pt.is_time(arrow_type):
        return _time(text, arrow_type)
    if pt.is_floating(arrow_type):
        return text.cast(pa.float64()).cast(arrow_type, safe=False)
    return text.cast(arrow_type)


def _time(text: pa.StringArray, arrow_type: pa.DataType) -> pa.Array:
    """Arrow parses no times of day: read them as instants of 1970-01-01."""
    instants = pc.binary_join_element_wise("1970-01-01T", text, "")
    ticks = instants.cast(pa.timestamp(arrow_type.unit)).cast(pa.int64())
    if pt.is_time32(arrow_type):
        ticks = ticks.cast(pa.int32())
    return ticks.cast(arrow_type)


def _same(parsed: pa.Array, encoded: pa.BinaryArray) -> bool:
    if is_text(parsed.type) or is_bytes(parsed.type):
        return True
    again = canonical(parsed, Normaliser.EXACT, deterministic=False)
    return bool(again.equals(encoded.cast(pa.binary())))
