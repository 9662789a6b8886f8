"""A file that is read here and there is compared, piece by piece, with what was frozen."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from lockgate.adapters.connectors.files import pinned_file
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.pinned_file import PIECE, PinnedFile, Pins, pin
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.errors import EnvironmentFailed, SourceError
from lockgate.pipeline.model import FileFormat

KEY = b"k" * 32


@contextmanager
def opened(path: Path, pins: Pins) -> Iterator[PinnedFile]:
    with closing(PinnedFile(os.open(path, os.O_RDONLY), "in", KEY, pins)) as file:
        yield file


def pinned(path: Path) -> Pins:
    fd = os.open(path, os.O_RDONLY)
    try:
        return pin(fd, "in", KEY, pieces=True)
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    "size",
    [0, 1, PIECE - 1, PIECE, PIECE + 1, 8 * PIECE, 9 * PIECE + 5, 16 * PIECE, 25 * PIECE + 1],
)
def test_a_file_of_any_size_is_hashed_and_read_as_it_is(tmp_path: Path, size: int) -> None:
    content = np.random.default_rng(size).bytes(size)
    path = tmp_path / "in"
    path.write_bytes(content)

    pins = pinned(path)
    assert (pins.size, pins.digest) == (size, blake3(content, key=KEY).hexdigest())
    assert len(pins.pieces) == -(-size // PIECE)
    with opened(path, pins) as file:
        assert file.read() == content
        file.seek(-min(size, 7), 2)
        assert file.read() == content[-7:]
        file.verify_rest()
        for start in {0, size // 3, size // 2}:
            data, at = file.read_range(start, size - size // 5)
            assert data[at : at + size - size // 5 - start] == content[start : size - size // 5]
            assert len(data) < size - size // 5 - start + 2 * PIECE


def test_a_range_is_compared_before_it_is_handed_out(tmp_path: Path) -> None:
    content = bytes(range(256)) * (5 * PIECE // 256)
    path = tmp_path / "in"
    path.write_bytes(content)
    pins = pinned(path)
    path.write_bytes(content[: 3 * PIECE] + b"x" + content[3 * PIECE + 1 :])
    with opened(path, pins) as file:
        assert file.read_range(PIECE, 3 * PIECE)[0] == content[PIECE : 3 * PIECE]
        for start, end in ((2 * PIECE, 3 * PIECE + 1), (4 * PIECE - 1, 4 * PIECE)):
            with pytest.raises(SourceError, match="changed"):
                file.read_range(start, end)
        path.write_bytes(content[: 4 * PIECE])
        with pytest.raises(SourceError, match="changed"):
            file.read_range(4 * PIECE, 5 * PIECE)


@pytest.mark.parametrize("at", [0, PIECE, 3 * PIECE, 4 * PIECE])
def test_a_changed_piece_is_refused_when_it_is_asked_for(tmp_path: Path, at: int) -> None:
    path = tmp_path / "in"
    path.write_bytes(bytes(4 * PIECE + 10))
    pins = pinned(path)
    with opened(path, pins) as file:
        with path.open("r+b") as changing:
            changing.seek(at + 5)
            changing.write(b"x")
        other = PIECE if at == 0 else 0
        file.seek(other)
        assert file.read(PIECE) == bytes(PIECE)
        file.seek(at)
        with pytest.raises(SourceError, match="changed"):
            file.read(1)
        with pytest.raises(SourceError, match="changed"):
            file.verify_rest()


@pytest.mark.parametrize("size", [PIECE, 2 * PIECE, 2 * PIECE + 11, 5 * PIECE])
def test_another_size_is_refused_at_the_latest_at_the_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "in"
    path.write_bytes(bytes(2 * PIECE + 10))
    pins = pinned(path)
    with opened(path, pins) as file:
        os.truncate(path, size)
        with pytest.raises(SourceError, match="changed"):
            file.verify_rest()


def test_a_change_in_a_column_that_is_not_read_is_refused_too(tmp_path: Path) -> None:
    rows = 400_000
    noise = np.random.default_rng(1).integers(0, 2**62, rows)
    table = pa.table({"a": pa.array(range(rows)), "b": noise})
    path = tmp_path / "in.parquet"
    pq.write_table(table, path, compression="none", use_dictionary=False)
    roots = Roots((tmp_path,), (), base=tmp_path)
    source = FileSource("in.parquet", FileFormat.PARQUET, ["a"], roots, ignore=["b"])
    source.freeze(KEY)
    assert sum(raw.rows.num_rows for raw in source.batches()) == rows

    group = pq.read_metadata(path).row_group(0).column(1)
    with path.open("r+b") as changing:
        changing.seek(group.data_page_offset + group.total_compressed_size // 2)
        changing.write(b"other")
    with pytest.raises(SourceError, match="changed"):
        list(source.batches())


def test_a_change_while_batches_are_taken_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 2**62, 1_000_000)
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"a": noise}), path, compression="none", row_group_size=200_000)
    source = FileSource(
        "in.parquet", FileFormat.PARQUET, ["a"], Roots((tmp_path,), (), base=tmp_path)
    )
    source.freeze(KEY)
    batches = source.batches()
    next(batches)

    with path.open("r+b") as changing:
        changing.seek(-PIECE // 2, 2)
        changing.write(b"other")
    with pytest.raises(SourceError):
        list(batches)


def test_a_disk_that_fails_while_freezing_is_told_with_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled, calls = pinned_file._filled, []

    def failing(*arguments: Any) -> memoryview:
        calls.append(1)
        if len(calls) == 3:
            raise EnvironmentFailed("reading failed")
        return filled(*arguments)

    path = tmp_path / "in"
    path.write_bytes(bytes(30 * PIECE))
    monkeypatch.setattr(pinned_file, "_filled", failing)
    with pytest.raises(EnvironmentFailed, match="reading failed"):
        pinned(path)
    assert not [t for t in threading.enumerate() if t.name.startswith("lockgate-freeze")]
