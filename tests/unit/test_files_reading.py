"""Odd files: a rejected row where it is a row's fault, a clear refusal where it is the file's."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from lockgate.adapters.connectors.files.delimiter import guess_delimiter, sniff_delimiter
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.contract.batches import BrokenRow, RawBatch
from lockgate.contract.model import Mode
from lockgate.errors import ConfigurationError, LimitExceeded, SourceError
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat

KEY = b"k" * 32
Read = Callable[..., list[RawBatch]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_bytes(
        content: bytes,
        format: str = "csv",
        names: Sequence[str] = ("a", "b"),
        limits: Limits = DEFAULT_LIMITS,
        **options: object,
    ) -> list[RawBatch]:
        (tmp_path / "in").write_bytes(content)
        roots = Roots((tmp_path,), ())
        source = FileSource(
            str(tmp_path / "in"),
            FileFormat(format),
            names,
            roots,
            limits=limits,
            **options,  # type: ignore[arg-type]
        )
        source.freeze(KEY)
        return list(source.batches())

    return read_bytes


def rows(batches: list[RawBatch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.rows.to_pylist()]


def broken(batches: list[RawBatch]) -> list[BrokenRow]:
    return [row for batch in batches for row in batch.broken]


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


def test_unquoted_empty_is_null_and_quoted_empty_is_text(read: Read) -> None:
    assert rows(read(b'a,b\n,""\n')) == [{"a": None, "b": ""}]


def test_column_order_is_free_and_ignored_columns_are_not_read(read: Read) -> None:
    found = read(b"x,b,a\n1,2,3\n", ignore=["x"])

    assert rows(found) == [{"a": "3", "b": "2"}]
    assert found[0].mode is Mode.STRINGS
    assert found[0].rows.schema.types == [pa.string(), pa.string()]


def test_positions_and_originals(read: Read) -> None:
    (batch,) = read(b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n\r\n3,4')

    where = batch.positions.places(pa.array([0, 1]))
    assert (where.rows.to_pylist(), where.lines.to_pylist()) == ([1, 2], [2, 5])
    assert where.offsets.to_pylist() == [8, 20]
    assert batch.positions.places(pa.array([1])).lines.to_pylist() == [5]


def test_positions_are_little_beside_the_rows_and_hold_nothing_of_them(read: Read) -> None:
    (batch,) = read(b"a,b\n" + b"secret" * 20 + b",\n" + b"y,\n" * 10_000)

    held = pickle.dumps(batch.positions)
    assert len(held) < 25 * 10_001
    assert b"secret" not in held


def test_broken_rows_keep_their_bytes_and_place(read: Read) -> None:
    found = read(b"a,b\n1\n2,\xff\n3,\0\n4,5\n1,2,3\n6,7\n8,9\n", limits=Limits(row_bytes=100))

    assert rows(found) == [{"a": a, "b": b} for a, b in (("4", "5"), ("6", "7"), ("8", "9"))]
    assert broken(found) == [
        BrokenRow(1, 2, 4, "wrong_column_count", b"1"),
        BrokenRow(2, 3, 6, "invalid_utf8", b"2,\xff"),
        BrokenRow(3, 4, 10, "nul_byte", b"3,\0"),
        BrokenRow(5, 6, 18, "wrong_column_count", b"1,2,3"),
    ]


def test_a_ten_megabyte_field_is_one_rejected_row(read: Read) -> None:
    big = b'"' + b"x\n" * (5 << 20) + b'"'
    found = read(b"a,b\n1,2\n" + big + b",3\n4,5\n")

    assert [row["a"] for row in rows(found)] == ["1", "4"]
    (row,) = broken(found)
    assert (row.row, row.line, row.reason, len(row.raw)) == (2, 3, "row_too_long", len(big) + 2)
    last = pa.array([found[-1].rows.num_rows - 1])
    assert found[-1].positions.places(last).lines.to_pylist() == [4 + (5 << 20)]


def test_a_row_past_every_limit_refuses_the_file(read: Read) -> None:
    limits = Limits(row_bytes=1_000, refused_row_bytes=10_000, block_bytes=512)

    for tail in (b"", b'"\n1,2\n'):
        with pytest.raises(LimitExceeded, match="refused_row_bytes"):
            read(b'a,b\n1,"' + b"x\n" * 8_000 + tail, limits=limits)


def test_an_open_quote_rejects_every_line_it_swallows(read: Read) -> None:
    found = read(b'a,b\n1,2\n3,"x\n4,5\n\n6,7\n')

    assert rows(found) == [{"a": "1", "b": "2"}]
    assert [(row.row, row.line, row.reason) for row in broken(found)] == [
        (2, 3, "unterminated_quote"),
        (3, 4, "unterminated_quote"),
        (4, 6, "unterminated_quote"),
    ]


def test_an_open_quote_that_swallows_more_than_a_row_may_hold(read: Read) -> None:
    with pytest.raises(LimitExceeded, match="never closes") as caught:
        read(b'a,b\n1,2\n3,"' + b"x\n" * 100, limits=Limits(row_bytes=50))
    assert caught.value.where is not None
    assert caught.value.where.line == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header"),
        (b"\n\n\r\n", "no header"),
        (b'"a,b\n1,2\n', "no header"),
        (b"a\n1\n", "missing: b"),
        (b"a,b,a\n1,2,3\n", "columns 1 and 3 have the same name"),
        (b"a,b,ssn-123\n1,2,3\n", "1 of 3 columns are not in the contract, at position 3"),
        (b"john,555-1234\n1,2\n", "missing: a, b"),
        (b"a, b\n1,2\n", "missing: b"),
        (b"a,\xff\n1,2\n", "not UTF-8"),
        (b"a,b\0\n1,2\n", "NUL"),
    ],
)
def test_wrong_headers(read: Read, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read(content)
    problems = [problem.message for problem in caught.value.problems]
    said = " ".join([caught.value.message, caught.value.hint, *problems])
    assert not any(word in said for word in ("ssn", "john", "555"))


def excel() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    return file.getvalue()


def parquet(**columns: list[object]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "declared", "seen"),
    [
        (parquet(a=[1], b=[2]), "csv", "Parquet"),
        (excel(), "csv", "Excel"),
        (b"PK\x03\x04rest", "jsonl", "zip archive"),
        (b"%PDF-1.7\n", "csv", "PDF"),
        (b'{"a": 1}\n', "csv", "JSON"),
        (b'[\n{"a": 1}]\n', "csv", "JSON"),
        (b"<?xml version='1.0'?>\n", "csv", "XML"),
        ("a,b\n1,2\n".encode("utf-16"), "csv", "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "csv", "UTF-16"),
        ("a,b\n1,2\n".encode("utf-32"), "jsonl", "UTF-32"),
        (gzip.compress(gzip.compress(b"a,b\n")), "csv", "gzip"),
        (b"SQLite format 3\0", "csv", "SQLite"),
        (b'[{"a": 1}]', "jsonl", "JSON array"),
        (b'{\n  "a": 1\n}\n', "jsonl", "several lines"),
        (b"name,email\n1,2\n", "jsonl", "CSV"),
        (b"a,b\n1,2\n", "parquet", "not a Parquet"),
        (gzip.compress(parquet(a=[1])), "parquet", "packed"),
        (b"PARE" + b"x" * 20 + b"PARE", "parquet", "encrypted"),
        ("a,b\nü,é\nö,ß\n".encode("cp1252"), "csv", "Windows-1252"),
        (("a,b\n" + "日本語,東京\n" * 9).encode("shift_jis"), "csv", "Shift_JIS"),
    ],
)
def test_another_format_than_declared(read: Read, content: bytes, declared: str, seen: str) -> None:
    with pytest.raises(SourceError, match=seen):
        read(content, declared)


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_packed_files_are_told_by_content(read: Read, pack: Callable[[bytes], bytes]) -> None:
    lines = b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(50_000))
    packed = pack(lines[:100_000]) + pack(lines[100_000:])

    assert len(rows(read(packed))) == 50_000
    for cut in (1, 10, len(packed) // 3):
        with pytest.raises(SourceError, match="cut off"):
            read(packed[:-cut])


def test_damaged_gzip(read: Read) -> None:
    packed = gzip.compress(b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(50_000)))

    with pytest.raises(SourceError, match="damaged"):
        read(packed[:500] + b"????" + packed[504:])


def test_other_delimiters(read: Read, tmp_path: Path) -> None:
    assert rows(read(b"a;b\n1,5;2\n", delimiter=";")) == [{"a": "1,5", "b": "2"}]
    assert sniff_delimiter(str(tmp_path / "in"), Roots((tmp_path,), ())) == ";"
    with pytest.raises(ConfigurationError):
        read(b"a:b\n", delimiter=":")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"a,b,c\n1,2,3\n", ","),
        (b'name;note\nx;"a, b, c"\ny;"d, e, f, g"\n', ";"),
        (b"a\tb\n1,5\t2\n", "\t"),
        (b"\xef\xbb\xbfa|b|c\n1|2|3\n", "|"),
        (b"only\none\n", ","),
        (b"", ","),
    ],
)
def test_delimiter_guess(start: bytes, expected: str) -> None:
    assert guess_delimiter(start) == expected


def test_json_lines(read: Read) -> None:
    deep = b'{"a":' + b"[" * 32 + b"]" * 32 + b"}"
    text = b'{"a":"' + b"[{" * 50 + b'\\""}'
    content = b'\n{"a":1}\r\n[1]\n\xff\n{"\0":1}\n' + deep + b"\n" + text + b"\nnot json"
    found = read(b"\xef\xbb\xbf" + content, "jsonl")

    assert found[0].mode is Mode.JSON
    assert [row["line"] for row in rows(found)] == [
        '{"a":1}',
        "[1]",
        text.decode(),
        "not json",
    ]
    assert [(row.line, row.reason) for row in broken(found)] == [
        (4, "invalid_utf8"),
        (5, "nul_byte"),
        (6, "nested_too_deep"),
    ]
    where = found[0].positions.places(pa.array([0, 1]))
    assert (where.lines.to_pylist(), where.offsets.to_pylist()) == ([2, 3], [4, 13])


def test_json_lines_in_blocks_of_any_size(read: Read) -> None:
    content = b'{"a":"\xc3\xa9"}\r\n\n{"b":2}\n\xff\n{"c":3}'
    whole = read(content, "jsonl")

    for size in range(1, len(content) + 1):
        found = read(content, "jsonl", limits=Limits(block_bytes=size))
        assert rows(found) == rows(whole)
        assert broken(found) == broken(whole)


def test_parquet_columns_and_rows(read: Read) -> None:
    content = parquet(c=["x"] * 10, b=list(range(10)), a=[None, "y"] * 5)
    found = read(content, "parquet", ignore=["c"], limits=Limits(batch_rows=4))

    assert rows(found)[:2] == [{"a": None, "b": 0}, {"a": "y", "b": 1}]
    firsts = [batch.positions.places(pa.array([0])).rows[0].as_py() for batch in found]
    assert firsts == [1, 5, 9]
    assert found[0].mode is Mode.PYTHON
    with pytest.raises(SourceError, match="1 of 3 columns are not in the contract"):
        read(content, "parquet")
    with pytest.raises(SourceError, match="missing: z"):
        read(content, "parquet", names=["a", "b", "c", "z"])


def test_damaged_parquet_says_nothing_of_its_content(read: Read) -> None:
    content = parquet(a=["canary-7f3a"] * 1000, b=list(range(1000)))

    for damaged in (content[:-1], content[:50], content[:-40] + b"\xff" * 32 + content[-8:]):
        with pytest.raises(SourceError, match="damaged") as caught:
            read(damaged, "parquet")
        assert "canary" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_parquet_text_that_is_not_utf8_refuses_the_file(read: Read) -> None:
    bad = pa.array([b"ok", b"\xff"]).view(pa.string())
    file = io.BytesIO()
    pq.write_table(pa.table({"a": bad, "b": [1, 2]}), file)

    with pytest.raises(SourceError, match="damaged"):
        read(file.getvalue(), "parquet")


def test_too_many_columns(read: Read) -> None:
    names = [f"c{number}" for number in range(20)]
    limits = Limits(columns=10)

    with pytest.raises(LimitExceeded, match="columns"):
        read(",".join(names).encode() + b"\n", names=names, limits=limits)
    with pytest.raises(LimitExceeded, match="columns"):
        read(parquet(**{name: [1] for name in names}), "parquet", names, limits)
    with pytest.raises(LimitExceeded, match="column_name_bytes"):
        read(b"a,b" + b"x" * 600 + b"\n")


@pytest.mark.parametrize("change", ["append", "edit", "replace"])
@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_bytes_that_changed_after_freezing_are_refused(
    tmp_path: Path, format: str, change: str
) -> None:
    content = {
        "csv": b"a\n1\n2\n",
        "jsonl": b'{"a":1}\n',
        "parquet": parquet(a=["1" * 50] * 5),
    }[format]
    path = tmp_path / "in"
    path.write_bytes(content)
    source = FileSource(str(path), FileFormat(format), ["a"], Roots((tmp_path,), ()))
    (frozen,) = source.freeze(KEY)
    assert (frozen.size, len(frozen.digest)) == (len(content), 64)
    changed = {
        "append": content + content,
        "edit": content.replace(b"1", b"3", 1),
        "replace": content[:4] + b"x" + content[5:],
    }[change]
    path.unlink()
    path.write_bytes(changed)

    with pytest.raises(SourceError):
        list(source.batches())


def test_digests_are_keyed(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"a\n1\n")
    source = FileSource(str(tmp_path / "in"), FileFormat.CSV, ["a"], Roots((tmp_path,), ()))

    (one,), (two,) = source.freeze(b"1" * 32), source.freeze(b"2" * 32)
    assert one.digest != two.digest
    assert list(source.batches())


def test_reading_before_freezing_is_refused(tmp_path: Path) -> None:
    source = FileSource(str(tmp_path / "in"), FileFormat.CSV, ["a"], Roots((tmp_path,), ()))

    with pytest.raises(SourceError, match="frozen"):
        list(source.batches())


def test_foreign_apostrophes_are_data_and_ours_are_undone(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a\n'=1\n")
    source = FileSource(str(tmp_path), FileFormat.CSV, ["a"], Roots((tmp_path,), ()))

    def values() -> list[object]:
        source.freeze(KEY)
        return rows(list(source.batches()))

    assert values() == [{"a": "'=1"}]
    manifest = {
        "format": "lockgate.run-folder/2",
        "run": "r",
        "plan": "p",
        "sink": "s",
        "data": "csv",
        "csv": {"formulas": "neutralised"},
        "files": [{"name": "other.csv", "size": 1, "rows": 1, "digest": ""}],
    }
    (tmp_path / "_manifest.json").write_text(json.dumps(manifest))
    assert values() == [{"a": "'=1"}]
    content = (tmp_path / "in.csv").read_bytes()
    digest = blake3(content, key=KEY).hexdigest()
    manifest["files"] = [{"name": "in.csv", "size": len(content), "rows": 1, "digest": digest}]
    (tmp_path / "_manifest.json").write_text(json.dumps(manifest))
    assert values() == [{"a": "=1"}]


def test_parquet_views_come_as_plain_text(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array(["x", None], pa.string_view()), "b": [1, 2]})
    pq.write_table(table, tmp_path / "v.parquet")
    source = FileSource(
        "v.parquet", FileFormat.PARQUET, ("a", "b"), Roots((tmp_path,), (), base=tmp_path)
    )
    source.freeze(KEY)
    (raw,) = source.batches()
    assert raw.rows.schema.field("a").type == pa.large_string()
    assert raw.rows.take(pa.array([1, 0])).column("a").to_pylist() == [None, "x"]
