"""The native cutter finds the rows of ``cut_exact``; the native splitter the cells of pyarrow."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels import named
from lockgate.adapters.connectors.files import csv_piece
from lockgate.adapters.connectors.files.blocks import Block, Cutter
from lockgate.adapters.connectors.files.csv_header import CsvDialect
from lockgate.adapters.connectors.files.csv_piece import CsvPiece, CsvTable
from lockgate.adapters.connectors.files.rows import Cut, cut, cut_exact
from lockgate.errors import KernelError
from lockgate.kernel.splitting import Splitting
from lockgate.limits import Limits

SIGNS = [b"a", b",", b'"', b"\n", b"\r", b"\xc3\xa9"]
ROWS = [
    b'a,b\n1,2\n\n3,"x\ny"\n4\n,""\n5" pipe,6\n7,8',
    b'"1\r\n2","3""4"\r\n"""","x"\r\n"a"b"c",""x\r\n',
    b"1,2\r3,4\r\r\n,\r",
    b'"' + b"long," * 30 + b'",' + b"x" * 100 + b"\n" + b'"a",b\n' * 20 + b'1" ,"2\n',
    b"\xef\xbb\xbf1,2\n\xef\xbb\xbf,\xef\xbb\xbf\n",
    b'"\xef\xbb\xbf",\x00\n2,\xff\n',
]
PIECES = st.lists(
    st.sampled_from(
        [*SIGNS, b'""', b',"', b'",', b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"x" * 61]
    ),
    max_size=60,
).map(b"".join)


@pytest.fixture(scope="module")
def native() -> Splitting:
    named("native")
    import lockgate_kernel

    module: Any = lockgate_kernel
    return Splitting(module)


def assert_same_cut(found: Cut, expected: Cut, block: bytes) -> None:
    for name in ("starts", "ends", "line_ends"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), repr(block))
        assert getattr(found, name).dtype == np.int64
    assert (found.consumed, found.in_quotes) == (expected.consumed, expected.in_quotes), block
    assert found.plain == (block.isascii() and b"\0" not in block), block


def cutter(native: Splitting | None) -> Cutter:
    return lambda data, last: cut(data, b",", last, native)


def read(block: bytes, width: int, native: Splitting | None) -> list[object]:
    """Everything that comes of a block's rows."""
    names = tuple(f"c{number}" for number in range(width))
    table = CsvTable(names, names[::-1], CsvDialect(), Limits(batch_rows=3), "f", native)
    if native is None:
        rows = cut(block, b",", True)
        whole = Block(block, rows.extent(), 5, 2, rows.in_quotes, cutter(None), rows)
    else:
        extent = native.measurer(b",")(block, True)
        whole = Block(block, extent, 5, 2, extent.in_quotes, cutter(native))
    piece = CsvPiece(table, whole, 1, first=False)
    found: list[object] = []
    for batch in piece.batches():
        batch.rows.validate(full=True)
        all_of_them = pa.array(range(batch.rows.num_rows), pa.int64())
        places = batch.positions.places(all_of_them)
        found += [batch.rows.schema, batch.rows.to_pylist(), batch.broken]
        found += [each.to_pylist() for each in (places.rows, places.lines, places.offsets)]
    return found


def test_every_short_text_is_cut_alike(native: Splitting) -> None:
    for length in range(6):
        for signs in product(SIGNS, repeat=length):
            block = b"".join(signs)
            for last in (False, True):
                assert_same_cut(cut(block, b",", last, native), cut_exact(block, b",", last), block)


@settings(max_examples=1500)
@given(PIECES, st.booleans(), st.sampled_from([b",", b";", b"\t", b"|"]))
@example(b"x" * 63 + b"\r\n" + b'"' + b"x" * 62 + b'"\r\n', False, b",")
def test_any_text_is_cut_alike(
    native: Splitting, block: bytes, last: bool, delimiter: bytes
) -> None:
    block = block.replace(b",", delimiter)

    found = cut(block, delimiter, last, native)
    assert_same_cut(found, cut_exact(block, delimiter, last), block)


@pytest.mark.parametrize("text", ROWS, ids=range(len(ROWS)))
@pytest.mark.parametrize("before", [0, 61, 63, 64])
def test_a_text_that_ends_anywhere_is_cut_alike(
    native: Splitting, text: bytes, before: int
) -> None:
    for size in range(len(text) + 1):
        block = b"x" * before + text[:size]
        for last in (False, True):
            assert_same_cut(cut(block, b",", last, native), cut_exact(block, b",", last), block)


@settings(max_examples=1500)
@given(PIECES, st.booleans(), st.sampled_from([b",", b";", b"\t", b"|"]))
@example(b"x" * 63 + b"\r\n\n" + b'"' + b"x" * 62 + b'"\r\n\r\n', False, b",")
@example(b'\n5" pipe\n\n"', True, b",")
def test_any_text_is_measured_as_it_is_cut(
    native: Splitting, block: bytes, last: bool, delimiter: bytes
) -> None:
    block = block.replace(b",", delimiter)

    found = cut_exact(block, delimiter, last)
    assert native.measurer(delimiter)(block, last) == found.extent()


@settings(max_examples=300)
@given(PIECES, st.integers(0, 5))
def test_a_cut_without_its_first_rows_is_that_of_the_rest(block: bytes, rows: int) -> None:
    found = cut_exact(block, b",", True)
    left = found.without(rows)
    rest = block[found.consumed - left.consumed : found.consumed]
    plain = rest.isascii() and b"\0" not in rest

    alone = replace(left, in_quotes=False, plain=plain)
    assert_same_cut(alone, cut_exact(rest, b",", True), rest)


def test_every_short_text_has_the_same_cells(native: Splitting) -> None:
    for length in range(5):
        for signs in product(SIGNS, repeat=length):
            block = b"".join(signs)
            width = 1 + length % 2
            assert read(block, width, native) == read(block, width, None), block


@settings(max_examples=500)
@given(PIECES, st.integers(1, 4))
def test_any_text_has_the_same_cells(native: Splitting, block: bytes, width: int) -> None:
    assert read(block, width, native) == read(block, width, None)


@settings(max_examples=200)
@given(
    st.integers(1, 20).flatmap(
        lambda width: st.lists(
            st.lists(
                st.sampled_from(
                    [
                        b"",
                        b'""',
                        b"a",
                        b'"b,c"',
                        b'"d""e"',
                        b'"f\r\n"',
                        b'"g"h"',
                        b"i" * 40,
                        b'5" j',
                    ]
                ),
                min_size=width,
                max_size=width,
            ),
            min_size=1,
            max_size=30,
        )
    )
)
def test_tables_have_the_same_cells(native: Splitting, rows: list[list[bytes]]) -> None:
    block = b"".join(b",".join(row) + b"\n" for row in rows)
    width = len(rows[0])

    found = read(block, width, native)
    assert found == read(block, width, None)
    assert any(isinstance(item, list) and item for item in found) or width == 1


@pytest.mark.parametrize(("end", "wanted"), [(9, [0]), (5, [2]), (8, [0])])
def test_rows_that_are_not_there_are_refused(
    native: Splitting, end: int, wanted: list[int]
) -> None:
    schema = pa.schema([("a", pa.string())])
    with pytest.raises(KernelError, match="not where they were found") as refusal:
        native.split(b'1,2\n\n3,"6'[:8], end, b",", 2, wanted, 100, schema)
    assert refusal.value.__context__ is None


@pytest.mark.parametrize("bad", [b"\xff", b"\0", b"x" * 20])
def test_rows_that_can_be_in_no_column_make_none(native: Splitting, bad: bytes) -> None:
    schema = pa.schema([("a", pa.string())])
    text = b"1,2\n3," + bad + b"\n"
    assert native.split(text, 4, b",", 2, [0], 20, schema) is not None
    assert native.split(text, len(text), b",", 2, [0], 20, schema) is None


def test_pyarrow_is_not_asked_where_the_native_splitter_is(
    native: Splitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(csv_piece, "_pyarrow")

    assert read(b"1,2\n3,4\n", 2, native)[1] == [{"c1": "2", "c0": "1"}, {"c1": "4", "c0": "3"}]


@pytest.mark.parametrize("row", [b'"1",', b"1,", b'1,""', b'"1","2"\n"3",'])
def test_an_empty_cell_is_null_where_the_file_ends_too(native: Splitting, row: bytes) -> None:
    expected = None if row.endswith(b",") else ""
    for reader in (native, None):
        cells = read(row, 2, reader)[1]
        assert isinstance(cells, list)
        assert cells[-1]["c1"] == expected
