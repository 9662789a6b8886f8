"""Rows between steps: as often as they are needed, from memory or from a file of this run only."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.adapters.engines.local.spool import (
    LocalSpoolFolder,
    MemorySpool,
    SealedSpool,
)
from lockgate.errors import EnvironmentFailed, IntegrityError, StepRefused
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.step_ports import Spool
from lockgate.secret import SecretBytes

CANARY = "CANARY-51b2"
TABLE = pa.table(
    {
        "n": list(range(10_000)),
        "s": [f"{CANARY}-{n}" if n % 7 else None for n in range(10_000)],
        "l": [[n, None] for n in range(10_000)],
    }
)
SMALL = replace(DEFAULT_LIMITS, spool_memory=1000)


def written(folder: LocalSpoolFolder, table: pa.Table = TABLE, rows: int = 1000) -> Spool:
    writer = folder.writer("s", table.schema)
    for batch in table.to_batches(max_chunksize=rows):
        writer.append(batch)
    return writer.finish()


@pytest.mark.parametrize("limits", [DEFAULT_LIMITS, SMALL], ids=["memory", "file"])
def test_rows_come_back_in_order_as_often_as_asked(tmp_path: Path, limits: object) -> None:
    with LocalSpoolFolder(tmp_path, "run", limits) as folder:  # type: ignore[arg-type]
        spool = written(folder)
        first, second = spool.reader(), spool.reader()
        first.read_next_batch()

        assert isinstance(spool, MemorySpool if limits is DEFAULT_LIMITS else SealedSpool)
        assert spool.rows == 10_000
        assert second.read_all().equals(TABLE)
        assert spool.reader().read_all().equals(TABLE)


def test_an_empty_spool_has_its_columns(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run") as folder:
        assert written(folder, TABLE.slice(0, 0)).reader().read_all().schema == TABLE.schema


def test_few_rows_touch_no_disk(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run") as folder:
        written(folder)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_large_batches_are_cut(tmp_path: Path) -> None:
    limits = replace(SMALL, batch_rows=100)
    with LocalSpoolFolder(tmp_path, "run", limits) as folder:
        sizes = [batch.num_rows for batch in written(folder, rows=10_000).reader()]
        assert max(sizes) == 100
        assert sum(sizes) == 10_000


def test_nothing_is_left_when_the_run_ends(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run", SMALL) as folder:
        spool = written(folder)
        assert list((tmp_path / "spool" / "run").iterdir())
    assert not list((tmp_path / "spool").iterdir())
    with pytest.raises(FileNotFoundError):
        spool.reader().read_all()


def test_files_are_private(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path / "home", "run", SMALL) as folder:
        written(folder)
        folders = tmp_path / "home" / "spool", tmp_path / "home" / "spool" / "run"
        assert [path.stat().st_mode & 0o777 for path in folders] == [0o700, 0o700]
        assert {path.stat().st_mode & 0o777 for path in folders[1].iterdir()} == {0o600}


def test_spools_of_a_living_run_stay(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "first", SMALL) as first:
        spool = written(first)
        with LocalSpoolFolder(tmp_path, "second", SMALL) as second:
            written(second)
            names = {path.name for path in (tmp_path / "spool").iterdir()}
            assert names == {"first", "second"}
        assert spool.reader().read_all().equals(TABLE)


def test_two_runs_of_one_name_do_not_share_a_folder(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run", SMALL) as first:
        written(first)
        with pytest.raises(EnvironmentFailed, match="in use"):
            written(LocalSpoolFolder(tmp_path, "run", SMALL))


def test_rows_of_other_columns_are_refused(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run") as folder:
        writer = folder.writer("s", TABLE.schema)
        with pytest.raises(IntegrityError):
            writer.append(pa.record_batch({"n": [1]}))


def test_a_dictionary_is_refused(tmp_path: Path) -> None:
    schema = pa.schema([("d", pa.dictionary(pa.int8(), pa.string()))])
    with LocalSpoolFolder(tmp_path, "run") as folder, pytest.raises(StepRefused):
        folder.writer("s", schema)


def test_a_disk_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run", SMALL) as folder:
        writer = folder.writer("s", TABLE.schema)
        (tmp_path / "spool").mkdir(0o700)
        (tmp_path / "spool" / "run").mkdir(0o700)
        (tmp_path / "spool" / "run" / "1.sealed").write_bytes(b"")
        with pytest.raises(EnvironmentFailed, match="exists"):
            writer.append(TABLE.to_batches()[0])


def test_nothing_of_a_row_is_readable_in_the_file_nor_its_key_in_any(tmp_path: Path) -> None:
    drawn: list[bytes] = []

    def remember(count: int) -> bytes:
        drawn.append(bytes(random(count)))
        return drawn[-1]

    random = os.urandom
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", remember)
        folder = LocalSpoolFolder(tmp_path, "run", SMALL)
    written(folder)
    contents = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert len(contents) > TABLE.nbytes // 2
    assert CANARY.encode() not in contents
    assert drawn
    assert all(key not in contents for key in drawn)


@pytest.mark.parametrize("at", [0, 60, 1000, -5])
def test_a_changed_file_does_not_open(tmp_path: Path, at: int) -> None:
    with LocalSpoolFolder(tmp_path, "run", SMALL) as folder:
        spool = written(folder)
        (path,) = (tmp_path / "spool" / "run").glob("*.sealed")
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)
        with pytest.raises(IntegrityError):
            spool.reader().read_all()


def test_a_cut_file_does_not_open(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run", SMALL) as folder:
        spool = written(folder)
        (path,) = (tmp_path / "spool" / "run").glob("*.sealed")
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(IntegrityError):
            spool.reader().read_all()


def test_another_runs_key_opens_nothing(tmp_path: Path) -> None:
    with LocalSpoolFolder(tmp_path, "run", SMALL) as folder:
        written(folder)
        (path,) = (tmp_path / "spool" / "run").glob("*.sealed")
        other = SealedSpool(path, SecretBytes(bytes(32)), TABLE.schema, 10_000)
        with pytest.raises(IntegrityError):
            other.reader().read_all()
