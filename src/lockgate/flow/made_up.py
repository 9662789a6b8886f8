"""Made-up rows of a schema: few different values, nulls and ties, so that every clause has work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

NULLS = 0.12
_WORDS = ("a", "b", "ab", "Ann", "ann@example.org", "x y", "10", "-3", "", "é", "2024-02-29", "%_")
_DAY = dt.date(2024, 1, 1)
_NOON = dt.datetime(2024, 1, 1, 12)  # noqa: DTZ001 - zones are the column's


def made_up(schema: pa.Schema, rows: int, random: np.random.Generator) -> pa.Table:
    """``rows`` rows of these columns; about an eighth of all values are null.

    Raises TypeError for a type that no contract has.
    """
    arrays = [pa.array(_values(field.type, rows, random), field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _values(kind: pa.DataType, rows: int, random: np.random.Generator) -> list[Any]:
    make = _maker(kind)
    empty = random.random(rows) < NULLS
    return [None if empty[row] else make(random) for row in range(rows)]


def _maker(kind: pa.DataType) -> Callable[[np.random.Generator], Any]:
    for holds, make in _MAKERS:
        if holds(kind):
            return make
    if pa.types.is_decimal(kind):
        unit = Decimal(1).scaleb(-kind.scale)
        return lambda random: unit * int(random.integers(-9, 10))
    if pa.types.is_struct(kind):
        makers = {field.name: _maker(field.type) for field in kind}
        return lambda random: {name: make(random) for name, make in makers.items()}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _maker(kind.value_type)
        return lambda random: [inner(random) for _ in range(int(random.integers(0, 4)))]
    raise TypeError(f"no made-up values of type {kind}")


def _moment(random: np.random.Generator) -> dt.datetime:
    return _NOON + dt.timedelta(hours=int(random.integers(0, 200)))


_types = pa.types
_MAKERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[np.random.Generator], Any]], ...] = (
    (_types.is_boolean, lambda random: bool(random.integers(0, 2))),
    (_types.is_unsigned_integer, lambda random: int(random.integers(0, 12))),
    (_types.is_integer, lambda random: int(random.integers(-3, 12))),
    (_types.is_floating, lambda random: float(random.integers(-8, 20)) / 4),
    (_types.is_string, lambda random: _WORDS[int(random.integers(0, len(_WORDS)))]),
    (_types.is_large_string, lambda random: _WORDS[int(random.integers(0, len(_WORDS)))]),
    (_types.is_binary, lambda random: _WORDS[int(random.integers(0, len(_WORDS)))].encode()),
    (_types.is_date, lambda random: _DAY + dt.timedelta(days=int(random.integers(0, 40)))),
    (_types.is_timestamp, _moment),
    (_types.is_time, lambda random: _moment(random).time()),
)
