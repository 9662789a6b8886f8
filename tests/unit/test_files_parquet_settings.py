"""Parquet's settings by column: protected ones always the same, clear ones as their rows are."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_path.parquet_pages import CHECKSUM, UNCOMPRESSED_SIZE, chunks
from lockgate.adapters.connectors.files import parquet_settings, parquet_writer
from lockgate.adapters.connectors.files.parquet_settings import columns_of, writer_settings
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.errors import TreatmentFailed
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import ReleasedBatch, mint
from lockgate.run.ports import SinkSession

ROWS = 20_000
RANDOM = np.random.default_rng(5)
KEY = b"k" * 32
HIDDEN = {b"lockgate.protected": b"1"}


def words(kinds: int) -> pa.Array:
    return pa.array([f"word {n}" for n in RANDOM.integers(0, kinds, ROWS)])


def hexes() -> pa.Array:
    return pa.array([RANDOM.bytes(12).hex() for _ in range(ROWS)])


DAY = datetime.date(2020, 1, 1)
CLEAR = {
    "few": words(5),
    "many": words(10**9),
    "same": pa.array(["x"] * ROWS),
    "alike": pa.array([f"{'the same words in every row, ' * 3}{n}" for n in range(ROWS)]),
    "nothing": pa.nulls(ROWS, pa.string()),
    "id": pa.array(range(ROWS)),
    "kind": pa.array(RANDOM.integers(0, 3, ROWS)),
    "noise": pa.array(RANDOM.integers(0, 2**62, ROWS)),
    "flag": pa.array(RANDOM.random(ROWS) < 0.5),
    "amount": pa.array([Decimal(int(n)) / 100 for n in RANDOM.integers(0, 10**9, ROWS)]),
    "day": pa.array([DAY + datetime.timedelta(int(n)) for n in RANDOM.integers(0, 20_000, ROWS)]),
    "blob": pa.array([RANDOM.bytes(20) for _ in range(ROWS)]),
    "list": pa.array([[1, 2]] * ROWS),
    "pair": pa.array([{"left": "a", "right": n} for n in range(ROWS)]),
}
NUMBERS = {"id", "kind", "noise", "flag", "amount", "day", "list.list.element", "pair.right"}


def settings(table: pa.Table) -> dict[str, Any]:
    return writer_settings(columns_of(table.schema), table)


def test_a_dictionary_only_where_values_repeat_and_snappy_only_where_it_saves() -> None:
    found = settings(pa.table(CLEAR))
    dictionary = set(found["use_dictionary"])
    assert {"few", "kind"} <= dictionary
    plain = {"many", "alike", "id", "noise", "amount", "day", "blob", "flag", "pair.right"}
    assert not plain & dictionary
    compression = found["compression"]
    assert {compression[name] for name in ("few", "alike", "same")} == {"snappy"}
    assert {compression[name] for name in ("many", "id", "noise", "blob", "day")} == {"none"}
    assert set(found["write_statistics"]) == NUMBERS


def test_pages_stay_small_however_wide_a_row_is(tmp_path: Path) -> None:
    """Arrow looks at a page's size once a step, so a step must not hold many of these rows."""
    for name, table in (
        ("narrow", pa.table({"t": hexes()})),
        ("wide", pa.table({"t": [RANDOM.bytes(2_000).hex() for _ in range(3_000)]})),
    ):
        path = tmp_path / name
        pq.write_table(table, path, row_group_size=table.num_rows, **settings(table))
        pages = [page for chunk in chunks(path.read_bytes()) for page in chunk.pages]
        sizes = [page[UNCOMPRESSED_SIZE] for page in pages]
        assert sum(sizes) > 400_000
        assert max(sizes) <= (128 << 10) + (1 << 20)
        assert not any(CHECKSUM in page for page in pages)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_few_rows_are_enough(rows: int) -> None:
    table = pa.table(CLEAR).slice(0, rows)
    assert set(settings(table)["compression"]) == {
        *(CLEAR.keys() - {"list", "pair"}),
        "list.list.element",
        "pair.left",
        "pair.right",
    }


def test_what_is_protected_is_never_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    sampled: list[list[str]] = []
    sizes = parquet_settings._sizes

    def noted(sample: pa.Table, **options: bool) -> list[tuple[int, int]]:
        sampled.append(sample.schema.names)
        return sizes(sample, **options)

    monkeypatch.setattr(parquet_settings, "_sizes", noted)
    table = pa.table(CLEAR)
    hidden = {"few", "kind", "pair", "list"}
    schema = pa.schema([f.with_metadata(HIDDEN) if f.name in hidden else f for f in table.schema])
    found = settings(table.cast(schema))

    assert [set(names) & hidden for names in sampled] == [set(), set()]
    paths = {"few", "kind", "pair.left", "pair.right", "list.list.element"}
    assert {found["compression"][path] for path in paths} == {"none"}
    assert not paths & {*found["use_dictionary"], *found["write_statistics"]}


def test_a_clear_field_whose_path_is_a_protected_ones_is_written_like_it() -> None:
    fields = [
        pa.field("s", pa.struct([("x", pa.string()), ("y", pa.string())])),
        pa.field("s.x", pa.string(), metadata=HIDDEN),
        pa.field("t", pa.string()),
    ]
    columns = columns_of(pa.schema(fields))
    assert (set(columns.protected), columns.fields) == ({"s.x", "s.y"}, (2,))


def test_files_hold_nothing_about_protected_columns(tmp_path: Path) -> None:
    """Every column chunk: what the footer says of it, and no bytes that no page accounts for."""
    table = pa.table({"clear": words(3), "token": hexes(), "code": CLEAR["kind"], "n": CLEAR["id"]})
    fields = [f.with_metadata(HIDDEN) if f.name in ("token", "code") else f for f in table.schema]
    table = table.cast(pa.schema(fields))
    roots = Roots((tmp_path,), (tmp_path,))
    sink = FileSink("s", str(tmp_path / "o"), FileFormat.PARQUET, roots, KEY)
    session = sink.open("r", "plan", table.schema)
    for _ in range(15):
        (batch,) = table.to_batches()
        session.write(session.prepare(mint(batch, "plan", "s", "z")))
    session.stage({})
    session.publish()

    path = tmp_path / "o" / "run-r" / "part-00000.parquet"
    metadata = pq.read_metadata(path)
    assert metadata.num_row_groups > 1
    assert metadata.metadata is None
    end = 4
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for index, name in enumerate(["clear", "token", "code", "n"]):
            chunk = group.column(index)
            assert (chunk.has_column_index, chunk.has_offset_index) == (False, False)
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            assert start == end, "bytes between column chunks"
            end += chunk.total_compressed_size
            if name in ("token", "code"):
                assert not chunk.has_dictionary_page
                assert chunk.dictionary_page_offset is None
                assert chunk.statistics is None
                assert chunk.compression == "UNCOMPRESSED"
                assert set(chunk.encodings) == {"PLAIN", "RLE"}
            elif name == "n":
                assert chunk.statistics.has_min_max
    assert path.stat().st_size == end + metadata.serialized_size + 8, "bytes before the footer"
    assert (
        pq.read_table(path).column("token").combine_chunks()
        == pa.chunked_array([table["token"].combine_chunks()] * 15).combine_chunks()
    )


def test_row_groups_are_bounded_in_rows_and_bytes(tmp_path: Path) -> None:
    wide = pa.record_batch({"text": ["x" * 4_000] * 1_000})
    narrow = pa.record_batch({"text": ["x"] * 60_000})
    for name, batch, batches in (("wide", wide, 30), ("narrow", narrow, 9)):
        folder = tmp_path / name
        sink = FileSink("s", str(folder), FileFormat.PARQUET, Roots((), (tmp_path,)), KEY).open(
            "r", "p", batch.schema
        )
        for _ in range(batches):
            sink.write(sink.prepare(mint(batch, "p", "s", "z")))
        sink.stage({})
        sink.publish()
        metadata = pq.read_metadata(folder / "run-r" / "part-00000.parquet")
        groups = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
        assert sum(groups) == batches * batch.num_rows
        assert len(groups) > 1
        limit = parquet_writer.GROUP_ROWS + batch.num_rows
        assert max(groups) <= min(
            limit, parquet_writer.GROUP_BYTES // (batch.nbytes // batch.num_rows) + 1_000
        )


def test_columns_without_nulls_are_required_and_hold_none(tmp_path: Path) -> None:
    fields = [pa.field("n", pa.int64(), nullable=False), pa.field("t", pa.string())]
    fields.append(pa.field("token", pa.string(), nullable=False, metadata=HIDDEN))
    schema = pa.schema(fields)
    roots = Roots((), (tmp_path,))

    def session(run: str) -> SinkSession:
        return FileSink("s", str(tmp_path), FileFormat.PARQUET, roots, KEY).open(run, "p", schema)

    def batch(token: str | None) -> ReleasedBatch:
        columns = [pa.array([1, 2]), pa.array(["a", None]), pa.array(["x", token])]
        return mint(pa.record_batch(columns, schema=schema), "p", "s", "z")

    good = session("good")
    good.write(good.prepare(batch("y")))
    good.stage({})
    good.publish()
    path = tmp_path / "run-good" / "part-00000.parquet"
    written = pq.ParquetFile(path).schema
    levels = {written.column(n).name: written.column(n).max_definition_level for n in range(3)}
    assert levels == {"n": 0, "t": 1, "token": 0}
    assert pq.read_table(path).to_pylist() == batch("y").batch.to_pylist()

    bad = session("bad")
    bad.write(bad.prepare(batch(None)))
    with pytest.raises(TreatmentFailed):
        bad.stage({})
    assert not (tmp_path / ".staging-bad").exists()
