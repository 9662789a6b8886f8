"""One step at a time beside its owner; a Parquet file that is written so fails like any other."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.adapters.connectors.files import parquet_writer
from lockgate.adapters.connectors.files.background import Background
from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.errors import EnvironmentFailed
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import ReleasedBatch, mint
from lockgate.run.ports import SinkSession


def raising() -> None:
    raise ValueError("it failed")


def test_steps_run_one_after_another_beside_their_owner() -> None:
    background, go_on, order = Background("t"), threading.Event(), list[int]()

    def first() -> None:
        assert go_on.wait(10)
        order.append(1)

    background.begin(first)
    assert background.busy
    go_on.set()
    background.begin(lambda: order.append(2))
    background.wait()
    assert (order, background.busy) == ([1, 2], False)
    background.stop()


def test_what_a_step_raised_is_raised_once_at_the_next_question() -> None:
    background, done = Background("t"), list[int]()
    background.begin(raising)
    with pytest.raises(ValueError, match="it failed"):
        background.begin(lambda: done.append(1))
    assert done == []
    background.wait()
    background.begin(raising)
    with pytest.raises(ValueError, match="it failed"):
        background.wait()
    background.begin(raising)
    background.stop()
    background.stop()


def test_an_interrupted_owner_waits_again(monkeypatch: pytest.MonkeyPatch) -> None:
    background, go_on, ended = Background("t"), threading.Event(), list[int]()

    def step() -> None:
        assert go_on.wait(10)
        ended.append(1)

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    background.begin(step)
    with monkeypatch.context() as patch:
        patch.setattr("lockgate.adapters.connectors.files.background.wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            background.wait()
    assert background.busy
    go_on.set()
    background.stop()
    assert ended == [1]


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SinkSession:
    monkeypatch.setattr(parquet_writer, "GROUP_ROWS", 1_000)
    roots = Roots((), (folder,))
    sink = FileSink("s", str(folder / "out"), FileFormat.PARQUET, roots, b"k" * 32)
    return sink.open("r", "p", pa.schema([("text", pa.string())]))


def rows(number: int) -> ReleasedBatch:
    source = random.Random(number)
    texts = [source.randbytes(1_000).hex() for _ in range(1_000)]  # snappy would leave too much
    return mint(pa.record_batch({"text": texts}), "p", "s", "z")


def test_row_groups_are_written_in_order_while_rows_are_appended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers: set[str] = set()
    write = OutFile.write

    def noted(self: OutFile, data: bytes | memoryview) -> int:
        writers.add(threading.current_thread().name.rsplit("_", 1)[0])
        return write(self, data)

    monkeypatch.setattr(OutFile, "write", noted)
    session = opened(tmp_path, monkeypatch)
    for number in range(6):
        session.write(session.prepare(rows(number)))
    assert writers == {"lockgate-parquet"}
    (part, _) = session.stage({})
    session.publish()
    table = pq.read_table(tmp_path / "out" / "run-r" / part.name)
    expected = [text for number in range(6) for text in rows(number).batch.column(0).to_pylist()]
    assert table.column("text").to_pylist() == expected


def test_a_failure_beside_the_owner_leaves_nothing_staged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = threading.Event()

    def full(self: OutFile, data: bytes | memoryview) -> int:
        inside.set()
        raise OSError(28, "No space left on device")

    session = opened(tmp_path, monkeypatch)
    monkeypatch.setattr(OutFile, "write", full)
    session.write(session.prepare(rows(0)))
    assert inside.wait(10)
    with pytest.raises(EnvironmentFailed, match="disk is full"):
        session.write(session.prepare(rows(1)))
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(EnvironmentFailed, match="disk is full"):
        session.stage({})


def test_a_discard_waits_for_what_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Event(), threading.Event()
    open_at_the_end: list[bool] = []
    write = OutFile.write

    def held(self: OutFile, data: bytes | memoryview) -> int:
        inside.set()
        assert go_on.wait(10)
        open_at_the_end.append(not self.closed)
        return write(self, data)

    session = opened(tmp_path, monkeypatch)
    monkeypatch.setattr(OutFile, "write", held)
    session.write(session.prepare(rows(0)))
    assert inside.wait(10)
    discarding = threading.Thread(target=session.discard)
    discarding.start()
    discarding.join(0.05)
    assert discarding.is_alive()
    go_on.set()
    discarding.join(10)
    assert open_at_the_end[0]  # what Arrow flushes when it is let go of is ignored
    assert list((tmp_path / "out").iterdir()) == []
