"""A file's bytes are asked of the disk while more are written; what the disk says is not lost."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lockgate.adapters.connectors.files import disk_writer, write_back
from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.errors import EnvironmentFailed

KEY = b"k" * 32
SYNC = "fdatasync" if hasattr(os, "fdatasync") else "fsync"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutFile:
    monkeypatch.setattr(disk_writer, "_O_DIRECT", 0)
    monkeypatch.setattr(disk_writer, "BUFFER_BYTES", 100)
    monkeypatch.setattr(write_back, "EVERY_BYTES", 1_000)
    folder = Roots((), (tmp_path,)).open_output(str(tmp_path / "out"))
    return OutFile(folder, "part-00000.csv", KEY)


def test_syncing_begins_before_the_end_and_never_twice_at_once(
    file: OutFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, calls = getattr(os, SYNC), []
    inside, begun = threading.Semaphore(1), threading.Event()

    def noted(fd: int) -> None:
        assert inside.acquire(blocking=False)
        calls.append((os.fstat(fd).st_size, threading.current_thread().name))
        begun.set()
        sync(fd)
        inside.release()

    monkeypatch.setattr(os, SYNC, noted)
    for number in range(300):
        file.write(b"x" * 100)
        assert number < 150 or begun.wait(30)
    before_the_end = len(calls)
    staged = file.finish(1)
    assert before_the_end >= 1
    assert all(size >= 1_000 for size, _ in calls)
    assert {name[:13] for _, name in calls[:before_the_end]} == {"lockgate-sync"}
    assert staged.size == (tmp_path / "out" / "part-00000.csv").stat().st_size == 30_000
    assert not [t for t in threading.enumerate() if t.name.startswith("lockgate-sync")]


def test_small_files_start_no_thread(file: OutFile) -> None:
    file.write(b"x" * 999)
    assert not [t for t in threading.enumerate() if t.name.startswith("lockgate-sync")]
    assert file.finish(1).size == 999


@pytest.mark.skipif(SYNC == "fsync", reason="this system has no fdatasync")
@pytest.mark.parametrize("later", [0, 1, 50])
def test_a_failure_that_the_last_fsync_no_longer_tells_is_told(
    file: OutFile, later: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux reports a lost write once: the second sync of the same file succeeds."""

    def lost(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", lost)

    def write_and_finish() -> None:
        file.write(b"x" * 1_000)
        for _ in range(later):
            file.write(b"x" * 100)
        file.finish(1)

    with pytest.raises(EnvironmentFailed, match="input/output"):
        write_and_finish()


@pytest.mark.skipif(SYNC == "fsync", reason="this system has no fdatasync")
def test_the_descriptor_stays_open_while_it_is_synced(
    file: OutFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on, seen = threading.Event(), threading.Event(), []

    def slow(fd: int) -> None:
        began.set()
        go_on.wait(10)
        seen.append(os.fstat(fd).st_size)

    monkeypatch.setattr(os, "fdatasync", slow)
    file.write(b"x" * 1_000)
    assert began.wait(10)
    giving_up = threading.Thread(target=file.give_up)
    giving_up.start()
    giving_up.join(0.05)
    assert giving_up.is_alive()
    go_on.set()
    giving_up.join(10)
    assert seen == [1_000]
    assert file.write(b"more") == 4
    assert file.closed
