"""Canonical encoding of dates, times and timestamps, columnar."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.varlen import build, view, with_nulls

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY = 86_400
_DAY_MILLIS = _DAY * 1000
_FIRST_SECOND = -62_135_596_800  # 0001-01-01T00:00:00
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59
_FIRST_DAY = _FIRST_SECOND // _DAY
_LAST_DAY = _LAST_SECOND // _DAY
_INT64 = np.iinfo(np.int64)

Encoded = tuple[pa.StringArray, pa.BooleanArray]


def date_text(values: pa.Array) -> Encoded:
    """``YYYY-MM-DD``, and which values are whole days of years 0001 to 9999."""
    if pa.types.is_date64(values.type):
        millis = values.cast(pa.int64()).fill_null(0).to_numpy()
        days = with_nulls(pa.array(millis // _DAY_MILLIS), values)
        whole = pa.array(millis % _DAY_MILLIS == 0)
    else:
        days = values.cast(pa.int32()).cast(pa.int64())
        whole = pa.scalar(True)
    fits = pc.and_(_between(days, _FIRST_DAY, _LAST_DAY), whole)
    safe = pc.if_else(pc.fill_null(fits, False), days, 0).cast(pa.int32())
    return with_nulls(safe.cast(pa.date32()).cast(pa.string()), values), fits


def timestamp_text(values: pa.Array) -> Encoded:
    """``YYYY-MM-DDThh:mm:ss[.f]``, ``Z`` for an instant; which values are of years 0001 to 9999."""
    unit = values.type.unit
    scale = UNITS[unit]
    ticks = values.cast(pa.int64())
    first = max(_FIRST_SECOND * scale, int(_INT64.min))
    last = min(_LAST_SECOND * scale + scale - 1, int(_INT64.max))
    fits = _between(ticks, first, last)
    safe = pc.if_else(pc.fill_null(fits, False), ticks, 0)
    text = safe.cast(pa.timestamp(unit)).cast(pa.string())
    if len(text):
        data, offsets = view(text)
        marked = data.copy()
        marked.reshape(len(text), -1)[:, 10] = ord("T")
        text = build(marked, offsets, text, pa.string())
    text = _trimmed(text, unit)
    if values.type.tz is not None:
        text = pc.binary_join_element_wise(text, "Z", "")
    return with_nulls(text, values), fits


def time_text(values: pa.Array) -> Encoded:
    """``hh:mm:ss[.f]``, and which values lie within one day."""
    narrow = pa.int32() if pa.types.is_time32(values.type) else pa.int64()
    ticks = values.cast(narrow)
    fits = _between(ticks, 0, _DAY * UNITS[values.type.unit] - 1)
    safe = pc.if_else(pc.fill_null(fits, False), ticks, pa.scalar(0, narrow))
    text = safe.cast(values.type).cast(pa.string())
    return with_nulls(_trimmed(text, values.type.unit), values), fits


def _between(values: pa.Array, first: int, last: int) -> pa.BooleanArray:
    low, high = pa.scalar(first, values.type), pa.scalar(last, values.type)
    return pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))


def _trimmed(text: pa.StringArray, unit: str) -> pa.StringArray:
    """Without trailing fraction zeros, and without the point if nothing follows it."""
    if unit == "s":
        return text
    return pc.ascii_rtrim(pc.ascii_rtrim(text, "0"), ".")
