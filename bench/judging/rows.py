"""Made-up rows: distinct values, about 2% of them bad in many ways, 1% good in unusual ways."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.judging.member import LONGEST_NAME, OLDEST, SCHEMA

SEED = 20_240_608
BATCH = 65_536
BAD, UNUSUAL = 0.02, 0.01
GIVEN = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Kurt", "Emmy", "Sofia", "Niels", "Maria")
FAMILY = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Noether", "Bohr", "Curie", "Ng")
HOSTS = ("mail.com", "post.org", "work.net", "uni-bonn.de", "cs.example-college.edu", "acme.co.uk")
RARE_HOSTS = 5_000
RARE = 0.3
"""So many addresses are at one of many hosts: who judges each host once has no unfair gain."""

# None stands for null; `{}` takes the row's number, so that odd values are as distinct as others.
BAD_VALUES: dict[str, Sequence[Any]] = {
    "id": (None, 0, -5),
    "email": (
        None,
        "",
        "no-at-sign{}.com",
        "two{}@@mail.com",
        "dot{}.@mail.com",
        ".dot{}@mail.com",
        "a..b{}@mail.com",
        "one{}@localhost",
        "one{}@mail",
        "one{}@shop.test",
        "sp ace{}@mail.com",
        "one{}@-mail.com",
        "one{}@mail..com",
        "x" * 65 + "{}@mail.com",
        "one{}@mail.c",
    ),
    "ssn": (None, "123-45-678", "123456789", "123-45-67890", "12a-45-6789", "123-45-6789\n", " {}"),
    "phone": (None, "555-123-456", "5551234567", "555-123-4567\n", "(555) 123-4567", "{}"),
    "zip": (None, "1234", "12345-", "12345-67890", "1234a", "12345 ", "{}-"),
    "name": (None, "", "n" * (LONGEST_NAME + 1), "é" * (LONGEST_NAME + 1)),
    "age": (None, -1, OLDEST + 1, 2**40),
    "joined": (None, dt.date(1989, 12, 31), dt.date(2031, 1, 1), dt.date(1, 1, 1)),
}
UNUSUAL_VALUES: dict[str, Sequence[Any]] = {
    "id": (1, 2**62),
    "email": (
        "Upper{}@MAIL.com",
        "o'brien+tag{}@mail.com",
        "josé{}@mail.com",
        "x{}@münchen.de",
        "x{0}@bücher-{0}.de",
        "x{}@xn--mnchen-3ya.de",
        "Ada L <ada{}@mail.com>",
        "  x{}@mail.com  ",
        "INFO{}@Post.ORG",
    ),
    "ssn": ("\u0661\u0662\u0663-45-6789",),
    "phone": ("000-000-0000", "\u0665\u0665\u0665-123-4567"),
    "zip": ("12345-6789",),
    "name": ("é" * LONGEST_NAME, "n", "O'Neill-Ångström", "山田 太郎"),
    "age": (0, OLDEST),
    "joined": (dt.date(1990, 1, 1), dt.date(2030, 12, 31)),
}


def table(count: int) -> pa.RecordBatch:
    """All rows as typed columns."""
    order = np.random.default_rng(SEED + 1).permutation(count)
    bad, unusual = round(count * BAD), round(count * UNUSUAL)
    changed = _changed(_good(count), order[:bad], BAD_VALUES)
    return _changed(changed, order[bad : bad + unusual], UNUSUAL_VALUES)


def as_text(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows as a text file would give them."""
    columns = [column.cast(pa.string()) for column in rows.columns]
    return pa.RecordBatch.from_arrays(columns, rows.schema.names)


def batches(rows: pa.RecordBatch) -> list[pa.RecordBatch]:
    """The rows in batches."""
    return [rows.slice(start, BATCH) for start in range(0, rows.num_rows, BATCH)]


def _good(count: int) -> pa.RecordBatch:
    draw = np.random.default_rng(SEED)

    def digits(width: int) -> pa.Array:
        numbers = pa.array(draw.integers(0, 10**width, count))
        return pc.utf8_lpad(numbers.cast(pa.string()), width, "0")

    def words(choices: Sequence[str]) -> pa.Array:
        return pa.array(choices).take(pa.array(draw.integers(0, len(choices), count)))

    given, family = words(GIVEN), words(FAMILY)
    number = pa.array(np.arange(count)).cast(pa.string())
    local = pc.binary_join_element_wise(pc.utf8_lower(given), pc.utf8_lower(family), number, ".")
    rare = pc.binary_join_element_wise(
        "host", pa.array(draw.integers(0, RARE_HOSTS, count)).cast(pa.string()), ".example.net", ""
    )
    host = pc.if_else(pa.array(draw.random(count) < RARE), rare, words(HOSTS))
    days = draw.integers(7_305, 22_280, count)  # 1990 to 2030
    columns = {
        "id": pa.array(np.arange(1, count + 1)),
        "email": pc.binary_join_element_wise(local, host, "@"),
        "ssn": pc.binary_join_element_wise(digits(3), digits(2), digits(4), "-"),
        "phone": pc.binary_join_element_wise(digits(3), digits(3), digits(4), "-"),
        "zip": digits(5),
        "name": pc.binary_join_element_wise(given, family, " "),
        "age": pa.array(draw.integers(0, OLDEST + 1, count)),
        "joined": pa.array(days.astype(np.int32), pa.date32()),
    }
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)


def _changed(rows: pa.RecordBatch, places: Any, values: dict[str, Sequence[Any]]) -> pa.RecordBatch:
    """One column of each of these rows gets another value."""
    draw = random.Random(SEED + len(places))  # noqa: S311
    new: dict[str, dict[int, Any]] = {name: {} for name in values}
    for place in sorted(places.tolist()):
        name = draw.choice(SCHEMA.names)
        value = draw.choice(values[name])
        new[name][place] = value.format(place) if isinstance(value, str) else value
    columns = []
    for name, column in zip(SCHEMA.names, rows.columns, strict=True):
        mask = np.zeros(len(column), np.bool_)
        mask[list(new[name])] = True
        replacement = pa.array(list(new[name].values()), column.type)
        columns.append(pc.replace_with_mask(column, pa.array(mask), replacement))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
