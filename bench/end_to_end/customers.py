"""Made-up customers, from a fixed seed: the same rows in every run, and in every prefix of them.

Names, cities and segments repeat, as they do in life; e-mail addresses, numbers and streets hardly
do. Family names are made of syllables, so that none is a word that stands anywhere else: found in
an output, one is a leak and no coincidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEED = 20_260_411
CHUNK = 100_000
"""Rows that are made at once; chunk k is the same however many there are."""

PROTECTED = ("email", "phone", "ssn", "last_name")

SCHEMA = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("first_name", pa.string()),
        ("last_name", pa.string()),
        ("email", pa.string()),
        ("phone", pa.string()),
        ("ssn", pa.string()),
        ("birth_date", pa.date32()),
        ("street", pa.string()),
        ("city", pa.string()),
        ("state", pa.string()),
        ("zip", pa.string()),
        ("segment", pa.string()),
        ("balance", pa.decimal128(12, 2)),
        ("joined_at", pa.timestamp("us")),
        ("note", pa.string()),
    ]
)


def _words(starts: str, ends: str) -> tuple[str, ...]:
    return tuple(start + end for start, end in product(starts.split(), ends.split()))


FIRST_NAMES = _words(
    "Al Be Cor Da El Fi Ge Hel In Jo Ka Li Mar Ni Or Pa Ro Sa The Vi",
    "na rik lian tta mon rie vin sha dor lle bert mira no sten ya",
)
FAMILY_NAMES = _words(
    "Vorkel Zeldan Quimbar Braxul Thovin Drelmo Jaskov Krovin Plevan Wexlor Nythor Grovan Sarvik"
    " Tulmor Ovrind Yarbek Uxmar Ruskel Fendul Cavlor",
    "witz holm ander ovich escu inger mark rath quist ford ssen idze oglu aume sky berg ström mann"
    " aker ley wick stone dal feld dahl brook thal gard bek nik",
)
CITIES = _words(
    "Ash Birch Clear Deer East Fair Glen High Iron Kings Lake Mill North Oak Pine River Stone West",
    "ford bridge ton field wood haven port dale mouth burg view brook ville land crest",
)
STREETS = _words(
    "Maple Oak Birch Cedar Elm Walnut Willow Second Third Park Lincoln Jackson Sunset Highland "
    "Prospect Meadow Orchard Spring Chestnut Franklin",
    "wood side land brook",
)
WAYS = ("Street", "Avenue", "Road", "Lane", "Drive")
HOSTS = tuple(
    f"{name}.{end}"
    for name, end in product(
        ("mail", "post", "inbox", "letters", "webmail", "mymail", "office", "team"),
        ("com", "org", "net", "co.uk", "example.edu"),
    )
)
STATES = tuple(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM "
    "NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY".split()
)
SEGMENTS = ("standard", "gold", "business", "student", "trial")
NOTES = (
    "prefers contact by e-mail",
    "left a message; call back",
    "asked for a printed statement every month",
    "paid by card, thanked twice",
    "moved house, new lease sent, waits for an answer",
    'said "not before noon"',
    'wants "the big one", again',
    "long-time customer",
)
"""A third of them is followed by a number, so that they hardly repeat."""


def chunks(rows: int) -> Iterator[pa.RecordBatch]:
    """That many good rows, of SCHEMA."""
    for number, start in enumerate(range(0, rows, CHUNK)):
        yield chunk(number).slice(0, min(CHUNK, rows - start))


def chunk(number: int) -> pa.RecordBatch:
    """The good rows number * CHUNK + 1 to (number + 1) * CHUNK."""
    draw = np.random.default_rng([SEED, number])
    ids = np.arange(number * CHUNK + 1, (number + 1) * CHUNK + 1)

    def words(choices: Sequence[str]) -> pa.Array:
        return pa.array(choices).take(pa.array(draw.integers(0, len(choices), CHUNK)))

    def between(low: int, high: int, kind: pa.DataType) -> pa.Array:
        return pa.array(draw.integers(low, high, CHUNK)).cast(kind)

    def padded(low: int, high: int, width: int) -> pa.Array:
        return pc.utf8_lpad(between(low, high, pa.string()), width, "0")

    def digits(width: int) -> pa.Array:
        return padded(0, 10**width, width)

    def some(share: float) -> pa.Array:
        return pa.array(draw.random(CHUNK) < share)

    first = words(FIRST_NAMES)
    local = _join(pc.utf8_lower(first), pa.array(ids).cast(pa.string()))
    house = _join(between(1, 9_999, pa.string()), words(STREETS), words(WAYS), by=" ")
    flat = _join(house, between(1, 60, pa.string()), by=", Apt ")
    remark = words(NOTES)
    numbered = _join(remark, digits(6), by=" #")
    note = pc.if_else(some(0.33), numbered, remark)
    cents = _join(between(-2_000, 200_000, pa.string()), digits(2), by=".")
    columns = {
        "customer_id": pa.array(ids),
        "first_name": first,
        "last_name": words(FAMILY_NAMES),
        "email": _join(local, words(HOSTS), by="@"),
        "phone": _join(digits(3), digits(3), digits(4), by="-"),
        "ssn": _join(padded(1, 666, 3), padded(1, 100, 2), padded(1, 10_000, 4), by="-"),
        "birth_date": pa.array(draw.integers(-10_000, 14_000, CHUNK).astype("int32"), pa.date32()),
        "street": pc.if_else(some(0.1), flat, house),
        "city": words(CITIES),
        "state": words(STATES),
        "zip": digits(5),
        "segment": words(SEGMENTS),
        "balance": pc.if_else(some(0.02), None, cents).cast(pa.decimal128(12, 2)),
        "joined_at": between(1_300_000_000, 1_750_000_000, pa.timestamp("s")).cast("timestamp[us]"),
        "note": pc.if_else(some(0.4), None, note),
    }
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)


def _join(*parts: pa.Array, by: str = "") -> pa.Array:
    return pc.binary_join_element_wise(*parts, by)
