"""A sealed file opens only whole, unchanged, with its own key, for its own run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.errors import IntegrityError
from lockgate.run.sealed_file import MAGIC, SealedWriter, read_sealed
from lockgate.secret import SecretBytes

KEY = SecretBytes(b"k" * 32)
RECORDS = [b"first", b"second" * 100, b"x"]
HEADER = len(MAGIC) + 3 + 32


def seal(path: Path, records: list[bytes], owner: str = "run-1", kind: str = "quarantine") -> Path:
    with SealedWriter(path, KEY, 7, kind, owner) as writer:
        for record in records:
            writer.write(record)
    return path


def opened(path: Path, owner: str = "run-1", kind: str = "quarantine") -> list[bytes]:
    return list(read_sealed(path, lambda number: KEY, kind, owner))


def test_records_come_back_in_order_from_a_private_file(tmp_path: Path) -> None:
    path = seal(tmp_path / "a", RECORDS)
    assert opened(path) == RECORDS
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_of_a_record_is_readable_in_the_file(tmp_path: Path) -> None:
    canary = os.urandom(24).hex().encode()
    assert canary not in seal(tmp_path / "a", [canary]).read_bytes()


def test_a_closed_file_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[int, int]] = []

    def fsync(fd: int) -> None:
        found = os.fstat(fd)
        synced.append((found.st_ino, found.st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    found = seal(tmp_path / "a", RECORDS).stat()
    assert synced == [(found.st_ino, found.st_size)]


@pytest.mark.parametrize("at", [0, 9, 12, HEADER, HEADER + 6, -1, -20])
def test_flip_a_bit(tmp_path: Path, at: int) -> None:
    path = seal(tmp_path / "a", RECORDS)
    data = bytearray(path.read_bytes())
    if at == 9:  # the key number: authenticated by being the wrong key, which the lookup refuses
        data[at] ^= 1
        path.write_bytes(data)
        with pytest.raises(KeyError):
            list(read_sealed(path, {7: KEY}.__getitem__, "quarantine", "run-1"))
        return
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        opened(path)


def test_truncate_at_every_byte(tmp_path: Path) -> None:
    whole = seal(tmp_path / "a", [b"first", b"second"]).read_bytes()
    cut = tmp_path / "cut"
    for size in range(len(whole)):
        cut.write_bytes(whole[:size])
        with pytest.raises(IntegrityError):
            opened(cut)


def test_swap_drop_or_repeat_a_record(tmp_path: Path) -> None:
    whole = seal(tmp_path / "a", [b"same-length-1", b"same-length-2"]).read_bytes()
    size = 4 + 13 + 16
    head, one, two, end = (
        whole[:HEADER],
        whole[HEADER : HEADER + size],
        whole[HEADER + size : HEADER + 2 * size],
        whole[HEADER + 2 * size :],
    )
    swapped, dropped, repeated = two + one + end, one + end, one + one + two + end
    for forged in (swapped, dropped, two + end, repeated, one + two + end + end):
        (tmp_path / "f").write_bytes(head + forged)
        with pytest.raises(IntegrityError):
            opened(tmp_path / "f")


def test_a_file_of_another_run_or_kind_does_not_open(tmp_path: Path) -> None:
    path = seal(tmp_path / "a", RECORDS)
    with pytest.raises(IntegrityError):
        opened(path, owner="run-2")
    with pytest.raises(IntegrityError):
        opened(path, kind="subjects")


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(RuntimeError), SealedWriter(path, KEY, 7, "quarantine", "r") as writer:
        writer.write(b"clear")
        raise RuntimeError
    assert not path.exists()


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=20))
def test_open_after_seal_is_identity(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("sealed") / "a"
    assert opened(seal(path, records)) == records
