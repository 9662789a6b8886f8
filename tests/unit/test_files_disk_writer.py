"""What is given arrives on the disk, whole and in order, whichever way the system takes it."""

from __future__ import annotations

import errno
import os
import random
import threading
from pathlib import Path

import pytest
from blake3 import blake3

from lockgate.adapters.connectors.files import disk_writer
from lockgate.adapters.connectors.files.disk_writer import DiskWriter
from lockgate.run.digests import KeyedDigest

fcntl = pytest.importorskip("fcntl", reason="this system has no fcntl")

KEY = b"k" * 32
BUFFER = 8_192
O_DIRECT = getattr(os, "O_DIRECT", 0)
SIZES = [0, 1, BUFFER - 1, BUFFER, BUFFER + 1, 3 * BUFFER, 5 * BUFFER + 4_097]


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_writer, "BUFFER_BYTES", BUFFER)


def opened(path: Path) -> tuple[DiskWriter, KeyedDigest, int]:
    fd, digest = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), KeyedDigest(KEY)
    return DiskWriter(fd, digest), digest, fd


def past_the_cache(fd: int) -> bool:
    return bool(fcntl.fcntl(fd, fcntl.F_GETFL) & O_DIRECT)


def demand_whole(path: Path, size: int) -> None:
    """Give so many bytes in pieces of any size; all of them have to be there, and hashed."""
    noise = random.Random(size)
    content = noise.randbytes(size)
    writer, digest, _ = opened(path)
    at = 0
    while at < size:
        piece = noise.choice([1, 100, BUFFER - 1, BUFFER, 2 * BUFFER + 5])
        given = bytearray(content[at : at + piece])
        writer.give(memoryview(given))
        given[:] = bytes(len(given))  # it was copied: the giver may use the memory again
        at += piece
    writer.finish()
    writer.close()
    assert path.read_bytes() == content
    assert digest.hexdigest() == blake3(content, key=KEY).hexdigest()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("direct", [True, False])
def test_all_bytes_arrive_in_order(
    tmp_path: Path, size: int, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not direct:
        monkeypatch.setattr(disk_writer, "_O_DIRECT", 0)
    demand_whole(tmp_path / "file", size)
    assert not [t for t in threading.enumerate() if t.name.startswith("lockgate-")]


@pytest.mark.parametrize("most", [1, 777, 4_096])
def test_the_system_may_take_less_than_it_is_given(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:most]))
    demand_whole(tmp_path / "file", 2 * BUFFER + 3)


def test_a_file_system_may_refuse_at_the_first_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refused = os.write, []

    def picky(fd: int, data: memoryview) -> int:
        if past_the_cache(fd):
            refused.append(len(data))
            raise OSError(errno.EINVAL, "Invalid argument")
        return write(fd, data)

    monkeypatch.setattr(os, "write", picky)
    demand_whole(tmp_path / "file", 3 * BUFFER + 3)
    assert len(refused) <= 1


@pytest.mark.skipif(not O_DIRECT, reason="this system has no O_DIRECT")
def test_whole_buffers_go_past_the_cache_and_the_rest_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        os.close(os.open(tmp_path / "probe", os.O_WRONLY | os.O_CREAT | O_DIRECT))
    except OSError:
        pytest.skip("this file system writes through the cache only")
    write, ways = os.write, []

    def noted(fd: int, data: memoryview) -> int:
        ways.append((past_the_cache(fd), len(data)))
        return write(fd, data)

    monkeypatch.setattr(os, "write", noted)
    demand_whole(tmp_path / "file", 2 * BUFFER + 3)
    assert ways == [(True, BUFFER), (True, BUFFER), (False, 3)]


def test_a_failure_is_told_and_goes_on_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer, _, _ = opened(tmp_path / "file")
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):  # no later than when all buffers are full
            for _ in range(disk_writer.BUFFERS + 1):
                writer.give(memoryview(bytes(BUFFER)))
    with pytest.raises(OSError, match="No space"):
        writer.give(memoryview(b"more"))
    with pytest.raises(OSError, match="No space"):
        writer.finish()
    writer.close()
    assert (tmp_path / "file").read_bytes() == b""


def test_nothing_is_written_after_closing_which_waits_for_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another file may have the descriptor's number by then."""
    write, began, go_on = os.write, threading.Event(), threading.Event()

    def slow(fd: int, data: memoryview) -> int:
        began.set()
        go_on.wait(10)
        return write(fd, data)

    writer, _, fd = opened(tmp_path / "file")
    monkeypatch.setattr(os, "write", slow)
    writer.give(memoryview(bytes(BUFFER)))
    assert began.wait(10)
    closing = threading.Thread(target=writer.close)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive()
    assert os.fstat(fd).st_size == 0
    go_on.set()
    closing.join(10)
    assert writer.closed
    assert (tmp_path / "file").stat().st_size == BUFFER
    with (tmp_path / "other").open("wb") as other:
        assert other.fileno() == fd
        writer._write(memoryview(b"late"))
        writer.close()
        os.fstat(other.fileno())
    assert (tmp_path / "other").read_bytes() == b""
