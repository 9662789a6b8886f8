"""Lines written natively are the lines written without: every type, layout and risky text."""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_arrays import PLAIN, TEXTS, arrays
from kernel_arrays import array as laid_out
from kernels import MODULE, named
from lockgate.adapters.connectors.files.csv_writer import CsvEncoder
from lockgate.adapters.connectors.files.jsonl_writer import JsonlEncoder
from lockgate.kernel.rendering import Rendering

ENCODERS = {"csv": CsvEncoder, "jsonl": JsonlEncoder}
RISKY = (
    "'=+-@\t\r\n;,|\" \\\x00\x07\x0b\x0c\x1c\x1f\x7f\x80\x85\u00a0\u00ad\u00ae\u034f\u061c"
    "\u1680\u180e\u2000\u200b\u200f\u2010\u2028\u2029\u202a\u202f\u2030\u205e\u205f\u206f\u2070\u3000\u3001"
    "\ufeff\uff1d\uff0b\uff0c\uff0d\uff20\uff2019.eE axäß\U0001f389"
)
TEXT = st.text(st.sampled_from(RISKY), max_size=9) | st.text(
    st.sampled_from(RISKY) | st.characters(exclude_categories=["Cs"]), max_size=150
)
SHORT = "='\",;\t\na1- "
ROWS_TOGETHER = 512
DURATIONS = [pa.duration(unit) for unit in ("s", "us", "ns")]


@pytest.fixture(scope="module")
def native() -> Rendering:
    named("native")
    return Rendering(importlib.import_module(MODULE))


def written(encoder: Any, batch: pa.RecordBatch) -> bytes | type[Exception]:
    """The lines, or that Arrow refused: the session says the same of all its refusals."""
    try:
        return bytes(memoryview(encoder.encode(batch)))
    except pa.ArrowException:
        return pa.ArrowException


def assert_alike(native: Rendering, columns: list[pa.Array]) -> None:
    names = [f'n"{number}' for number in range(len(columns))]
    batch = pa.RecordBatch.from_arrays(columns, names)
    for name, encoder in ENCODERS.items():
        plain = written(encoder(batch.schema), batch)
        assert written(encoder(batch.schema, native), batch) == plain, name


@st.composite
def texts(draw: Any) -> pa.Array:
    """Risky texts in any layout, cut out of a longer array."""
    values = draw(st.lists(st.none() | TEXT, max_size=20))
    if draw(st.booleans()):
        values = [value or "" for value in values]
    held = pa.array(values, draw(st.sampled_from(TEXTS)))
    if draw(st.booleans()):
        held = held.cast(pa.string()).dictionary_encode()
    start = draw(st.integers(0, len(values)))
    return held.slice(start, draw(st.integers(0, len(values))))


@settings(max_examples=400)
@given(st.lists(texts(), min_size=1, max_size=4))
def test_risky_texts_side_by_side(native: Rendering, columns: list[pa.Array]) -> None:
    rows = min(map(len, columns))

    assert_alike(native, [column[:rows] for column in columns])


@settings(max_examples=400)
@given(data=st.data())
def test_columns_of_every_type_side_by_side(native: Rendering, data: st.DataObject) -> None:
    chosen = st.lists(st.sampled_from(PLAIN), min_size=1, max_size=4)
    columns = [data.draw(arrays([kind]) | texts()) for kind in data.draw(chosen)]
    rows = min(map(len, columns))

    assert_alike(native, [column[:rows] for column in columns])


@pytest.mark.parametrize("kind", PLAIN, ids=str)
@settings(max_examples=30)
@given(data=st.data())
def test_each_type(native: Rendering, kind: pa.DataType, data: st.DataObject) -> None:
    assert_alike(native, [data.draw(arrays([kind]))])


@pytest.mark.parametrize("kind", DURATIONS, ids=str)
def test_what_comes_as_text(native: Rendering, kind: pa.DataType) -> None:
    assert_alike(native, [pa.array([-1, None, 0, 10**9], kind), pa.array(["a", None, "", "="])])


def test_nested_columns_come_as_json(native: Rendering) -> None:
    nested = pa.array([{"a": [1, None], "b": 'x"'}, None, {"a": None, "b": None}])
    batch = pa.RecordBatch.from_arrays([nested, nested.field("a")], ["s", "l"])

    plain = bytes(JsonlEncoder(batch.schema).encode(batch))
    assert bytes(JsonlEncoder(batch.schema, native).encode(batch)) == plain


@pytest.mark.parametrize("length", range(7))
def test_every_short_text(native: Rendering, length: int) -> None:
    """All that eleven signs can spell, each text a cell; the bytes before a cell differ too."""
    signs = SHORT if length < 6 else "=',\ta- "
    spelt = ["".join(found) for found in itertools.product(signs, repeat=length)]
    whole = pa.array(spelt)
    assert_alike(native, [whole, pa.array(reversed(spelt), pa.string())])
    # One chunk of rows each, so that what is seen in one does not answer for another.
    if length <= 2:
        for at in range(len(spelt)):
            assert_alike(native, [whole[at : at + 1]])


@pytest.mark.parametrize("sign", [*"=+-@\"'\t\r\n\\", "\uff1d", "\x01", "\u2028="])
def test_one_cell_among_many(native: Rendering, sign: str) -> None:
    """The one text that has to be altered, at each place of a chunk's and of a vector's edges."""
    for rows in (1, 63, 64, 65, ROWS_TOGETHER, ROWS_TOGETHER + 1):
        for at in {0, min(1, rows - 1), rows // 2, max(rows - 2, 0), rows - 1}:
            texts = ["a" * (row % 5) for row in range(rows)]
            for text in (sign, f"{sign}x", f"x{sign}", f",{sign}", "y" * 64 + sign):
                texts[at] = text
                assert_alike(native, [pa.array(texts), pa.array(range(rows))])


def test_every_character_before_a_sign(native: Rendering) -> None:
    """Each character is what the reading side takes it for: all planes that hold any of them."""
    characters = [chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000]
    column = pa.array([f"{one}=" for one in characters] + [f"a{one}-" for one in characters])

    assert_alike(native, [column])


@settings(max_examples=50)
@given(st.lists(st.none() | st.binary(max_size=12), min_size=1, max_size=9))
def test_text_that_is_none(native: Rendering, values: list[bytes | None]) -> None:
    """Bytes that are no UTF-8 in a text column are passed on as they are."""
    valid = [value is not None for value in values]
    column = laid_out(pa.string(), [value or b"" for value in values], valid)

    batch = pa.RecordBatch.from_arrays([column], ["a"])
    for encoder in ENCODERS.values():
        plain = written(encoder(batch.schema), batch)
        if plain is not pa.ArrowException:
            assert written(encoder(batch.schema, native), batch) == plain


def test_what_is_beyond_the_calendar_is_written_as_without(native: Rendering) -> None:
    days = pa.array([0, -719_163, 2_932_897, None], pa.date32())
    moments = pa.array([0, -62_135_596_801, 253_402_300_800, None], pa.timestamp("s"))

    assert native.csv([days], [False]) is None
    assert_alike(native, [days, moments])


def test_no_rows_and_many_rows(native: Rendering) -> None:
    assert_alike(native, [pa.array([], pa.string()), pa.array([], pa.int8())])
    rows = 3 * ROWS_TOGETHER + 5
    texts = pa.array([None if row % 7 == 0 else "w" * (row % 90) for row in range(rows)])
    for start in (0, 1, ROWS_TOGETHER - 1):
        assert_alike(native, [texts[start:], pa.array(range(rows), pa.int16())[start:]])


def test_the_bytes_are_all(native: Rendering) -> None:
    made = native.csv([pa.array(["a"] * 100)], [False])

    assert made is not None
    assert bytes(made) == b'"a"\n' * 100
