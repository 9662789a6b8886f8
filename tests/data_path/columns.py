"""Columns of every type that a sink may be given, full of what is hard to write."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa

Maker = Callable[[random.Random], Any]
_SIGNS = list("=+-@＝＋－＠,;|\t\n\r\x0b\x0c\x85\u2028\u2029'\"\0\x1f\x7f\\/ \u00a0\ufeff\u200b")
_LETTERS = [*_SIGNS, *"aé山🙂019.eE\ud7ff\ue000\U0010ffff<>&"]
_NUMBERS = ("-1", "+2.5", "-1e-7", "=1", "-", "+", "1", "-1.", "-.5", "-1e", "+1E+9", "-0", "−1")
_WIDE = Context(prec=80)


def text(chance: random.Random) -> str:
    """Any length around those of vectors, of signs, letters or a number."""
    if chance.random() < 0.1:
        return chance.choice(_NUMBERS)
    size = chance.choice((0, 0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200))
    alphabet = chance.choice((_SIGNS, _LETTERS, ["a"], ["a", "b", "="], ["é", "a"]))
    return "".join(chance.choices(alphabet, k=size))


def _whole(bits: int, signed: bool) -> Maker:
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    edges = [low, low + 1, -1 if signed else 1, 0, 9, 10, 99, 100, high - 1, high]

    def make(chance: random.Random) -> int:
        if chance.random() < 0.5:
            return chance.choice(edges)
        return max(low, min(high, chance.randrange(-(10 ** chance.randrange(1, 19)), 10**18)))

    return make


def _decimal(digits: int, scale: int) -> Maker:
    def make(chance: random.Random) -> Decimal:
        most = 10 ** chance.randrange(1, digits + 1)
        return Decimal(chance.randrange(-most + 1, most)).scaleb(-scale, _WIDE)

    return make


def _moment(unit: str, zone: bool) -> Maker:
    step = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}[unit]

    def make(chance: random.Random) -> datetime:
        years = (1700, 2200) if unit == "ns" else (1, 9999)
        first, last = datetime(years[0], 1, 1), datetime(years[1], 12, 31, 23, 59, 59)
        whole = chance.randrange(int((last - first).total_seconds()))
        found = chance.choice([first, last, first + timedelta(seconds=whole)])
        found = found.replace(microsecond=chance.randrange(1_000_000) // step * step)
        return found.replace(tzinfo=UTC) if zone else found

    return make


def _time(step: int) -> Maker:
    def make(chance: random.Random) -> time:
        micros = chance.randrange(86_400_000_000) // step * step
        return (datetime(2000, 1, 1) + timedelta(microseconds=micros)).time()

    return make


def _double(chance: random.Random) -> float:
    odd = [0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 1e-5, 5e-324, 1.7976931348623157e308]
    odd += [float("inf"), float("-inf"), float("nan"), 123456789.125, 1e21, 1e22]
    if chance.random() < 0.5:
        return chance.choice(odd)
    return float(struct.unpack("<d", chance.randbytes(8))[0])


def _bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(70))


KINDS: dict[str, tuple[pa.DataType, Maker]] = {
    "string": (pa.string(), text),
    "large_string": (pa.large_string(), text),
    "string_view": (pa.string_view(), text),
    "dictionary": (pa.dictionary(pa.int16(), pa.string()), text),
    "binary": (pa.binary(), _bytes),
    "large_binary": (pa.large_binary(), _bytes),
    "fixed_binary": (pa.binary(16), lambda chance: chance.randbytes(16)),
    **{f"int{bits}": (getattr(pa, f"int{bits}")(), _whole(bits, True)) for bits in (8, 16, 32, 64)},
    **{f"uint{n}": (getattr(pa, f"uint{n}")(), _whole(n, False)) for n in (8, 16, 32, 64)},
    "bool": (pa.bool_(), lambda chance: chance.random() < 0.5),
    "float32": (pa.float32(), lambda chance: chance.uniform(-1e9, 1e9)),
    "float64": (pa.float64(), _double),
    "decimal_money": (pa.decimal128(12, 2), _decimal(12, 2)),
    "decimal_wide": (pa.decimal128(38, 0), _decimal(38, 0)),
    "decimal_small": (pa.decimal128(38, 38), _decimal(38, 38)),
    "decimal_256": (pa.decimal256(60, 10), _decimal(60, 10)),
    "date32": (pa.date32(), lambda c: date.fromordinal(c.randrange(1, date.max.toordinal() + 1))),
    "date64": (pa.date64(), lambda c: date.fromordinal(c.randrange(1, date.max.toordinal() + 1))),
    **{f"timestamp_{u}": (pa.timestamp(u), _moment(u, False)) for u in ("s", "ms", "us", "ns")},
    **{f"utc_{u}": (pa.timestamp(u, "UTC"), _moment(u, True)) for u in ("s", "us", "ns")},
    "zoned": (pa.timestamp("us", "America/New_York"), _moment("ns", True)),
    "time_s": (pa.time32("s"), _time(1_000_000)),
    "time_ms": (pa.time32("ms"), _time(1_000)),
    "time_us": (pa.time64("us"), _time(1)),
    "duration": (
        pa.duration("us"),
        lambda chance: timedelta(microseconds=chance.randrange(10**15)),
    ),
    "null": (pa.null(), lambda chance: None),
}


def column(kind: str, rows: int, nulls: float, chance: random.Random) -> pa.Array:
    """Values of a kind, some of them null, as the middle of a longer array."""
    arrow, make = KINDS[kind]
    before, behind = chance.randrange(20), chance.randrange(9)
    values = [
        None if chance.random() < nulls else make(chance) for _ in range(before + rows + behind)
    ]
    if pa.types.is_dictionary(arrow):
        made = pa.array(values, arrow.value_type).dictionary_encode().cast(arrow)
    else:
        made = pa.array(values, arrow)
    return made.slice(before, rows)
