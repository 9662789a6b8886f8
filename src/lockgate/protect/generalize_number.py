"""Ages with 90 and over as one group, and numbers as half-open buckets."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.kernel.canonical import is_text

OLDEST = 90
_FAR = 2**62
_SAFE_DIGITS = 18
_AGE = r"^[0-9]{1,3}$"


def numbers(values: pa.Array, *, age: bool) -> pa.Int64Array:
    """Whole numbers at or below each value; null for what is none, too large, or no ``age``."""
    if is_text(values.type):
        text = values.cast(pa.string())
        return pc.if_else(pc.match_substring_regex(text, _AGE), text, None).cast(pa.int64())
    if pt.is_floating(values.type):
        wide = values.cast(pa.float64())
        near = pc.less(pc.abs(wide), float(_FAR))
        return pc.floor(pc.if_else(near, wide, None)).cast(pa.int64())
    if pt.is_decimal(values.type):
        return _decimal(values)
    if pt.is_uint64(values.type):
        values = pc.if_else(pc.less(values, pa.scalar(_FAR, pa.uint64())), values, None)
    whole = values.cast(pa.int64())
    low = 0 if age else -_FAR
    near = pc.and_(pc.greater_equal(whole, low), pc.less(whole, _FAR))
    return pc.if_else(near, whole, None)


def age_text(values: pa.Int64Array) -> pa.StringArray:
    """The age in years, ``90+`` from 90 on."""
    return pc.if_else(pc.greater_equal(values, OLDEST), f"{OLDEST}+", values.cast(pa.string()))


def bucket_text(values: pa.Int64Array, width: int) -> pa.StringArray:
    """``[40,50)`` for everything from 40 up to, but without, 50."""
    filled = values.fill_null(0).to_numpy()
    low = filled - filled % np.int64(width)
    lower, upper = (pa.array(edge).cast(pa.string()) for edge in (low, low + np.int64(width)))
    text = pc.binary_join_element_wise("[", lower, ",", upper, ")", "")
    return pc.if_else(values.is_valid(), text, None)


def _decimal(values: pa.Array) -> pa.Int64Array:
    """Floors, in a type wide enough that no floor overflows it."""
    scale = max(values.type.scale, 0)
    wide = pa.decimal256(76, scale)
    floored = pc.floor(values.cast(wide))
    if values.type.precision - values.type.scale > _SAFE_DIGITS:
        near = pc.less(pc.abs(floored), pa.scalar(_FAR, pa.int64()).cast(wide))
        floored = pc.if_else(near, floored, None)
    return floored.cast(pa.int64())
