"""What a sink writes, our own reader reads back equal; formulas are neutralised and undone."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import re
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.adapters.connectors.files import formulas
from lockgate.adapters.connectors.files.cell_text import base64url, cell_text
from lockgate.adapters.connectors.files.json_text import json_text
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import mint

KEY = b"k" * 32
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
RISKY = st.text(
    st.sampled_from("'=+-@\t\r\n;,|\" \u00a0\u200b\ufeff\uff1d\uff0b\uff0d\uff2019.eE a"),
    max_size=9,
)
CELLS = st.lists(st.none() | TEXT.filter(lambda t: "\0" not in t) | RISKY, max_size=20)
FORMULA_SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
FORMULA_STARTS = (*FORMULA_SIGNS, "\t", "\r", "\n")


@settings(max_examples=500)
@given(st.lists(st.none() | TEXT | RISKY, min_size=1, max_size=20))
def test_undo_after_neutralise_is_identity(cells: list[str | None]) -> None:
    array = pa.array(cells, pa.string())

    assert formulas.undo(formulas.neutralise(array)).to_pylist() == cells


@settings(max_examples=500)
@given(TEXT | RISKY)
def test_nothing_but_a_plain_number_begins_like_a_formula(cell: str) -> None:
    written = formulas.neutralise(pa.array([cell]))[0].as_py()

    number = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", cell) is not None
    assert not written.startswith(FORMULA_STARTS) or number
    assert written == cell or not number
    assert len(written.replace("'", "")) == len(cell.replace("'", ""))


@settings(max_examples=500)
@given(TEXT | RISKY)
def test_no_piece_of_a_cell_begins_like_a_formula(cell: str) -> None:
    """Whatever a spreadsheet splits at, and whatever it drops in front of a piece."""
    written = formulas.neutralise(pa.array([cell]))[0].as_py()

    pieces = re.split("[;,|\t\r\n]", written)
    number = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", cell) is not None
    begins = [piece.lstrip(' "\u00a0\u200b\ufeff') for piece in pieces]
    assert number or not any(piece.startswith(FORMULA_SIGNS) for piece in begins)


def test_separators_fillers_and_signs_share_no_character() -> None:
    """The reason why undoing finds exactly what was added."""
    signs = pa.array([chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000])
    classes = [
        set(signs.filter(pc.match_substring_regex(signs, f"[{found}]")).to_pylist())
        for found in (formulas.SIGNS, formulas.SEPARATORS, formulas.FILLERS)
    ]

    assert len(set.union(*classes)) == sum(map(len, classes))
    assert "'" in classes[2]


@pytest.mark.parametrize(
    "cell",
    ["-1", "+1.5", "-1e5", "+1E-05", "text", "", "a=1", "'", "'a", "a;b", "a - b", ";'", "\n'"],
)
def test_numbers_and_plain_text_stay(cell: str) -> None:
    assert undone(cell) == cell
    if not cell.startswith("\n"):
        assert formulas.neutralise(pa.array([cell])).to_pylist() == [cell]


def undone(cell: str) -> str:
    back = formulas.undo(formulas.neutralise(pa.array([cell])))[0].as_py()
    assert isinstance(back, str)
    return back


@pytest.mark.parametrize("cell", ["=1", "-1\n", "--1", "'-1", "-1,5", "+", "\t1", "''=x", "@SUM"])
def test_formulas_get_one_apostrophe(cell: str) -> None:
    assert formulas.neutralise(pa.array([cell])).to_pylist() == ["'" + cell]


def release(folder: Path, format: FileFormat, table: pa.Table, **options: Any) -> FileSource:
    roots = Roots((folder,), (folder,))
    sink = FileSink("sink", str(folder / "out"), format, roots, KEY, **options)
    run = uuid.uuid4().hex
    session = sink.open(run, "plan", table.schema)
    for batch in table.to_batches(max_chunksize=7):
        session.write(session.prepare(mint(batch, "plan", "sink", "zone")))
    session.stage({})
    session.publish()
    path = str(folder / "out" / f"run-{run}")
    source = FileSource(path, format, table.schema.names, roots)
    source.freeze(KEY)
    return source


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round-trip")


@settings(max_examples=80)
@given(
    CELLS, st.sampled_from(["", "gzip", "zstd"]), st.integers(1, 9), st.sampled_from(["=h", "a,\n"])
)
def test_csv_text_comes_back_equal(
    folder: Path, cells: list[str | None], compression: str, rows: int, name: str
) -> None:
    table = pa.table({name: pa.array(cells, pa.string()), "n": pa.array(range(len(cells)))})
    source = release(folder, FileFormat.CSV, table, compression=compression, rows_per_file=rows)

    back = [row for batch in source.batches() for row in batch.rows.to_pylist()]
    assert [row[name] for row in back] == cells
    assert [row["n"] for row in back] == [str(number) for number in range(len(cells))]


@settings(max_examples=60)
@given(CELLS)
def test_one_csv_column_comes_back_equal(folder: Path, cells: list[str | None]) -> None:
    source = release(folder, FileFormat.CSV, pa.table({"a": pa.array(cells, pa.string())}))

    back = [value for batch in source.batches() for value in batch.rows.column(0).to_pylist()]
    assert back == cells


JSON_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | TEXT,
            "int": st.none() | st.integers(-(2**63), 2**63 - 1),
            "float": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "list": st.none() | st.lists(st.none() | TEXT, max_size=3),
            "item": st.none()
            | st.fixed_dictionaries({"x": TEXT, "y": st.lists(st.integers(0, 9), max_size=2)}),
        }
    ),
    max_size=12,
)
JSON_SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("int", pa.int64()),
        ("float", pa.float64()),
        ("list", pa.list_(pa.string())),
        ("item", pa.struct([("x", pa.string()), ("y", pa.list_(pa.int64()))])),
    ]
)


@settings(max_examples=80)
@given(JSON_ROWS)
def test_json_lines_come_back_equal(folder: Path, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=JSON_SCHEMA)
    source = release(folder, FileFormat.JSONL, table, rows_per_file=5)

    lines = [line for batch in source.batches() for line in batch.rows.column(0).to_pylist()]
    assert [json.loads(line) for line in lines] == rows


@settings(max_examples=60)
@given(JSON_ROWS)
def test_parquet_comes_back_equal(folder: Path, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=JSON_SCHEMA)
    source = release(folder, FileFormat.PARQUET, table)

    assert [row for batch in source.batches() for row in batch.rows.to_pylist()] == rows


@given(st.lists(st.none() | st.text(max_size=6), max_size=9), st.integers(0, 3))
def test_json_text_of_a_slice(values: list[str | None], start: int) -> None:
    nested = pa.array([[value] for value in values], pa.list_(pa.string()))
    maps = pa.array([[("k", v)] for v in values], pa.map_(pa.string(), pa.string()))

    assert [json.loads(t) for t in json_text(nested[start:]).to_pylist()] == [
        [value] for value in values[start:]
    ]
    assert [json.loads(t) for t in json_text(maps[start:]).to_pylist()] == [
        {"k": value} for value in values[start:]
    ]


def test_json_has_no_nan() -> None:
    floats = pa.array([math.nan, math.inf, -math.inf, None, 0.5])

    assert json_text(floats).to_pylist() == ['"NaN"', '"Infinity"', '"-Infinity"', "null", "0.5"]


@settings(max_examples=300)
@given(
    st.lists(st.none() | st.integers(-(10**18) + 1, 10**18 - 1), max_size=8),
    st.integers(-3, 18),
)
def test_decimals_are_plain_and_exact(digits: list[int | None], scale: int) -> None:
    values = [None if d is None else Decimal(d).scaleb(-scale) for d in digits]
    text = cell_text(pa.array(values, pa.decimal128(38, scale))).to_pylist()

    assert [None if t is None else Decimal(t) for t in text] == values
    assert not any("E" in t for t in text if t)


@given(st.lists(st.none() | st.binary(max_size=9), max_size=12), st.integers(0, 3))
def test_base64url_is_the_standard_one(values: list[bytes | None], start: int) -> None:
    expected = [
        None if v is None else base64.urlsafe_b64encode(v).rstrip(b"=").decode()
        for v in values[start:]
    ]

    assert base64url(pa.array(values, pa.binary())[start:]).to_pylist() == expected
    assert cell_text(pa.array(values, pa.large_binary())[start:]).to_pylist() == expected


@given(
    st.lists(st.none() | st.timedeltas(dt.timedelta(days=-9000), dt.timedelta(days=9000))),
    st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2250, 1, 1)),
)
def test_times_read_back_by_pydantic(spans: list[dt.timedelta | None], moment: dt.datetime) -> None:
    from pydantic import TypeAdapter

    delta = TypeAdapter(dt.timedelta)
    texts = cell_text(pa.array(spans, pa.duration("us"))).to_pylist()
    assert [None if t is None else delta.validate_strings(t) for t in texts] == spans

    naive = cell_text(pa.array([moment], pa.timestamp("us")))[0].as_py()
    assert TypeAdapter(dt.datetime).validate_strings(naive) == moment
    aware = moment.replace(tzinfo=dt.UTC)
    zoned = cell_text(pa.array([aware], pa.timestamp("us", "Europe/Berlin")))[0].as_py()
    assert TypeAdapter(dt.datetime).validate_strings(zoned) == aware
