"""The two row cutters, pyarrow and Python's csv module must see the same rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.rows import Cut, cut, cut_exact, cut_fast
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.contract.batches import BrokenRow
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

Rows = list[tuple[int, int, int]]
ODD = [
    b'a,b\n1,2\n\n3,"x\ny"\n4\n,""\n5" pipe,6\n7,8',
    b'a,b\r\n"1\r\n2","3""4"\r\n"""","x"\r\n',
    b"a,b\r1,2\r3,4\r",
    b"a,b\r\r\n1,2\r\n\r\n3,4",
    b'a,b\n"1"tail,2\n"1"t"x,y",2\n',
    b'a,b\nx"y"z,"q"\n"",""\n,\n',
    b'\xef\xbb\xbfa,b\n\xef\xbb\xbf1,2\n"\xef\xbb\xbf",3\n',
    'a,b\n"ü,\n",é\nñ,"""x"""\n'.encode(),
    b'a,b\n\x00,1\n2,\xff\n3,4\n"5\n\xff",6\n7,8\n',
    b'a,b\n1,2\n"open,3\n4,5\n6,7',
    b'a,b\n1,2\n3,"',
    b"a,b\n1\n1,2,3\n\n1,2\n,,,\n",
]
ONE_COLUMN = [
    b"a\n1\r\x00\n\n2\n",
    b"a\r\n1\r\xff\n\n\r3\r4",
    b"a\n1\r\r\x00\n\n2\n3\n",
    b"a\n1\n\n2\n\n",
    b'\r\na\r\n""\r\n\r\nx\r\n',
    b"\xef\xbb\xbfa\n\xef\xbb\xbf\n\xef\xbb\xbfx",
]


def reference(block: bytes, delimiter: int, last: bool) -> tuple[Rows, bool]:
    """The plainest way: (start, end, after) of each row, and whether a quote is open."""
    rows: Rows = []
    start, at, state = 0, 0, "field start"
    while at < len(block):
        byte = block[at]
        if state == "quoted":
            if byte == 0x22:
                state = "quote in quoted"
            at += 1
            continue
        if state == "quote in quoted" and byte == 0x22:
            state = "quoted"
            at += 1
            continue
        if byte == 0x22 and state == "field start":
            state = "quoted"
        elif byte == delimiter:
            state = "field start"
        elif byte in b"\r\n":
            after = at + 1
            if byte == 0x0D:
                if after == len(block) and not last:
                    break
                after += block[after : after + 1] == b"\n"
            rows.append((start, at, after))
            start = at = after
            state = "field start"
            continue
        else:
            state = "field"
        at += 1
    open_quote = state == "quoted"
    if last and not open_quote and start < len(block):
        rows.append((start, len(block), len(block)))
    return rows, open_quote


def as_rows(found: Cut) -> Rows:
    after = [*found.starts[1:].tolist(), found.consumed][: len(found.starts)]
    return list(zip(found.starts.tolist(), found.ends.tolist(), after, strict=True))


CSV_BYTES = st.lists(
    st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b"\r\n", b'""', b',"', b'",', b"\xc3\xa9"]),
    max_size=40,
).map(b"".join)

DIRTY_BYTES = st.lists(
    st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b'""', b"\0", b"\xff", b"\xef\xbb\xbf"]),
    max_size=40,
).map(b"".join)


@settings(max_examples=800)
@given(CSV_BYTES, st.booleans())
def test_both_cutters_agree_with_the_plain_state_machine(block: bytes, last: bool) -> None:
    rows, open_quote = reference(block, 0x2C, last)

    exact = cut_exact(block, b",", last)
    assert as_rows(exact) == rows
    fast = cut_fast(block, b",", last)
    assert fast is None or as_rows(fast) == rows
    if last:
        assert exact.in_quotes == open_quote
        assert fast is None or fast.in_quotes == open_quote


@settings(max_examples=300)
@given(
    st.lists(st.lists(st.text(st.sampled_from('a", \n\ré'), max_size=5), min_size=3, max_size=3))
)
def test_what_the_csv_module_writes_is_always_cut_the_fast_way(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    block = text.getvalue().encode()

    found = cut_fast(block, b",", last=True)
    assert found is not None
    assert len(found.starts) == len(rows)


@settings(max_examples=600)
@given(CSV_BYTES)
def test_the_csv_module_finds_the_same_number_of_rows(block: bytes) -> None:
    found = cut(block, b",", last=True)
    filled = int((found.ends > found.starts).sum())
    text = block[: found.consumed].decode("utf-8", "replace").replace("\r\n", "\n")
    theirs = list(csv.reader(io.StringIO(text.replace("\r", "\n"), newline="")))

    assert sum(bool(row) for row in theirs) == filled


def read_all(folder: Path, content: bytes, names: list[str], limits: Limits) -> list[object]:
    (folder / "in.csv").write_bytes(content)
    roots = Roots((folder,), ())
    source = FileSource(str(folder / "in.csv"), FileFormat.CSV, names, roots, limits=limits)
    source.freeze(b"k" * 32)
    rows: list[tuple[int, object]] = []
    for batch in source.batches():
        rows += [(broken.row, broken) for broken in batch.broken]
        where = batch.positions.places(pa.array(range(batch.rows.num_rows), pa.int64()))
        cells = zip(
            where.rows.to_pylist(),
            where.lines.to_pylist(),
            where.offsets.to_pylist(),
            batch.rows.to_pylist(),
            strict=True,
        )
        rows += [(item[0], (*item[:3], tuple(item[3].values()))) for item in cells]
    return [row for _, row in sorted(rows, key=lambda item: item[0])]


@pytest.mark.parametrize("content", ODD + ONE_COLUMN, ids=range(len(ODD + ONE_COLUMN)))
def test_a_block_boundary_at_every_byte_changes_nothing(content: bytes, tmp_path: Path) -> None:
    names = ["a"] if content in ONE_COLUMN else ["a", "b"]
    whole = read_all(tmp_path, content, names, Limits())

    for size in range(1, len(content) + 1):
        limits = Limits(block_bytes=size, batch_rows=1 + size % 3)
        assert read_all(tmp_path, content, names, limits) == whole
    assert any(not isinstance(row, BrokenRow) for row in whole)


@settings(max_examples=60)
@given(DIRTY_BYTES, st.integers(1, 12), st.sampled_from([["a"], ["a", "b"]]))
def test_any_bytes_read_the_same_in_blocks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, size: int, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    content = ",".join(names).encode() + b"\n" + b"x\n" * 25 + body

    whole = read_all(folder, content, names, Limits())
    assert read_all(folder, content, names, Limits(block_bytes=size)) == whole


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
            st.text(st.sampled_from('",\n\ra '), max_size=6),
        ),
        max_size=20,
    )
)
def test_cells_equal_those_of_the_csv_module(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("cells")
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("a", "b"), *rows])

    found = read_all(folder, text.getvalue().encode(), ["a", "b"], Limits(block_bytes=64))
    assert [row[3] for row in found] == rows  # type: ignore[index]  # none is broken
