"""A run folder: staged, fsynced, renamed; nothing visible before, nothing half-published after."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from lockgate.adapters.connectors.files.paths import HAS_OPENAT, Roots
from lockgate.adapters.connectors.files.session import PreparedRows
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.errors import (
    ConfigurationError,
    EnvironmentFailed,
    IntegrityError,
)
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import mint
from lockgate.run.ports import Guarantee, SinkSession

KEY = b"k" * 32
TABLE = pa.table({"a": ["x", None, "=1"], "n": [1, 2, None]})


@pytest.fixture(params=[pytest.param(False, marks=[]), True], ids=["openat", "portable"])
def roots(request: pytest.FixtureRequest, tmp_path: Path) -> Roots:
    return Roots((tmp_path,), (tmp_path,), unsafe_portable=request.param or not HAS_OPENAT)


def sink(roots: Roots, format: str = "csv", **options: Any) -> FileSink:
    return FileSink(
        "analytics", str(roots.write[0] / "out"), FileFormat(format), roots, KEY, **options
    )


def released(table: pa.Table = TABLE, plan: str = "plan", sink: str = "analytics") -> Any:
    return mint(table.to_batches()[0], plan, sink, "zone")


def test_a_run_folder_from_open_to_published(roots: Roots, tmp_path: Path) -> None:
    out = tmp_path / "out"
    session = sink(roots).open("r-1", "plan", TABLE.schema)
    session.write(session.prepare(released()))
    session.write(session.prepare(released()))
    staged = session.stage({"_notes.json": b"{}", "_contract.odcs.yaml": b"x: 1\n"})
    assert [path.name for path in out.iterdir()] == [".staging-r-1"]
    session.publish()
    session.publish()

    folder = out / "run-r-1"
    assert [path.name for path in out.iterdir()] == ["run-r-1"]
    assert (folder / "part-00000.csv").read_bytes() == (
        b'"a","n"\n"x",1\n,2\n"\'=1",\n"x",1\n,2\n"\'=1",\n'
    )
    assert [(file.name, file.rows) for file in staged] == [
        ("part-00000.csv", 6),
        ("_notes.json", 0),
        ("_contract.odcs.yaml", 0),
        ("_manifest.json", 0),
    ]
    for file in staged:
        content = (folder / file.name).read_bytes()
        digest = blake3(content, key=KEY).hexdigest()
        assert (file.size, file.digest) == (len(content), digest)
    manifest = json.loads((folder / "_manifest.json").read_bytes())
    assert manifest["csv"] == {"formulas": "neutralised", "delimiter": ","}
    assert manifest["run"] == "r-1"


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")
def test_files_are_0600_in_folders_0700(roots: Roots, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        session = FileSink(
            "analytics", str(tmp_path / "new" / "out"), FileFormat.PARQUET, roots, KEY
        ).open("r", "plan", TABLE.schema)
        session.write(session.prepare(released()))
        session.stage({"_notes.json": b"{}"})
        session.publish()
    finally:
        os.umask(before)

    made = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in made}
    assert len(made) == 6
    assert modes == {True: 0o700, False: 0o600}


def test_only_batches_released_for_this_plan_and_sink(roots: Roots) -> None:
    session = sink(roots).open("r", "plan", TABLE.schema)

    for wrong in (
        TABLE.to_batches()[0],
        released(plan="other"),
        released(sink="partner"),
        released(TABLE.select(["a"])),
        released(TABLE.rename_columns(["a", "m"])),
    ):
        with pytest.raises(IntegrityError):
            session.prepare(wrong)
    session.discard()


def test_a_session_writes_only_what_it_prepared(roots: Roots) -> None:
    session = sink(roots).open("r", "plan", TABLE.schema)
    other = sink(roots).open("s", "plan", TABLE.schema)

    for wrong in (released(), other.prepare(released()), TABLE.to_batches()[0]):
        with pytest.raises(IntegrityError):
            session.write(wrong)
    session.discard()
    other.discard()


def test_a_session_writes_what_it_prepared_once_and_whole(roots: Roots) -> None:
    session = sink(roots).open("r", "plan", TABLE.schema)
    prepared = session.prepare(released())
    session.write(prepared)
    forged = PreparedRows(prepared.chunks)
    for wrong in (prepared, replace(prepared), forged):
        with pytest.raises(IntegrityError):
            session.write(wrong)
    session.prepare(released())
    with pytest.raises(IntegrityError, match="not written"):
        session.stage({})
    session.discard()


def test_order_of_calls_is_held(roots: Roots) -> None:
    session = sink(roots).open("r", "plan", TABLE.schema)
    with pytest.raises(IntegrityError, match="not staged"):
        session.publish()
    session.stage({})
    with pytest.raises(IntegrityError, match="closed"):
        session.write(session.prepare(released()))
    with pytest.raises(IntegrityError, match="closed"):
        session.stage({})


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "_manifest.json", "part-1.csv", ""])
def test_document_names(roots: Roots, name: str) -> None:
    session = sink(roots).open("r", "plan", TABLE.schema)

    with pytest.raises(ConfigurationError):
        session.stage({name: b""})


@pytest.mark.parametrize("run", ["../x", "", ".", "a/b", "x" * 200, "a\n"])
def test_run_ids_are_plain(roots: Roots, run: str) -> None:
    with pytest.raises(ConfigurationError):
        sink(roots).open(run, "plan", TABLE.schema)


def test_no_rows_still_make_a_file_with_its_columns(roots: Roots, tmp_path: Path) -> None:
    for format in FileFormat:
        session = sink(roots, format.value).open(format.value, "plan", TABLE.schema)
        (part, _) = session.stage({})
        session.publish()
        assert part.rows == 0
    empty = pq.read_table(tmp_path / "out" / "run-parquet" / "part-00000.parquet")
    assert empty.schema.names == ["a", "n"]
    assert (tmp_path / "out" / "run-csv" / "part-00000.csv").read_bytes() == b'"a","n"\n'


def test_discard_leaves_nothing_and_may_be_repeated(roots: Roots, tmp_path: Path) -> None:
    session = sink(roots).open("r", "plan", TABLE.schema)
    session.write(session.prepare(released()))
    session.discard()
    session.discard()
    sink(roots).resume("never-was").discard()

    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(IntegrityError):
        session.publish()


def test_resume_publishes_or_discards_what_was_staged(roots: Roots, tmp_path: Path) -> None:
    for run in ("one", "two"):
        session = sink(roots).open(run, "plan", TABLE.schema)
        session.write(session.prepare(released()))
        session.stage({})

    resumed = sink(roots).resume("one")
    with pytest.raises(IntegrityError):
        resumed.prepare(released())
    resumed.publish()
    sink(roots).resume("one").publish()
    sink(roots).resume("two").discard()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["run-one"]
    with pytest.raises(IntegrityError, match="nothing is staged"):
        sink(roots).resume("two").publish()


def test_resume_does_not_publish_what_is_unfinished_or_altered(
    roots: Roots, tmp_path: Path
) -> None:
    unfinished = sink(roots).open("unfinished", "plan", TABLE.schema)
    unfinished.write(unfinished.prepare(released()))
    with pytest.raises(IntegrityError, match="not complete"):
        sink(roots).resume("unfinished").publish()

    changes = {
        "edited": lambda f: (f / "part-00000.csv").write_bytes(b'"a","n"\n"y",1\n,2\n"\'=1",\n'),
        "added": lambda f: (f / "extra.csv").write_bytes(b"x"),
        "removed": lambda f: (f / "part-00000.csv").unlink(),
    }
    for run, change in changes.items():
        session = sink(roots).open(run, "plan", TABLE.schema)
        session.write(session.prepare(released()))
        session.stage({})
        change(tmp_path / "out" / f".staging-{run}")
        with pytest.raises(IntegrityError, match="staged file"):
            sink(roots).resume(run).publish()
        assert not (tmp_path / "out" / f"run-{run}").exists()
    unfinished.discard()


def test_part_files_are_bounded(roots: Roots, tmp_path: Path) -> None:
    session = sink(roots, "jsonl", rows_per_file=2, compression="gzip").open(
        "r", "plan", TABLE.schema
    )
    for rows in (3, 1, 2):
        session.write(session.prepare(released(TABLE.slice(0, rows))))
    staged = session.stage({})

    assert [(file.name, file.rows) for file in staged[:-1]] == [
        ("part-00000.jsonl.gz", 2),
        ("part-00001.jsonl.gz", 2),
        ("part-00002.jsonl.gz", 2),
    ]
    session.discard()


def test_settings_are_checked(roots: Roots) -> None:
    for options in ({"compression": "lzma"}, {"rows_per_file": 0}, {"parts": 0}, {"parts": 65}):
        with pytest.raises(ConfigurationError):
            sink(roots, **options)
    with pytest.raises(ConfigurationError, match="inside"):
        sink(roots, "parquet", compression="gzip")
    with pytest.raises(ConfigurationError, match="lists"):
        sink(roots).open("r", "plan", pa.schema([("l", pa.list_(pa.int64()))]))
    assert sink(roots).guarantee is Guarantee.ATOMIC
    assert "kkkk" not in repr(sink(roots))


def test_protected_parquet_columns_have_no_statistics_dictionary_or_metadata(
    roots: Roots, tmp_path: Path
) -> None:
    schema = pa.schema(
        [
            pa.field("token", pa.binary(), metadata={b"lockgate.protected": b"1"}),
            pa.field("clear", pa.string(), metadata={b"note": b"canary-meta"}),
            pa.field("s.x", pa.string(), metadata={b"lockgate.protected": b"1"}),
        ],
        metadata={b"pandas": b"canary-pandas"},
    )
    rows = 999
    table = pa.table(
        [[b"canary-token"] * rows, ["seen", "heard", "said"] * (rows // 3), ["canary-dots"] * rows],
        schema=schema,
    )
    session = sink(roots, "parquet").open("r", "plan", schema)
    session.write(session.prepare(released(table)))
    session.stage({})
    session.publish()

    path = tmp_path / "out" / "run-r" / "part-00000.parquet"
    parquet = pq.ParquetFile(path)
    group = parquet.metadata.row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(3)}
    for name in ("token", "s.x"):
        assert columns[name].statistics is None
        assert columns[name].compression == "UNCOMPRESSED"
        assert columns[name].encodings in (("PLAIN", "RLE"), ("RLE", "PLAIN"))
        assert not columns[name].has_dictionary_page
    assert columns["clear"].compression == "SNAPPY"
    assert columns["clear"].has_dictionary_page
    assert parquet.metadata.metadata is None
    content = path.read_bytes()
    assert b"canary-meta" not in content
    assert b"canary-pandas" not in content
    assert content.count(b"canary-token") == rows
    assert parquet.read().column("token").to_pylist() == [b"canary-token"] * rows


def _write_and_stage(session: SinkSession) -> None:
    session.write(session.prepare(released()))
    session.stage({})


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_a_failing_disk_leaves_nothing_staged(
    roots: Roots, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    session = sink(roots, format).open("r", "plan", TABLE.schema)
    monkeypatch.setattr(os, "write", no_space)
    with pytest.raises(EnvironmentFailed, match="disk is full") as caught:
        _write_and_stage(session)
    monkeypatch.undo()
    assert str(tmp_path / "out") in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_fsync_failing_publishes_nothing(
    roots: Roots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(fd: int) -> None:
        raise OSError(5, "Input/output error")

    session = sink(roots).open("r", "plan", TABLE.schema)
    session.write(session.prepare(released()))
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(EnvironmentFailed, match="input/output"):
        session.stage({})
    monkeypatch.undo()
    with pytest.raises(IntegrityError):
        session.publish()
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(not HAS_OPENAT, reason="this system has no openat")
def test_files_then_folders_are_durable_before_the_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int | str] = []
    fsync, rename = os.fsync, os.rename

    def synced(fd: int) -> None:
        steps.append(os.fstat(fd).st_ino)
        fsync(fd)

    def renamed(*names: Any, **folders: Any) -> None:
        steps.append("rename")
        rename(*names, **folders)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    session = sink(Roots((tmp_path,), (tmp_path,))).open("r", "plan", TABLE.schema)
    _write_and_stage(session)
    session.publish()
    monkeypatch.undo()
    out = tmp_path / "out"
    files = {path.stat().st_ino for path in (out / "run-r").iterdir()}
    at = steps.index("rename")
    assert files < set(steps[:at])
    inside = (out / "run-r").stat().st_ino
    assert max(steps.index(file) for file in files) < steps.index(inside) < at
    assert steps[at + 1 :] == [out.stat().st_ino]
