"""Canonical encoding of booleans, integers, decimals and floats, columnar."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.portable_text import ecmascript

_UNSCALED_DIGITS = {32: 9, 64: 18, 128: 38, 256: 76}


def integer_text(values: pa.Array) -> pa.StringArray:
    """``true``/``false`` or decimal digits."""
    return values.cast(pa.string())


def decimal_text(values: pa.Array) -> pa.StringArray:
    """Plain notation without trailing fraction zeros, from the unscaled integer and the scale."""
    scale = values.type.scale
    unscaled = _unscaled(values)
    if scale <= 0:
        zeros = pa.scalar("0" * -scale)
        text = pc.binary_join_element_wise(unscaled, zeros, "")
        return pc.if_else(pc.equal(unscaled, "0"), "0", text)
    negative = pc.starts_with(unscaled, "-")
    digits = pc.ascii_lpad(pc.ascii_ltrim(unscaled, "-"), scale + 1, padding="0")
    whole = pc.utf8_slice_codeunits(digits, 0, -scale)
    fraction = pc.ascii_rtrim(pc.utf8_slice_codeunits(digits, -scale), "0")
    text = pc.ascii_rtrim(pc.binary_join_element_wise(whole, fraction, "."), ".")
    return pc.binary_join_element_wise(pc.if_else(negative, "-", ""), text, "")


def _unscaled(values: pa.Array) -> pa.StringArray:
    """The same stored integers read with scale 0, as text."""
    width = values.type.bit_width
    maker = {32: pa.decimal32, 64: pa.decimal64, 128: pa.decimal128, 256: pa.decimal256}[width]
    whole = maker(_UNSCALED_DIGITS[width], 0)
    same = pa.Array.from_buffers(whole, len(values), values.buffers(), offset=values.offset)
    return same.cast(pa.string())


def float_text(values: pa.Array) -> pa.StringArray:
    """ECMAScript number text; Arrow already writes shortest digits, but other exponents."""
    wide = values.cast(pa.float64())
    text = wide.cast(pa.string())
    # "nan" and "inf" are the only texts with an "n".
    other = pc.or_(pc.match_substring(text, "e"), pc.match_substring(text, "n"))
    other = pc.fill_null(other, False)
    if not pc.any(other).as_py():
        return text
    rewritten = pa.array(
        [ecmascript(value) for value in wide.filter(other).to_pylist()], pa.string()
    )
    return pc.replace_with_mask(text, other, rewritten)
