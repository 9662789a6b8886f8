"""Reading on: the bytes read before come once more, are the same, and are hashed once."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockgate.adapters.connectors.files.raw_stream import HashedFile, Unpacked
from lockgate.errors import SourceError
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.digests import KeyedDigest

KEY = b"k" * 32
TEXT = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "in").write_bytes(TEXT)
    return tmp_path / "in"


@pytest.fixture
def file(path: Path) -> Iterator[HashedFile]:
    opened = HashedFile(os.open(path, os.O_RDONLY), "in", KEY)
    yield opened
    opened.close()


def digest(data: bytes) -> str:
    made = KeyedDigest(KEY)
    made.update(data)
    return made.hexdigest()


@pytest.mark.parametrize("kept", [0, 1, 3, 10])
def test_what_is_read_on_begins_with_what_was_kept(file: HashedFile, kept: int) -> None:
    stream, found = Unpacked(file, DEFAULT_LIMITS), b""
    while True:
        rest = found[len(found) - kept :]
        data = stream.read_on(rest, 10)
        assert data.startswith(rest)
        if len(data) == len(rest):
            break
        found += data[len(rest) :]
        assert len(data) - len(rest) == 10 or len(found) == len(TEXT)

    assert found == TEXT
    assert (file.count, file.hexdigest()) == (len(TEXT), digest(TEXT))


def test_bytes_that_changed_since_they_were_hashed_are_refused(
    path: Path, file: HashedFile
) -> None:
    rest = file.read(10)[-4:]
    with path.open("r+b") as written:
        written.seek(7)
        written.write(b"!")

    with pytest.raises(SourceError, match="changed after the run had begun"):
        file.read_on(rest, 10)


def test_bytes_that_are_gone_since_they_were_hashed_are_refused(
    path: Path, file: HashedFile
) -> None:
    rest = file.read(10)[-4:]
    os.truncate(path, 8)

    with pytest.raises(SourceError, match="changed after the run had begun"):
        file.read_on(rest, 10)


def test_packed_bytes_are_joined(path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT))
    file = HashedFile(os.open(path, os.O_RDONLY), "in", KEY)
    stream = Unpacked(file, DEFAULT_LIMITS)
    rest = stream.read(100)[-5:]

    assert stream.read_on(rest, 20) == TEXT[95:120]
    assert stream.read_on(TEXT[:0], len(TEXT)) == TEXT[120:]
    assert stream.read_on(TEXT[-5:], 20) == TEXT[-5:]
    file.close()
