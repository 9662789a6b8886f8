"""The native kernel is the portable one: text of every script, and bytes that are no text."""

from __future__ import annotations

import sys
from itertools import product

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_arrays import TEXTS, array
from kernel_calls import EVERY, Kernels, assert_alike, assert_opens_crosswise, calls, masks
from lockgate.kernel.interface import Mask, Normaliser

# Marks that reorder and compose, Hangul by its parts, one code point that becomes several, cases
# that lengthen or depend on their neighbours, spaces of every width, and what nobody assigned yet.
MARKS = "\u0300\u0301\u0308\u0323\u0327\u031b\u0345\u05b0\u3099\u0f71\u0f72\u1dce\U0001d165"
HANGUL = "\u1100\u1112\u1161\u1175\u11a8\u11c2\uac00\ud7a3\u115f\ua960\ud7b0"
UNFOLDING = "\u0344\u0958\u2126\u212a\u212b\u2adc\ufb1d\ufb2c\uf900\U0002f800\U0001d15e\u0390\u1fd3"
CASES = "\u0130\u0131I\u03a3\u03c2\u00df\u1e9e\u0149\ufb03\u01c5\u1f88\u1e96\u10a0\u13a0\U00010400"
SPACES = "\t\n\v\f\r \x85\u00a0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
NEARLY = "\x1c\x1f\u180e\u200b\u2060\ufeff\u0378\u061c\uffff\U0010ffff\ue000\U000e0001"
NUMBERS = "0\u0663\u0967\uff10\u00b2\u2167\u2460\U0001d7d8\U0001f100"
PLAIN = "aZ@.-_5"

characters = st.sampled_from(MARKS + HANGUL + UNFOLDING + CASES + SPACES + NEARLY + NUMBERS + PLAIN)
words = st.text(characters | st.characters(exclude_categories=["Cs"]), max_size=25).map(str.encode)
# A byte of any value, the beginnings of longer characters, halves of surrogates, overlong forms.
crumbs = st.sampled_from(
    [
        *(b"\x80", b"\xbf", b"\xc0\x80", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xed\xbf\xbf"),
        *(b"\xf0\x9f", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5", b"\xff", "é".encode()),
    ]
)
broken = st.lists(words | crumbs | st.binary(max_size=3), max_size=4).map(b"".join)


@settings(max_examples=250)
@given(st.lists(words, max_size=8), st.sampled_from(TEXTS), st.data())
def test_text_of_every_script(
    kernels: Kernels, values: list[bytes], kind: pa.DataType, data: st.DataObject
) -> None:
    flags = st.none() | st.lists(st.booleans(), min_size=len(values), max_size=len(values))
    column = array(kind, values, data.draw(flags))

    for name, call in EVERY.items():
        assert_alike(kernels, call, column, name)


@settings(max_examples=250)
@given(st.lists(broken, min_size=1, max_size=6), st.sampled_from(TEXTS), st.data())
def test_bytes_that_are_not_utf8(
    kernels: Kernels, values: list[bytes], kind: pa.DataType, data: st.DataObject
) -> None:
    """In rows, in null rows, outside of the slice, and cut apart by an offset."""
    flags = st.none() | st.lists(st.booleans(), min_size=len(values), max_size=len(values))
    whole = array(kind, values, data.draw(flags))
    column = whole[data.draw(st.integers(0, len(values))) :]

    for name, call in EVERY.items():
        assert_alike(kernels, call, column, name)
    assert_opens_crosswise(kernels, column, text=True)


@pytest.mark.parametrize("kind", TEXTS, ids=str)
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_character_cut_in_two_by_an_offset(kernels: Kernels, kind: pa.DataType, cut: int) -> None:
    """The bytes of the column are UTF-8 as a whole; its rows are not."""
    whole = "\U0001f389".encode()
    column = array(kind, [b"a1", whole[:cut], whole[cut:], b"b2"], None)

    for name, call in EVERY.items():
        assert assert_alike(kernels, call, column, name).error
    for start, length in ((0, 1), (3, 1)):
        for name, call in EVERY.items():
            assert not assert_alike(kernels, call, column.slice(start, length), name).error


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_only_rows_that_are_there_have_to_be_utf8(kernels: Kernels, kind: pa.DataType) -> None:
    column = array(kind, [b"ada1", b"\xff\xfe, longer than a view", b"\xc3"], [True, False, False])
    wide = array(kind, ["Zoë1".encode(), b"\xff\xfe, longer than a view"], [True, False])

    for name, call in EVERY.items():
        assert not assert_alike(kernels, call, column, name).error
        assert not assert_alike(kernels, call, wide, name).error


def assert_every_form(kernels: Kernels, column: pa.Array) -> None:
    """All normalisers: what they refuse, and what they make of the rest."""
    portable, _ = kernels
    for normaliser in Normaliser:
        told = calls([normaliser])
        assert_alike(kernels, told[f"encodable {normaliser} True"], column, normaliser)
        fits = portable.encodable(column, normaliser, deterministic=True)
        treatable = column if fits is None else column.filter(fits)
        assert_alike(kernels, told[f"canonical {normaliser}"], treatable, normaliser)


@pytest.mark.parametrize("pattern", ["%s%s", "a%s%s\u0301b", "%s \u0130%s"])
def test_every_pair_of_telling_characters(kernels: Kernels, pattern: str) -> None:
    """What composes with what, before and after its case changed."""
    telling = MARKS + HANGUL + UNFOLDING + CASES + SPACES + NEARLY + NUMBERS + PLAIN
    column = pa.array([pattern % pair for pair in product(telling, telling)])

    assert_every_form(kernels, column)
    for only in ("digits", "alphanumeric"):
        assert_alike(kernels, lambda k, v, o=only: masks(Mask(only=o, first=1), k, v), column)


def blocks() -> list[list[int]]:
    points = [point for point in range(sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]
    return [points[at : at + 0x4000] for at in range(0, len(points), 0x4000)]


# The rest of Unicode is private or not assigned, all alike; the slow test looks at every block.
TELLING = [block for block in blocks() if block[0] < 0x20000 or 0x2C000 <= block[0] < 0x34000]
TELLING.append(blocks()[-1])


def assert_every_point(kernels: Kernels, points: list[int], pattern: str) -> None:
    column = pa.array([pattern.replace("*", chr(point)) for point in points])
    assert_every_form(kernels, column)
    for only in ("digits", "alphanumeric"):
        assert_alike(kernels, lambda k, v, o=only: masks(Mask(only=o, first=1), k, v), column)


@pytest.mark.parametrize("pattern", ["A*1", "*", " *\u0301"])
@pytest.mark.parametrize("block", TELLING, ids=lambda block: f"{block[0]:x}")
def test_every_code_point(kernels: Kernels, block: list[int], pattern: str) -> None:
    assert_every_point(kernels, block, pattern)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["*", "\u0323*\u0301e*\u11a8"])
def test_all_of_unicode_in_more_places(kernels: Kernels, pattern: str) -> None:
    for block in blocks():
        assert_every_point(kernels, block, pattern)


numbers = st.integers(0, 9) | st.sampled_from([100, 2**31 - 1, 2**31, 2**32, 2**40])
mask_strategy = st.builds(
    Mask,
    first=numbers,
    last=numbers,
    only=st.sampled_from(["all", "digits", "alphanumeric"]),
    fill=st.sampled_from("*#0a\u2022\u00e9\U0001f600\u0378 @\x00") | st.characters(codec="utf-8"),
    keep_email_domain=st.booleans(),
)
addresses = st.text("a1\u00e9@@. -\u0663\u0301", max_size=40)


@settings(max_examples=600)
@given(st.lists(st.none() | addresses, max_size=9), mask_strategy, st.sampled_from(TEXTS))
def test_masks(kernels: Kernels, values: list[str | None], mask: Mask, kind: pa.DataType) -> None:
    column = pa.array(values, kind)

    assert not assert_alike(kernels, lambda k, v: masks(mask, k, v), column, mask).error


@pytest.mark.parametrize(
    "mask",
    [
        Mask(first=-1),
        Mask(last=-1),
        Mask(first=-(2**63)),
        Mask(only="letters"),
        Mask(only=""),
        Mask(fill=""),
        Mask(fill="**"),
        Mask(fill="e\u0301"),
        Mask(first=-1, only="x", fill=""),
    ],
    ids=repr,
)
def test_masks_that_say_nothing_are_refused_alike(kernels: Kernels, mask: Mask) -> None:
    for column in (pa.array(["ada"]), pa.array([], pa.string()), pa.array([[1]])):
        assert assert_alike(kernels, lambda k, v: masks(mask, k, v), column, mask).error
