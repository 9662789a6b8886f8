"""Arrow values as text that reads back equal: ISO 8601, plain decimals, base64url.

| Arrow type | text |
| --- | --- |
| date32, date64 | ``2024-02-29`` |
| timestamp with zone | UTC, ``2024-02-29T23:59:59.500000Z`` |
| timestamp without | ``2024-02-29T23:59:59.500000`` |
| time32, time64 | ``23:59:59.500000`` |
| duration | ISO 8601 seconds: ``PT1.500000S``, ``-PT1S`` |
| decimal | plain: ``0.0000001``, never an exponent |
| binary | base64url without padding (RFC 4648 section 5) |
"""

from __future__ import annotations

import string
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_ALPHABET: Final = np.frombuffer(
    (string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_").encode(), np.uint8
)
_UNITS: Final = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def decoded(values: pa.Array) -> pa.Array:
    """The values without dictionary, run-end or extension encoding."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_run_end_encoded(values.type):
        values = pc.run_end_decode(values)
    return values


def is_text(type: pa.DataType) -> bool:
    """Whether values of this type are text already."""
    return bool(
        pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type)
    )


def is_binary(type: pa.DataType) -> bool:
    """Whether values of this type are bytes."""
    return bool(
        pa.types.is_binary(type)
        or pa.types.is_large_binary(type)
        or pa.types.is_fixed_size_binary(type)
        or pa.types.is_binary_view(type)
    )


def is_number(type: pa.DataType) -> bool:
    """Whether text writers write values of this type bare: integers, floats, booleans."""
    return bool(
        pa.types.is_integer(type) or pa.types.is_floating(type) or pa.types.is_boolean(type)
    )


def cell_text(values: pa.Array) -> pa.Array:
    """Any array that is not nested, as utf8. Null stays null.

    Raises pa.ArrowNotImplementedError for a nested type.
    """
    values = decoded(values)
    kind = values.type
    if is_binary(kind):
        return base64url(values.cast(pa.binary()))
    if pa.types.is_timestamp(kind):
        if kind.tz is not None:
            values = values.cast(pa.timestamp(kind.unit, "UTC"))
        return pc.replace_substring(values.cast(pa.string()), " ", "T", max_replacements=1)
    if pa.types.is_duration(kind):
        return _duration(values)
    if pa.types.is_decimal(kind):
        return _decimal(values)
    if pa.types.is_float16(kind):
        values = values.cast(pa.float32())
    return values.cast(pa.string())


def _decimal(values: pa.Array) -> pa.Array:
    """Arrow writes very small decimals with an exponent: those are assembled from their digits."""
    text = values.cast(pa.string())
    small = pc.fill_null(pc.match_substring(text, "E"), fill_value=False)
    if not pc.any(small).as_py():
        return text
    scale = values.type.scale
    if scale <= 0:  # 12E+3: no fraction, so the integer says it
        return pc.if_else(small, values.cast(pa.decimal256(76, 0)).cast(pa.string()), text)
    # Such a value is all fraction: |value| < 1, so its text is its digits, padded to the scale.
    mantissa = pc.replace_substring_regex(text, r"[-.]|E.*", "")
    exponent = pc.replace_substring_regex(text, r"^[^E]*(E([+-]?[0-9]+))?$", r"\2")
    exponent = pc.if_else(pc.equal(exponent, ""), "0", exponent).cast(pa.int32())
    fraction = pc.subtract(pc.utf8_length(mantissa), 1)
    zeros = pc.max_element_wise(pc.subtract(scale, pc.subtract(fraction, exponent)), 0)
    digits = pc.binary_join_element_wise(
        mantissa, pc.binary_repeat("0", pc.if_else(small, zeros, 0)), ""
    )
    sign = pc.if_else(pc.starts_with(text, "-"), "-0.", "0.")
    plain = pc.binary_join_element_wise(sign, pc.utf8_lpad(digits, scale, "0"), "")
    return pc.if_else(small, plain, text)


def _duration(values: pa.Array) -> pa.Array:
    """Whole seconds and fraction, exactly: no float on the way."""
    places = _UNITS[values.type.unit]
    count = values.cast(pa.int64())
    text = count.cast(pa.string())
    negative = pc.less(count, 0)
    digits = pc.utf8_ltrim(text, "-")
    if places:
        digits = pc.utf8_lpad(digits, places + 1, "0")
        digits = pc.binary_join_element_wise(
            pc.utf8_slice_codeunits(digits, 0, -places),
            pc.utf8_slice_codeunits(digits, -places),
            ".",
        )
    return pc.binary_join_element_wise(pc.if_else(negative, "-PT", "PT"), digits, "S", "")


def base64url(values: pa.BinaryArray) -> pa.StringArray:
    """RFC 4648 section 5 without padding, all values at once."""
    sizes = pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False)
    flat = np.frombuffer(b"".join([values.buffers()[2] or b""]), np.uint8)
    starts = np.frombuffer(values.buffers()[1], np.int32)[values.offset :][: len(values)]
    lengths = (4 * sizes.astype(np.int64) + 2) // 3
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    group, sign = place // 4 * 3, place % 4
    size, start = np.repeat(sizes, lengths), np.repeat(starts.astype(np.int64), lengths)
    flat = np.append(flat, np.zeros(3, np.uint8))

    def byte(number: NDArray[np.int64]) -> NDArray[np.uint32]:
        inside = number < size
        return np.where(inside, flat[np.where(inside, start + number, 0)], 0).astype(np.uint32)

    bits = byte(group) << 16 | byte(group + 1) << 8 | byte(group + 2)
    letters = _ALPHABET[(bits >> (18 - 6 * sign).astype(np.uint32)) & 63]
    text = pa.StringArray.from_buffers(
        len(values), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(letters.tobytes())
    )
    return pc.if_else(pc.is_valid(values), text, pa.scalar(None, pa.string()))
