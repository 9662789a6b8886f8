"""A disk that fills up, a folder that cannot be written: clear errors, nothing half-published."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.errors import EnvironmentFailed
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import mint
from lockgate.run.ports import SinkSession

KEY = b"k" * 32
NOISE = np.random.default_rng(1).integers(0, 2**62, 20_000)
TABLE = pa.table({"a": NOISE, "b": [f"{value:x}" for value in NOISE]})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root and the permission to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def session(folder: Path, format: FileFormat) -> SinkSession:
    roots = Roots((), (folder,))
    return FileSink("s", str(folder / "out"), format, roots, KEY).open("r", "plan", TABLE.schema)


def write_much(target: SinkSession) -> None:
    for _ in range(20):
        target.write(target.prepare(mint(TABLE.to_batches()[0], "plan", "s", "z")))
    target.stage({"_receipt.json": b"{}"})


@pytest.mark.parametrize("format", list(FileFormat))
def test_full_disk(small_disk: Path, format: FileFormat) -> None:
    target = session(small_disk, format)

    with pytest.raises(EnvironmentFailed, match="disk is full") as caught:
        write_much(target)
    assert "part-00000" in str(caught.value)
    assert "free some space" in str(caught.value)
    assert list((small_disk / "out").iterdir()) == []


def test_full_disk_before_anything_was_written(small_disk: Path) -> None:
    with (small_disk / "filler").open("wb") as filler, pytest.raises(OSError, match="No space"):
        filler.write(b"x" * (2 << 20))
    target = session(small_disk, FileFormat.CSV)

    with pytest.raises(EnvironmentFailed, match="disk is full"):
        write_much(target)
    assert list((small_disk / "out").iterdir()) == []


def test_read_only_folder(small_disk: Path) -> None:
    (small_disk / "out").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(EnvironmentFailed, match="read-only") as caught:
        session(small_disk, FileFormat.CSV)
    assert str(small_disk / "out") in str(caught.value)


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_files_full_disk import FileFormat, session, write_much
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
write_much(session(Path({folder!r}), FileFormat.{format}))
"""


@pytest.mark.parametrize("format", ["CSV", "PARQUET"])
def test_file_size_limit(tmp_path: Path, format: str) -> None:
    script = LIMITED.format(here=str(Path(__file__).parent), folder=str(tmp_path), format=format)
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert "EnvironmentFailed" in result.stderr
    assert "grew past what this system allows" in result.stderr
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)

    with pytest.raises(EnvironmentFailed, match="permission"):
        session(tmp_path, FileFormat.CSV)
