"""A session of several lanes: written to by several threads at once, in any order, and given up."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.json as pajson
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.adapters.connectors.files.parquet_writer import ParquetWriter
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.adapters.connectors.files.text_writer import TextWriter
from lockgate.errors import EnvironmentFailed, IntegrityError, LockgateError
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import mint
from lockgate.run.ports import SinkSession

KEY = b"k" * 32
SCHEMA = pa.schema(
    [
        pa.field("n", pa.int64()),
        pa.field("token", pa.string(), metadata={b"lockgate.protected": b"1"}),
    ]
)
ROWS = 1_000
FORMATS = ["csv", "jsonl", "parquet"]


def opened(folder: Path, format: str, parts: int, **options: Any) -> SinkSession:
    roots = Roots((folder,), (folder,))
    sink = FileSink(
        "s", str(folder / "out"), FileFormat(format), roots, KEY, parts=parts, **options
    )
    return sink.open("r", "plan", SCHEMA)


def released(number: int, rows: int = ROWS) -> Any:
    numbers = np.arange(number * ROWS, number * ROWS + rows)
    texts = pa.array([f"token-{n}" for n in numbers])
    return mint(pa.record_batch([pa.array(numbers), texts], schema=SCHEMA), "plan", "s", "z")


def read(path: Path) -> pa.Table:
    readers: dict[str, Callable[[Path], pa.Table]] = {
        ".csv": pacsv.read_csv,
        ".jsonl": pajson.read_json,
        ".parquet": pq.read_table,
    }
    return readers[path.suffix](path)


def write_all(session: SinkSession, threads: int, batches: int) -> None:
    def one(number: int) -> None:
        session.write(session.prepare(released(number)))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(batches)))


def slowly(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.002) -> None:
    """Make every append long enough that threads meet."""
    for kind in (TextWriter, ParquetWriter):
        append = kind.append

        def waiting(self: Any, encoded: Any, append: Any = append) -> None:
            time.sleep(seconds)
            append(self, encoded)

        monkeypatch.setattr(kind, "append", waiting)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("parts", [2, 4])
def test_every_row_is_in_one_file_once(
    tmp_path: Path, format: str, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch)
    session = opened(tmp_path, format, parts)
    assert session.lanes == parts
    write_all(session, parts, 40)
    staged = session.stage({"_notes.json": b"{}"})
    session.publish()

    folder = tmp_path / "out" / "run-r"
    names = [f"part-{number:05d}.{format}" for number in range(parts)]
    assert [file.name for file in staged] == [*names, "_notes.json", "_manifest.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(file.name for file in staged)
    listed = json.loads((folder / "_manifest.json").read_bytes())["files"]
    assert [item["name"] for item in listed] == [*names, "_notes.json"]
    tables = [read(folder / name) for name in names]
    assert [table.num_rows for table in tables] == [file.rows for file in staged[:parts]]
    assert all(table.num_rows for table in tables)
    whole = pa.concat_tables(tables).sort_by("n")
    assert whole.column("n").to_pylist() == list(range(40 * ROWS))
    assert whole.column("token").to_pylist() == [f"token-{n}" for n in range(40 * ROWS)]
    for file in staged:
        content = (folder / file.name).read_bytes()
        assert (file.size, file.digest) == (len(content), blake3(content, key=KEY).hexdigest())


@pytest.mark.parametrize("format", FORMATS)
def test_one_thread_makes_one_file_in_order_whatever_may_be_opened(
    tmp_path: Path, format: str
) -> None:
    session = opened(tmp_path, format, 64)
    write_all(session, 1, 5)
    (part, _) = session.stage({})
    session.publish()
    assert part.rows == 5 * ROWS
    table = read(tmp_path / "out" / "run-r" / part.name)
    assert table.column("n").to_pylist() == list(range(5 * ROWS))


def test_no_rows_make_one_file(tmp_path: Path) -> None:
    (part, _) = opened(tmp_path, "parquet", 8).stage({})
    assert (part.name, part.rows) == ("part-00000.parquet", 0)


def test_full_parts_follow_one_another_on_every_lane_without_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, 0.0005)
    session = opened(tmp_path, "csv", 3, rows_per_file=1_500)
    write_all(session, 3, 30)
    parts = session.stage({})[:-1]

    assert [part.name for part in parts] == [f"part-{n:05d}.csv" for n in range(len(parts))]
    assert sum(part.rows for part in parts) == 30 * ROWS
    assert all(0 < part.rows <= 1_500 for part in parts)
    session.discard()


def test_a_batch_larger_than_a_file_is_spread(tmp_path: Path) -> None:
    session = opened(tmp_path, "parquet", 2, rows_per_file=300)
    session.write(session.prepare(released(0)))
    parts = session.stage({})[:-1]
    assert [part.rows for part in parts] == [300, 300, 300, 100]
    session.discard()


def test_more_threads_than_lanes_wait_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch)
    session = opened(tmp_path, "csv", 2)
    write_all(session, 6, 30)
    parts = session.stage({})[:-1]
    assert (len(parts), sum(part.rows for part in parts)) == (2, 30 * ROWS)
    session.discard()


@pytest.mark.parametrize("format", FORMATS)
def test_a_failing_lane_gives_up_all_and_nothing_is_written_after(
    tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up under one thread while the others are in the middle of writing."""
    slowly(monkeypatch)
    lock = threading.Lock()
    calls = {"left": 3, "inside": 0}
    write = OutFile.write

    def full(self: OutFile, data: bytes | memoryview) -> int:
        with lock:
            calls["left"] -= 1
            calls["inside"] += 1
            broken = calls["left"] == 0
        try:
            if broken:
                raise OSError(28, "No space left on device")
            time.sleep(0.001)
            assert Path(tmp_path, "out", ".staging-r").exists(), "written after the discard"
            return write(self, data)
        finally:
            with lock:
                calls["inside"] -= 1

    session = opened(
        tmp_path, format, 4, **({"rows_per_file": ROWS} if format == "parquet" else {})
    )
    monkeypatch.setattr(OutFile, "write", full)
    errors: list[BaseException] = []

    def one(number: int) -> None:
        try:
            session.write(session.prepare(released(number)))
        except LockgateError as error:
            errors.append(error)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(640)))
    assert calls["inside"] == 0
    assert {type(error) for error in errors} == {EnvironmentFailed}
    assert "disk is full" in str(errors[0])
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(EnvironmentFailed):
        session.stage({})
    session.discard()
    with pytest.raises(IntegrityError):
        session.publish()


def test_discarding_waits_for_who_is_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    append = TextWriter.append

    def held(self: TextWriter, encoded: pa.Buffer) -> None:
        began.set()
        assert go_on.wait(10)
        append(self, encoded)

    monkeypatch.setattr(TextWriter, "append", held)
    session = opened(tmp_path, "csv", 2)
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(lambda: session.write(session.prepare(released(0))))
        assert began.wait(10)
        discarding = pool.submit(session.discard)
        time.sleep(0.05)
        assert not discarding.done()
        go_on.set()
        writing.result(10)
        discarding.result(10)
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(IntegrityError, match="closed"):
        session.prepare(released(1))


def test_an_interrupt_in_one_lane_is_no_less_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: TextWriter, encoded: pa.Buffer) -> None:
        raise KeyboardInterrupt

    session = opened(tmp_path, "csv", 2)
    prepared = session.prepare(released(0))
    monkeypatch.setattr(TextWriter, "append", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.write(prepared)
    assert list((tmp_path / "out").iterdir()) == []


def test_every_part_is_durable_before_the_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch)
    synced: list[int] = []
    fsync = os.fsync

    def noted(fd: int) -> None:
        synced.append(os.fstat(fd).st_ino)
        fsync(fd)

    session = opened(tmp_path, "parquet", 3)
    write_all(session, 3, 12)
    monkeypatch.setattr(os, "fsync", noted)
    session.stage({})
    monkeypatch.undo()
    staging = tmp_path / "out" / ".staging-r"
    files = {path.stat().st_ino for path in staging.iterdir()}
    assert len(files) == 4
    inside = synced.index(staging.stat().st_ino)
    assert files == set(synced[:inside])
    assert synced[inside + 1 :] == [(tmp_path / "out").stat().st_ino]
    session.discard()
