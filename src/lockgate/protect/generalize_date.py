"""Dates as years and months, and the day on which somebody reaches an age."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.canonical import is_text
from lockgate.kernel.canonical_time import date_text, timestamp_text

_ISO_LENGTH = 10
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def dates(values: pa.Array) -> pa.Date32Array:
    """The dates of a date, timestamp or ISO 8601 ``YYYY-MM-DD`` text column; null for what is none.

    An instant's date is that in UTC.
    """
    if is_text(values.type):
        return _from_text(values.cast(pa.string()))
    if pa.types.is_timestamp(values.type):
        text, fits = timestamp_text(values)
        text = pc.utf8_slice_codeunits(text, 0, _ISO_LENGTH)
    else:
        text, fits = date_text(values)
    return pc.if_else(fits, text, None).cast(pa.date32())


def year_text(values: pa.Date32Array) -> pa.StringArray:
    """``1987``."""
    return pc.utf8_slice_codeunits(values.cast(pa.string()), 0, 4)


def month_text(values: pa.Date32Array) -> pa.StringArray:
    """``1987-03``."""
    return pc.utf8_slice_codeunits(values.cast(pa.string()), 0, 7)


def birthday_cutoff(day: date, age: int) -> date:
    """The last birth date whose bearer is at least ``age`` years old on ``day``."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:  # 29 February, and no such day that year
        return date(day.year - age, 3, 1) - timedelta(days=1)


def _from_text(text: pa.StringArray) -> pa.Date32Array:
    """Only what Arrow reads and writes the same: its parser lets 30 February become 2 March."""
    shaped = pc.if_else(pc.match_substring_regex(text, _ISO), text, None)
    parsed = pc.strptime(shaped, format="%Y-%m-%d", unit="s", error_is_null=True)
    again = parsed.cast(pa.date32())
    same = pc.equal(again.cast(pa.string()), text)
    return pc.if_else(same, again, None)
