"""Parquet in pieces: row groups decoded by any thread, in any order, bounded whatever the file."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.adapters.connectors.files.parquet_piece import GroupsPiece, checked, spans_of
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.errors import SourceError
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

KEY = b"k" * 32
ROWS = 30_000
TABLE = pa.table(
    {
        "n": pa.array(range(ROWS)),
        "text": [f"text é {n}" if n % 7 else None for n in range(ROWS)],
        "big": pa.array([f"row {n}" for n in range(ROWS)], pa.large_string()),
        "view": pa.array([f"view {n % 10}" for n in range(ROWS)], pa.string_view()),
        "list": [[n, n + 1] for n in range(ROWS)],
    }
)


def opened(folder: Path, *, limits: Limits | None = None, **writing: Any) -> FileSource:
    pq.write_table(TABLE, folder / "in.parquet", **writing)
    roots = Roots((folder,), (), base=folder)
    names, kind = TABLE.schema.names, FileFormat.PARQUET
    source = FileSource("in.parquet", kind, names, roots, limits=limits or Limits())
    source.freeze(KEY)
    return source


@pytest.mark.parametrize("group", [100, 999, 4_000, ROWS])
@pytest.mark.parametrize("batch_rows", [1_000, 5_000, 65_536])
def test_pieces_on_threads_give_the_rows_in_order(
    tmp_path: Path, group: int, batch_rows: int
) -> None:
    source = opened(tmp_path, limits=Limits(batch_rows=batch_rows), row_group_size=group)
    pieces = list(source.pieces())
    with ThreadPoolExecutor(4) as pool:
        found = [
            raw for batches in pool.map(lambda p: list(p.batches()), pieces) for raw in batches
        ]

    assert all(0 < raw.rows.num_rows <= batch_rows for raw in found)
    whole = pa.Table.from_batches([raw.rows for raw in found])
    for name in TABLE.schema.names:
        assert whole.column(name).to_pylist() == TABLE.column(name).to_pylist()
    firsts = [raw.positions.first_row for raw in found]
    assert firsts == [1, *(1 + np.cumsum([raw.rows.num_rows for raw in found])[:-1])]


def spans(path: Path, **limits: int) -> list[tuple[tuple[int, ...], int, bool]]:
    found = spans_of(pq.read_metadata(path), Limits(**limits))
    return [(span.groups, span.rows, span.small) for span in found]


def test_small_groups_go_together_and_large_ones_alone(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    with pq.ParquetWriter(path, TABLE.schema) as writer:
        for rows in (10, 10, 2_000, 5_000, 10, 1_995):
            writer.write_table(TABLE.slice(0, rows))
    assert spans(path, batch_rows=1_000) == [
        ((0, 1), 20, True),
        ((2,), 2_000, True),
        ((3,), 5_000, False),
        ((4,), 10, True),
        ((5,), 1_995, True),
    ]
    assert spans(path, block_bytes=10) == [
        ((n,), rows, False) for n, rows in enumerate((10, 10, 2_000, 5_000, 10, 1_995))
    ]
    assert spans(path) == [((0, 1, 2, 3, 4, 5), 9_025, True)]


def test_no_rows_are_no_pieces(tmp_path: Path) -> None:
    pq.write_table(TABLE.slice(0, 0), tmp_path / "in.parquet")
    assert spans(tmp_path / "in.parquet") in ([], [((0,), 0, True)])


@pytest.fixture
def descriptors() -> Iterator[None]:
    """No file stays open behind the test."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("this system does not list descriptors")
    gc.collect()
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.usefixtures("descriptors")
def test_pieces_close_what_they_opened_taken_or_not(tmp_path: Path) -> None:
    source = opened(tmp_path, limits=Limits(batch_rows=1_000), row_group_size=2_000)
    pieces = list(source.pieces())
    assert len(pieces) == 15
    list(pieces[0].batches())
    next(pieces[1].batches())
    del pieces, source


def test_a_change_is_found_by_the_piece_that_parses_it(tmp_path: Path) -> None:
    noise = pa.table({"n": np.random.default_rng(1).integers(0, 2**62, 600_000)})
    pq.write_table(noise, tmp_path / "in.parquet", row_group_size=100_000, compression="none")
    roots = Roots((tmp_path,), (), base=tmp_path)
    source = FileSource("in.parquet", FileFormat.PARQUET, ["n"], roots)
    source.freeze(KEY)
    pieces = list(source.pieces())
    assert all(isinstance(piece, GroupsPiece) for piece in pieces)
    with (tmp_path / "in.parquet").open("r+b") as changing:
        changing.seek(-100_000, 2)
        changing.write(b"other")

    list(pieces[0].batches())
    with pytest.raises(SourceError, match="changed"):
        list(pieces[-1].batches())


NOT_UTF8 = {
    "a byte alone": [b"ok", b"\xff"],
    "a character cut by the end of its value": [b"ok", b"\xc3", b"\xa9"],
    "a surrogate": [b"\xed\xa0\x80"],
    "behind ASCII and a null": [b"x" * 100, None, b"\x80"],
}


@pytest.mark.parametrize("values", NOT_UTF8.values(), ids=NOT_UTF8)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_text_that_is_not_utf8_is_refused(values: list[bytes | None], kind: pa.DataType) -> None:
    binary = pa.large_binary() if kind == pa.large_string() else pa.binary()
    array = pa.array(values, binary)
    text = pa.Array.from_buffers(kind, len(array), array.buffers(), array.null_count)
    batch = pa.record_batch({"n": pa.array(range(len(values))), "text": text})
    with pytest.raises(SourceError, match="damaged"):
        checked(batch, "in")
    clean = checked(batch.slice(0, 0), "in")
    assert clean.num_rows == 0


def test_a_slice_is_judged_by_its_own_values() -> None:
    array = pa.array([b"\xff", b"fine", b"\xff"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, array.buffers())
    batch = pa.record_batch({"text": text})
    assert checked(batch.slice(1, 1), "in").column("text").to_pylist() == ["fine"]
    for at in (0, 2):
        with pytest.raises(SourceError):
            checked(batch.slice(at, 1), "in")


def test_offsets_that_go_back_are_refused() -> None:
    offsets = pa.py_buffer(np.array([0, 9, 1], np.int32))
    text = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"abc")])
    with pytest.raises(SourceError):
        checked(pa.record_batch({"text": text}), "in")
