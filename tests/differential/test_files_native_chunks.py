"""Columns of Parquet that the native kernel reads are Arrow's own, whatever wrote the file."""

from __future__ import annotations

import io
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels import named
from lockgate.adapters.connectors.files import parquet_native
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.errors import LockgateError
from lockgate.kernel.column_chunks import ColumnChunk, ColumnChunks
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

ROWS = 5_000
KINDS = {"BYTE_ARRAY": "text", "INT32": "int32", "INT64": "int64", "DOUBLE": "float64"}
WRITING: list[dict[str, Any]] = [
    {"compression": codec, "use_dictionary": indexed, "data_page_version": version, **more}
    for codec, indexed, version, more in product(
        ["none", "snappy"],
        [True, False],
        ["1.0", "2.0"],
        [
            {},
            {"write_page_checksum": True, "data_page_size": 900, "dictionary_pagesize_limit": 700},
        ],
    )
]


def table() -> pa.Table:
    """Columns of all types that are taken, full and with nulls here and there or in long runs."""
    random = np.random.default_rng(7)
    texts = [
        f"{'é' * (n % 3)}text {n * n % 977}" + "long " * (n % 11 == 0) * 20 for n in range(ROWS)
    ]
    whole = random.integers(-(2**62), 2**62, ROWS)
    full = {
        "few": pa.array([["", "a", "bc", "gold"][n % 4] for n in range(ROWS)]),
        "texts": pa.array(texts),
        "same": pa.array(["one"] * ROWS),
        "int64": pa.array(whole),
        "small": pa.array(whole % 9),
        "int32": pa.array(whole % 2**31, pa.int32()),
        "date": pa.array(whole % 20_000, pa.int32()).cast(pa.date32()),
        "moment": pa.array(whole % 2**50).cast(pa.timestamp("us")),
        "zoned": pa.array(whole % 2**50).cast(pa.timestamp("us", "UTC")),
        "double": pa.array(random.normal(size=ROWS)),
    }
    for precision in (1, 2, 5, 10, 18, 19, 38):
        numbers = [Decimal(int(n) % 10**precision * (-1) ** int(n)) for n in whole]
        full[f"decimal{precision}"] = pa.array(numbers, pa.decimal128(precision, 0))
    columns = dict(full)
    for name, column in full.items():
        masks = {"rare": whole % 997 == 0, "half": whole % 2 == 0, "runs": np.arange(ROWS) > 900}
        for kind, mask in masks.items():
            columns[f"{name}_{kind}"] = pa.array(column.to_pylist(), column.type, mask=mask)
        columns[f"{name}_none"] = pa.nulls(ROWS, column.type)
    return pa.table(columns)


TABLE = table()


@pytest.fixture(scope="module")
def native() -> ColumnChunks:
    named("native")
    import lockgate_kernel

    module: Any = lockgate_kernel
    return ColumnChunks(module)


def written(rows: pa.Table, **writing: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, **writing)
    return sink.getvalue()


def chunk_of(data: bytes, place: int = 0) -> tuple[ColumnChunk, int]:
    parquet = pq.ParquetFile(io.BytesIO(data))
    group, leaf = parquet.metadata.row_group(0), parquet.schema.column(place)
    chunk = group.column(place)
    start = min(chunk.data_page_offset, chunk.dictionary_page_offset or 1 << 60)
    kind = KINDS.get(leaf.physical_type, "decimal")
    optional = leaf.max_definition_level == 1
    end = start + chunk.total_compressed_size
    found = ColumnChunk(start, end, chunk.compression, kind, leaf.length, optional)
    return found, group.num_rows


def read(native: ColumnChunks, data: bytes, most: int = 1 << 24) -> pa.Array | None:
    """The only column of a file's first row group, as the kernel reads it."""
    chunk, rows = chunk_of(data)
    (found,) = native.read(data, [chunk], rows, most)
    if found is not None:
        found.validate(full=True)
    return found


@pytest.mark.parametrize("writing", WRITING, ids=range(len(WRITING)))
def test_every_type_is_read_as_arrow_reads_it(
    native: ColumnChunks, writing: dict[str, Any]
) -> None:
    for name in TABLE.schema.names:
        column = TABLE.select([name])
        for nullable in {True, bool(column.column(0).null_count)}:
            schema = pa.schema([pa.field(name, column.schema.field(0).type, nullable)])
            data = written(column.cast(schema), **writing)
            expected = pq.read_table(io.BytesIO(data)).column(0).combine_chunks()
            found = read(native, data)
            assert found is not None, name
            assert found.view(expected.type).equals(expected), name


OTHERS = {
    "gzip": {"compression": "gzip"},
    "zstd": {"compression": "zstd"},
    "deltas": {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY"}},
    "delta lengths": {"use_dictionary": False, "column_encoding": {"a": "DELTA_LENGTH_BYTE_ARRAY"}},
}


@pytest.mark.parametrize("writing", OTHERS.values(), ids=OTHERS)
def test_other_codecs_and_encodings_are_left_to_arrow(
    native: ColumnChunks, writing: dict[str, Any]
) -> None:
    data = written(pa.table({"a": [f"text {n}" for n in range(100)]}), **writing)
    assert read(native, data) is None


@pytest.mark.parametrize("values", [[b"ok", b"\xff"], [b"\xc3", b"\xa9"], [b"\xed\xa0\x80", None]])
def test_text_that_is_not_utf8_is_left_to_arrow(
    native: ColumnChunks, values: list[bytes | None]
) -> None:
    for indexed in (True, False):
        data = written(pa.table({"a": pa.array(values, pa.binary())}), use_dictionary=indexed)
        assert read(native, data) is None


def test_what_unpacks_to_more_than_is_allowed_is_left_to_arrow(native: ColumnChunks) -> None:
    data = written(pa.table({"a": ["x" * 10_000] * 500}))
    assert read(native, data, 5_000_000) is not None
    assert read(native, data, 4_999_999) is None


def arrow_reads(data: bytes) -> Any:
    try:
        column = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True).read().column(0)
        column.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, UnicodeError):
        return None
    return column.to_pylist()


@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("codec", ["none", "snappy"])
def test_each_byte_damaged_is_read_as_arrow_reads_it_or_not_at_all(
    native: ColumnChunks, codec: str, indexed: bool, checksum: bool
) -> None:
    values = ["gold", None, "a longer text than most of them", "gold", "é"] * 3
    data = written(
        pa.table({"a": values}),
        compression=codec,
        use_dictionary=indexed,
        write_page_checksum=checksum,
        write_statistics=False,
        store_schema=False,
    )
    chunk, rows = chunk_of(data)
    read_otherwise = 0
    for place in range(chunk.start, chunk.end):
        for other in (0, 1, 0x7F, 0x80, 0xFF, data[place] ^ 1, data[place] ^ 0x10):
            bad = data[:place] + bytes([other]) + data[place + 1 :]
            (found,) = native.read(bad, [chunk], rows, 1 << 20)
            if found is not None:
                found.validate(full=True)
                assert found.to_pylist() == arrow_reads(bad), (place, other)
                read_otherwise += bad != data and found.to_pylist() != values
    assert bool(read_otherwise) is not checksum


@settings(max_examples=300)
@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), min_size=1, max_size=60), st.data())
@example(["\0", "", None, "x" * 32, "x" * 33], None)
def test_any_text_comes_back(native: ColumnChunks, values: list[str | None], draw: Any) -> None:
    writing = WRITING[0] if draw is None else draw.draw(st.sampled_from(WRITING))
    data = written(pa.table({"a": pa.array(values, pa.string())}), **writing)
    found = read(native, data)
    assert found is not None
    assert found.to_pylist() == values


def batches(
    folder: Path, names: list[str], limits: Limits
) -> tuple[list[dict[str, Any]], list[int]] | str:
    roots = Roots((folder,), (), base=folder)
    source = FileSource("in.parquet", FileFormat.PARQUET, names, roots, limits=limits)
    try:
        source.freeze(b"k" * 32)
        found = list(source.batches())
    except LockgateError as error:
        return error.message
    rows = [row for raw in found for row in raw.rows.to_pylist()]
    return rows, [raw.positions.first_row for raw in found]


FILES: dict[str, tuple[pa.Table, dict[str, Any]]] = {
    "one group": (TABLE, {}),
    "groups of several pieces": (TABLE, {"row_group_size": 1_100}),
    "groups too small to ask": (TABLE, {"row_group_size": 100}),
    "types that only Arrow reads": (
        TABLE.select(["few", "int64"])
        .append_column("list", [[[n, n] for n in range(ROWS)]])
        .append_column("large", TABLE.column("texts").cast(pa.large_string()))
        .append_column("uuid", [[bytes([n % 256] * 16) for n in range(ROWS)]])
        .append_column("struct", [[{"few": n} for n in range(ROWS)]])
        .append_column("coarse", TABLE.column("moment").cast(pa.timestamp("ms"), safe=False))
        .append_column("dictionary", TABLE.column("few").dictionary_encode()),
        {"row_group_size": 2_000},
    ),
    "a column of another codec": (
        TABLE.select(["few", "int64", "date"]),
        {"compression": {"few": "zstd", "int64": "none", "date": "snappy"}},
    ),
    "a point in a name": (
        pa.table({"a.b": TABLE.column("few"), "a": [{"c": n} for n in range(ROWS)]}),
        {},
    ),
}


@pytest.mark.parametrize("batch_rows", [1_000, 65_536])
@pytest.mark.parametrize("case", FILES)
def test_a_file_is_the_same_rows_with_and_without_the_native_reader(
    native: ColumnChunks,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    batch_rows: int,
) -> None:
    rows, writing = FILES[case]
    pq.write_table(rows, tmp_path / "in.parquet", **writing)
    limits, names = Limits(batch_rows=batch_rows), rows.schema.names[::-1]
    monkeypatch.setattr(parquet_native, "column_chunks", lambda: native)
    found = batches(tmp_path, names, limits)
    monkeypatch.setattr(parquet_native, "column_chunks", lambda: None)
    expected = batches(tmp_path, names, limits)
    assert not isinstance(expected, str)
    assert found == expected


def test_a_damaged_file_is_the_same_refusal(
    native: ColumnChunks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = written(TABLE.select(["texts"]), write_page_checksum=True)
    chunk, _ = chunk_of(data)
    for place in range(chunk.start + 60, chunk.end, 4_001):
        bad = data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
        (tmp_path / "in.parquet").write_bytes(bad)
        found = []
        for reader in (native, None):
            monkeypatch.setattr(parquet_native, "column_chunks", lambda reader=reader: reader)
            found.append(batches(tmp_path, ["texts"], Limits()))
        assert found[0] == found[1] == "the Parquet file is damaged or cut off"
