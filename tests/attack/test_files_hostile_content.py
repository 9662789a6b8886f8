"""Archive bombs, formula injection, smuggled rows, lying metadata."""

from __future__ import annotations

import csv
import gzip
import io
import resource
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from lockgate.adapters.connectors.files import formulas
from lockgate.adapters.connectors.files.block_rows import BlockRows
from lockgate.adapters.connectors.files.blocks import Block
from lockgate.adapters.connectors.files.jsonl_writer import JsonlEncoder
from lockgate.adapters.connectors.files.manifest import parse_manifest
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.rows import cut_lines
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.errors import IntegrityError, LimitExceeded, SourceError, TreatmentFailed
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import mint

KEY = b"k" * 32
FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1/?x="&A1,"click")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "'=1+1",
    'a","=1+1',
    "a;=1+1",
    "a\t=1+1",
    "a|=1+1",
    "a\n=1+1",
    "a\r\n@SUM(1)",
    "a; \u00a0=1+1",
    'a;"=1+1"',
    "a;'=1+1",
    "a;'\uff1d1",
    "a;\t=1;-1|+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x1f=1+1",
]


def source(folder: Path, content: bytes, format: str = "csv", limits: Limits = DEFAULT_LIMITS):  # type: ignore[no-untyped-def]
    (folder / "in").write_bytes(content)
    made = FileSource(
        str(folder / "in"), FileFormat(format), ["a"], Roots((folder,), ()), limits=limits
    )
    made.freeze(KEY)
    return made


@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_archive_bomb_of_one_endless_row(tmp_path: Path, codec: str, format: str) -> None:
    zeros = b" " * (200 << 20)
    bomb = (
        gzip.compress(zeros, 1)
        if codec == "gzip"
        else pa.Codec("zstd").compress(zeros).to_pybytes()
    )

    with pytest.raises(LimitExceeded):
        list(source(tmp_path, bomb, format).batches())


def test_archive_bomb_of_many_rows(tmp_path: Path) -> None:
    bomb = pa.Codec("zstd").compress(b"a\n" + b"1\n" * (50 << 20)).to_pybytes()
    limits = Limits(decompressed_ratio_floor=4 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(LimitExceeded, match="decompressed_ratio"):
        list(source(tmp_path, bomb, limits=limits).batches())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300 << 10  # KiB


def test_honest_high_ratios_pass(tmp_path: Path) -> None:
    packed = gzip.compress(b"a\n" + b"1\n" * (2 << 20))

    assert sum(b.rows.num_rows for b in source(tmp_path, packed).batches()) == 2 << 20


@pytest.mark.parametrize("formula", FORMULAS)
def test_csv_formula_injection(tmp_path: Path, formula: str) -> None:
    roots = Roots((tmp_path,), (tmp_path,))
    sink = FileSink("s", str(tmp_path / "out"), FileFormat.CSV, roots, KEY)
    table = pa.table({formula: [formula], "b": ["x"]})
    session = sink.open("r", "plan", table.schema)
    session.write(session.prepare(mint(table.to_batches()[0], "plan", "s", "z")))
    session.stage({})
    session.publish()

    content = (tmp_path / "out" / "run-r" / "part-00000.csv").read_bytes().decode()
    for cells in csv.reader(io.StringIO(content, newline="")):
        assert not cells[0].startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
        assert len(cells) == 2
    assert content.startswith('"')  # quoted, so that no other delimiter takes it apart
    back = FileSource(str(tmp_path / "out"), FileFormat.CSV, [formula, "b"], roots)
    back.freeze(KEY)
    assert [b.rows.to_pylist() for b in back.batches()] == [[{formula: formula, "b": "x"}]]


@pytest.mark.parametrize("separator", [";", "\t", "|", ",", "\n", "\r"])
def test_csv_formula_behind_a_separator_of_another_spreadsheet(separator: str) -> None:
    """Whatever the piece's beginning, a spreadsheet that splits there finds an apostrophe."""
    for filler in ("", " ", "'", '"', "\u00a0", "\u200b", "\ufeff", " ' \""):
        for sign in "=+-@\uff1d\uff0b\uff0d\uff20":
            cell = f"name{separator}{filler}{sign}cmd|' /C calc'!A0"
            written = formulas.neutralise(pa.array([cell]))
            assert written[0].as_py() == f"name{separator}{filler}'{sign}cmd|' /C calc'!A0"
            assert formulas.undo(written)[0].as_py() == cell


def test_rows_smuggled_inside_a_quoted_field(tmp_path: Path) -> None:
    """A field that holds what looks like rows stays one field, however blocks fall."""
    field = "x\n" + "evil\n" * 50
    content = f'a\n"{field}"\nlast\n'.encode()

    for size in (7, 64, 1000):
        limits = Limits(block_bytes=size)
        found = [
            r
            for b in source(tmp_path, content, limits=limits).batches()
            for r in b.rows.to_pylist()
        ]
        assert found == [{"a": field}, {"a": "last"}]


def test_rows_smuggled_behind_an_endless_quote(tmp_path: Path) -> None:
    """A too long quoted row is not cut at its first line: what follows would be taken for rows."""
    content = b'a\n"' + b"evil\n" * 1000 + b'"\nlast\n'
    limits = Limits(block_bytes=64, row_bytes=100, refused_row_bytes=10_000)
    batches = list(source(tmp_path, content, limits=limits).batches())

    assert [r for b in batches for r in b.rows.to_pylist()] == [{"a": "last"}]
    assert [row.reason for b in batches for row in b.broken] == ["row_too_long"]


def test_ten_thousand_stray_quotes_take_linear_time(tmp_path: Path) -> None:
    content = b"a\n" + b'x"",""y"' * 200_000 + b"\n" + b'"' * 400_001

    batches = source(tmp_path, content, limits=Limits(row_bytes=4 << 20)).batches()
    assert [row.reason for b in batches for row in b.broken] == [
        "wrong_column_count",
        "unterminated_quote",
    ]


def test_invalid_utf8_in_every_third_row_takes_linear_time() -> None:
    """Eight times the rows take the same number of steps, each over all bytes at once."""

    def steps(rows: int) -> int:
        data = b"aa\naa\n\xff\n" * rows
        cut = cut_lines(data, last=True)
        block = Block(data, cut.extent(), 0, 1, False, cut_lines, cut)
        judged = BlockRows(block, keep_blank=False, first_row=1)
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            judged.check_bytes(DEFAULT_LIMITS)
        finally:
            sys.setprofile(None)
        assert np.flatnonzero(judged.codes).tolist() == list(range(2, 3 * rows, 3))
        return calls

    steps(10)  # what is imported and cached on first use
    assert steps(8_000) == steps(1_000) < 200


def test_two_mebibytes_of_broken_rows_are_all_set_aside(tmp_path: Path) -> None:
    rows = 2 * 2**20 // 9
    found = list(source(tmp_path, b"a\n" + b"aa\naa\n\xff\n" * rows).batches())

    assert sum(batch.rows.num_rows for batch in found) == 2 * rows
    assert {row.reason for batch in found for row in batch.broken} == {"invalid_utf8"}
    assert sum(len(batch.broken) for batch in found) == rows


def test_parquet_that_claims_a_huge_footer(tmp_path: Path) -> None:
    content = b"PAR1" + b"\0" * 64 + (2**31 - 1).to_bytes(4, "little") + b"PAR1"

    with pytest.raises(LimitExceeded, match="footer"):
        list(source(tmp_path, content, "parquet").batches())


def test_parquet_bomb(tmp_path: Path) -> None:
    file = io.BytesIO()
    table = pa.table({"a": ["x" * 1000] * 20_000})
    pq.write_table(table, file, compression="zstd", use_dictionary=False, row_group_size=20_000)
    limits = Limits(decompressed_ratio=20, decompressed_ratio_floor=1 << 20)

    with pytest.raises(LimitExceeded, match="decompressed_ratio"):
        list(source(tmp_path, file.getvalue(), "parquet", limits).batches())


def chain(error: BaseException) -> list[BaseException]:
    """The error and all it drags along: causes, and contexts that a traceback would not show."""
    found, todo = [], [error]
    while todo:
        one = todo.pop()
        if one not in found:
            found.append(one)
            todo += [other for other in (one.__cause__, one.__context__) if other is not None]
    return found


def hostile(format: str) -> list[bytes]:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": ["canary-5d1c"] * 50}), file, compression="none")
    return {
        "csv": [b'a,b\n"canary-5d1c', b"canary-5d1c\n1\n", gzip.compress(b"a\ncanary-5d1c\n")[:-9]],
        "jsonl": [b"canary-5d1c\n{}\n", b"[canary-5d1c"],
        "parquet": [
            file.getvalue().replace(b"canary-5d1c", b"canary-5d1\xff", 3),
            b"PAR1canary-5d1cPAR1",
        ],
    }[format]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_errors_never_quote_the_data(tmp_path: Path, format: str) -> None:
    for body in hostile(format):
        with pytest.raises(SourceError) as caught:
            list(source(tmp_path, body, format).batches())
        error = caught.value
        assert "canary" not in f"{error} {error.problems} {error.__cause__}"
        assert chain(error) == [error]


def test_no_error_drags_the_data_along(tmp_path: Path) -> None:
    """``from None`` hides a context, it does not remove it: ``error.__context__.doc`` is data."""
    with pytest.raises(IntegrityError) as manifest:
        parse_manifest(b'{"format": "canary-5d1c', "shown")
    assert chain(manifest.value) == [manifest.value]
    for header in (b"canary-5d1c\xff,a\n1,2\n", b'a,"canary-5d1c\n'):
        with pytest.raises(SourceError) as caught:
            list(source(tmp_path, header).batches())
        assert chain(caught.value) == [caught.value]


def test_a_sink_that_fails_drags_no_data_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*unused: object) -> None:
        raise pa.ArrowInvalid("canary-5d1c")

    monkeypatch.setattr(JsonlEncoder, "encode", fail)
    roots = Roots((tmp_path,), (tmp_path,))
    sink = FileSink("s", str(tmp_path / "out"), FileFormat.JSONL, roots, KEY)
    table = pa.table({"a": ["canary-5d1c"]})
    session = sink.open("r", "plan", table.schema)
    with pytest.raises(TreatmentFailed) as caught:
        session.prepare(mint(table.to_batches()[0], "plan", "s", "z"))

    assert chain(caught.value) == [caught.value]
    session.discard()
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("lost", [1, -1], ids=["first", "last"])
def test_a_parser_that_sees_other_rows_than_the_cutter_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    read_csv = pa_csv.read_csv

    def less(*given: object) -> pa.Table:
        table = read_csv(*given)
        return table.slice(1) if lost > 0 else table.slice(0, max(table.num_rows - 1, 0))

    monkeypatch.setenv("LOCKGATE_KERNEL", "portable")
    honest = source(tmp_path, b"a\n1\n2\n3\n")
    monkeypatch.setattr(pa_csv, "read_csv", less)
    with pytest.raises(SourceError, match="cannot be told apart"):
        list(honest.batches())
