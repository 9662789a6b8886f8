"""The columnar normalisers and number texts against a plain, slow reading of the specification."""

from __future__ import annotations

import json
import math
import re
import struct
import sys
import unicodedata
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.kernel.canonical import canonical, encodable
from lockgate.kernel.code_points import CodePoints
from lockgate.kernel.interface import Normaliser
from lockgate.kernel.unicode_14 import DECIMAL_DIGITS, SEPARATORS, UNASSIGNED

SPACES = {
    *range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
    0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
}  # fmt: skip
UNASSIGNED_POINTS = frozenset(
    point
    for first, last in (item.split("-") for item in UNASSIGNED.split())
    for point in range(int(first, 16), int(last, 16) + 1)
)
# Many spaces, cased, composing and unassigned characters; the rest at random.
characters = st.sampled_from(
    " \t\n\u00a0\u2003\u3000aAzZ09-é\u0301\u0130\u03a3\u03c2ß\u0378\x1c"
) | (st.characters(exclude_categories=["Cs"]))
texts = st.lists(st.none() | st.text(characters, max_size=12), max_size=8)


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def lower(text: str) -> str:
    simple = {"\u0130": "i", "\u03a3": "\u03c3"}
    return "".join(simple.get(char, char.lower()) for char in text)


def strip(text: str) -> str:
    points = [ord(char) for char in text]
    while points and points[0] in SPACES:
        points.pop(0)
    while points and points[-1] in SPACES:
        points.pop()
    return "".join(map(chr, points))


def plain(text: str, normaliser: Normaliser) -> str | None:
    """The specification, one value at a time; None where there is no encoding."""
    if normaliser is Normaliser.EXACT:
        return text
    if normaliser is not Normaliser.DIGITS and any(ord(c) in UNASSIGNED_POINTS for c in text):
        return None
    if normaliser is Normaliser.NFC:
        result = nfc(text)
    elif normaliser is Normaliser.TEXT:
        spaced = "".join(" " if ord(char) in SPACES else char for char in nfc(text))
        result = nfc(lower(" ".join(word for word in spaced.split(" ") if word)))
    elif normaliser is Normaliser.EMAIL:
        result = nfc(lower(strip(nfc(text))))
    elif normaliser is Normaliser.DIGITS:
        result = "".join(char for char in text if char in "0123456789")
    else:
        kept = [char for char in nfc(text) if char.isascii() and char.isalnum()]
        result = "".join(kept).upper()
    return None if text and not result else result


@pytest.mark.parametrize("normaliser", Normaliser)
@given(values=texts)
def test_normalisers(normaliser: Normaliser, values: list[str | None]) -> None:
    array = pa.array([None, *values], pa.string())[1:]
    expected = [None if v is None else plain(v, normaliser) for v in values]
    good = [v is None or e is not None for v, e in zip(values, expected, strict=True)]

    fits = encodable(array, normaliser)
    treatable = array.filter(pa.array(good, pa.bool_()))

    assert (fits.to_pylist() if fits is not None else [True] * len(values)) == good
    assert [
        None if e is None else e.encode() for e, ok in zip(expected, good, strict=True) if ok
    ] == canonical(treatable, normaliser).to_pylist()


@pytest.mark.parametrize("normaliser", Normaliser)
def test_every_code_point(normaliser: Normaliser) -> None:
    """All of Unicode that holds anything, between letters so that no value is emptied."""
    last_block = [*range(0xE0000, 0xE0200), 0xF0000, 0xFFFFF, 0x100000, sys.maxunicode]
    points = [p for p in range(0x18E00) if not 0xD800 <= p <= 0xDFFF]
    points += [*range(0x1AFF0, 0x1FC00), *range(0x2F800, 0x2FA20), *last_block]
    values = [f"A{chr(point)}1" for point in points]
    assigned = [p not in UNASSIGNED_POINTS for p in points]
    array = pa.array(values)

    fits = encodable(array, normaliser)

    if normaliser in {Normaliser.EXACT, Normaliser.DIGITS}:
        assert fits is None
    else:
        assert fits.to_pylist() == assigned
        array = array.filter(fits)
        values = array.to_pylist()
    encoded = canonical(array, normaliser).cast(pa.string())
    assert encoded.to_pylist() == [plain(value, normaliser) for value in values]


def test_the_tables_are_unicode_14() -> None:
    digits, separators = CodePoints(DECIMAL_DIGITS), CodePoints(SEPARATORS)
    if unicodedata.unidata_version == "14.0.0":
        for point in range(sys.maxunicode + 1):
            category = unicodedata.category(chr(point))
            assert (category == "Cn") == (point in UNASSIGNED_POINTS)
            assert (category == "Nd") == (chr(point) in digits)
            assert (category[0] not in "LMN" and category != "Cn") == (chr(point) in separators)
    # A later Unicode only ever assigns more.
    assert all(p in UNASSIGNED_POINTS for p in (0x378, 0xFFFF, 0x10FFFF))
    assert not any(unicodedata.category(chr(p)) == "Cn" for p in range(128))


def plain_decimal(value: Decimal) -> bytes:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return b"0" if re.fullmatch("-?0", text) else text.encode()


DECIMALS = [
    pa.decimal32(9, 0),
    pa.decimal32(9, 9),
    pa.decimal64(18, 5),
    pa.decimal128(38, 0),
    pa.decimal128(38, 38),
    pa.decimal128(20, -4),
    pa.decimal256(76, 30),
]


@pytest.mark.parametrize("kind", DECIMALS, ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_decimals(kind: pa.DataType, data: st.DataObject) -> None:
    most = 10**kind.precision - 1
    unscaled = data.draw(st.lists(st.none() | st.integers(-most, most), max_size=6))
    values = [
        None if n is None else Decimal((int(n < 0), tuple(map(int, str(abs(n)))), -kind.scale))
        for n in unscaled
    ]

    encoded = canonical(pa.array([None, *values], kind)[1:], Normaliser.EXACT)

    assert encoded.to_pylist() == [None if v is None else plain_decimal(v) for v in values]


def plain_float(value: float) -> str:
    """RFC 8785 numbers, by another road: shortest digits from repr, placed by hand."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1, value) < 0 else ""
    size = abs(value)
    if size == 0:
        return sign + "0"
    if 1e-6 <= size < 1e21:
        return sign + plain_decimal(Decimal(repr(size))).decode()
    mantissa, exponent = f"{Decimal(repr(size)):e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{sign}{mantissa}e{int(exponent):+d}"


@given(st.lists(st.none() | st.floats(), max_size=20))
def test_doubles(values: list[float | None]) -> None:
    encoded = canonical(pa.array(values, pa.float64()), Normaliser.EXACT, deterministic=False)

    texts = [None if v is None else plain_float(v) for v in values]
    assert encoded.cast(pa.string()).to_pylist() == texts


@given(st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=20))
def test_singles_are_widened(raw: list[bytes]) -> None:
    buffer = pa.py_buffer(b"".join(raw))
    singles = pa.Array.from_buffers(pa.float32(), len(raw), [None, buffer])

    encoded = canonical(singles, Normaliser.EXACT, deterministic=False)

    texts = [plain_float(struct.unpack("<f", item)[0]) for item in raw]
    assert encoded.cast(pa.string()).to_pylist() == texts


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_whole_doubles_read_as_json_integers(value: int) -> None:
    array = pa.array([float(value)])
    encoded = canonical(array, Normaliser.EXACT, deterministic=False)

    assert json.loads(encoded[0].as_py()) == value
    assert encoded[0].as_py() == str(value).encode()
