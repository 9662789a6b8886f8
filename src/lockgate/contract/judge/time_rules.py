"""Columnar rules for dates, times and timestamps: plain ISO 8601 and typed columns."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from lockgate.contract.judge.decision import Decide, Decision, by_masks
from lockgate.contract.judge.python_values import Bools, Rows, nulls
from lockgate.contract.judge.text_bytes import Matrix, byte_lengths, number_at, of_width

_EPOCH: Final = dt.date(1970, 1, 1)
_FIRST_DAY: Final = (dt.date(1, 1, 1) - _EPOCH).days
_LAST_DAY: Final = (dt.date(9999, 12, 31) - _EPOCH).days
_DAY: Final = 86_400_000_000
# A year away from Python's ends, so that no zone can push an instant over them.
_FIRST: Final = (_FIRST_DAY + 366) * _DAY
_LAST: Final = (_LAST_DAY - 366) * _DAY
KNOWN_DAYS: Final = (_FIRST_DAY, _LAST_DAY)
KNOWN_MOMENTS: Final = (_FIRST, _LAST)
_KEEPS: Final = {"le": operator.le, "lt": operator.lt, "ge": operator.ge, "gt": operator.gt}
_FORMS: Final = tuple(
    (19 + fraction + len(zone), fraction, zone)
    for fraction in (0, 4, 7)
    for zone in ("", "Z", "+00:00")
)


def _within(numbers: Rows, known: Bools, bounds: Mapping[str, int]) -> Bools:
    for key, limit in bounds.items():
        known &= _KEEPS[key](numbers, limit)
    return known


def _digits_of_date(matrix: Matrix) -> tuple[Rows, Bools]:
    """Days since 1970 of ``YYYY-MM-DD`` in the first ten bytes, and whether it is a real day."""
    year, good = number_at(matrix, 0, 4)
    month, more = number_at(matrix, 5, 7)
    day, last = number_at(matrix, 8, 10)
    good &= more & last & (matrix[4] == ord("-")) & (matrix[7] == ord("-"))
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    start, end = _first_of(months), _first_of(months + 1)
    good &= day <= end - start
    return start + day - 1, good


def _first_of(months: Rows) -> Rows:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _digits_of_time(matrix: Matrix, start: int, fraction: int) -> tuple[Rows, Bools]:
    """Microseconds of ``HH:MM:SS`` at ``start``, with a fraction of 0, 3 or 6 digits."""
    hour, good = number_at(matrix, start, start + 2)
    minute, more = number_at(matrix, start + 3, start + 5)
    second, last = number_at(matrix, start + 6, start + 8)
    good &= more & last & (hour < 24) & (minute < 60) & (second < 60)
    good &= (matrix[start + 2] == ord(":")) & (matrix[start + 5] == ord(":"))
    micros = ((hour * 60 + minute) * 60 + second) * 1_000_000
    if fraction:
        digits, all_digits = number_at(matrix, start + 9, start + 8 + fraction)
        good &= all_digits & (matrix[start + 8] == ord("."))
        micros += digits * 10 ** (7 - fraction)
    return micros, good


def date_rule(node: Mapping[str, Any]) -> Decide | None:
    """Date columns, or text ``YYYY-MM-DD``."""
    bounds = _bounds(node, dt.date)
    if bounds is None:
        return None

    def decide(values: pa.Array) -> Decision | None:
        known = ~nulls(values)
        if values.type == pa.date32():
            days = values.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
            known &= (days >= _FIRST_DAY) & (days <= _LAST_DAY)
            return by_masks(values, values, _within(days, known, bounds))
        if values.type != pa.string():
            return None
        known &= byte_lengths(values) == 10
        found, good = _digits_of_date(of_width(values, 10, known))
        days = np.zeros(len(values), np.int64)
        days[known] = found
        known[known] = good
        held = pa.array(days.astype(np.int32), pa.date32(), mask=nulls(values))
        return by_masks(values, held, _within(days, known, bounds))

    return decide


def time_rule(node: Mapping[str, Any]) -> Decide | None:
    """Time columns, or text ``HH:MM:SS`` with 0, 3 or 6 digits of a second."""
    bounds = _bounds(node, dt.time)
    if bounds is None or node.get("tz_constraint") not in (None, "naive"):
        return None

    def decide(values: pa.Array) -> Decision | None:
        known = ~nulls(values)
        if values.type == pa.time64("us"):
            micros = values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
            return by_masks(values, values, _within(micros, known, bounds))
        if values.type != pa.string():
            return None
        micros, decided = np.zeros(len(values), np.int64), np.zeros(len(values), np.bool_)
        lengths = byte_lengths(values)
        for fraction in (0, 4, 7):
            here = known & (lengths == 8 + fraction)
            if here.any():
                found, good = _digits_of_time(of_width(values, 8 + fraction, here), 0, fraction)
                micros[here], decided[here] = found, good
        held = pa.array(micros, pa.time64("us"), mask=nulls(values))
        return by_masks(values, held, _within(micros, decided, bounds))

    return decide


def datetime_rule(node: Mapping[str, Any], held_type: pa.DataType) -> Decide | None:
    """Timestamp columns, or text ``YYYY-MM-DDTHH:MM:SS``, fraction and zone as the rule asks."""
    constraint = node.get("tz_constraint")
    aware = held_type.tz is not None
    bounds = _bounds(node, dt.datetime, aware=aware)
    if bounds is None or constraint not in (None, "naive", "aware"):
        return None

    def decide(values: pa.Array) -> Decision | None:
        known = ~nulls(values)
        if pa.types.is_timestamp(values.type):
            if (values.type.tz is not None) is not aware or values.type.unit != "us":
                return None
            micros = values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
            known &= (micros >= _FIRST) & (micros <= _LAST)
            return by_masks(values, values.cast(held_type), _within(micros, known, bounds))
        if values.type != pa.string():
            return None
        micros, decided = _parse(values, known, aware=aware)
        held = pa.array(micros, held_type, mask=nulls(values))
        return by_masks(values, held, _within(micros, decided, bounds))

    return decide


def _parse(values: pa.Array, known: Bools, *, aware: bool) -> tuple[Rows, Bools]:
    micros, decided = np.zeros(len(values), np.int64), np.zeros(len(values), np.bool_)
    lengths = byte_lengths(values)
    for width, fraction, zone in _FORMS:
        here = known & (lengths == width) & ~decided
        if bool(zone) is not aware or not here.any():
            continue
        found, good = _digits_of_datetime(of_width(values, width, here), fraction, zone)
        micros[here], decided[here] = found, good
    return micros, decided


def _digits_of_datetime(matrix: Matrix, fraction: int, zone: str) -> tuple[Rows, Bools]:
    days, good = _digits_of_date(matrix)
    time, more = _digits_of_time(matrix, 11, fraction)
    good &= more & ((matrix[10] == ord("T")) | (matrix[10] == ord(" ")))
    micros = days * _DAY + time
    at = 19 + fraction
    if zone == "Z":
        good &= matrix[at] == ord("Z")
    elif zone:
        hours, whole = number_at(matrix, at + 1, at + 3)
        minutes, last = number_at(matrix, at + 4, at + 6)
        minus = matrix[at] == ord("-")
        good &= whole & last & (hours < 24) & (minutes < 60) & (matrix[at + 3] == ord(":"))
        good &= minus | (matrix[at] == ord("+"))
        offset = (hours * 60 + minutes) * 60_000_000
        micros -= np.where(minus, -offset, offset)
    good &= (micros >= _FIRST) & (micros <= _LAST)
    return micros, good


_KINDS: Final[Mapping[str, type[Any]]] = {
    "date": dt.date,
    "time": dt.time,
    "datetime": dt.datetime,
    "zoned": dt.datetime,
}


def whole_bounds(node: Mapping[str, Any], kind: str) -> list[tuple[str, int]]:
    """The bounds as days or microseconds. For a node that has a rule."""
    return list((_bounds(node, _KINDS[kind], aware=kind == "zoned") or {}).items())


def _bounds(
    node: Mapping[str, Any], kind: type[Any], *, aware: bool = False
) -> dict[str, int] | None:
    """Bounds as numbers; None if one of them is of another kind."""
    if node.get("now_op") is not None:
        return None
    found: dict[str, int] = {}
    for key in _KEEPS:
        limit = node.get(key)
        if limit is None:
            continue
        if type(limit) is not kind or (getattr(limit, "tzinfo", None) is not None) is not aware:
            return None
        found[key] = _number(limit)
    return found


def _number(limit: Any) -> int:
    if isinstance(limit, dt.datetime):
        epoch = dt.datetime(1970, 1, 1, tzinfo=limit.tzinfo and dt.UTC)
        return (limit - epoch) // dt.timedelta(microseconds=1)
    if isinstance(limit, dt.date):
        return (limit - _EPOCH).days
    seconds = (limit.hour * 60 + limit.minute) * 60 + limit.second
    return int(seconds * 1_000_000 + limit.microsecond)
