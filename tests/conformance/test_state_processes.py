"""Several processes at one state: one history, locks that die with their holder, crashes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.errors import EnvironmentFailed
from lockgate.ledger.ledger import Ledger
from lockgate.ledger.signing import SigningKey
from lockgate.run.state_ports import StateStore
from lockgate.secret import SecretBytes
from lockgate.testing.ledgers import event, new_ledger

WRITER = Path(__file__).with_name("ledger_writer.py")
SEED = "17" * 32
WRITERS, EACH = 3, 15


class Place:
    """A state that processes share."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def open(self) -> StateStore:
        return open_state(self.url, self.folder)

    def ledger(self, state: StateStore) -> Ledger:
        key = SigningKey(SecretBytes(bytes.fromhex(SEED)))
        return new_ledger(state.ledger, key, FileWitness(self.folder / "checkpoint"))

    @contextmanager
    def writer(self, count: int, lock: str = "") -> Iterator[subprocess.Popen[bytes]]:
        arguments = [self.url, str(self.folder), SEED, str(count), *([lock] if lock else [])]
        command = [sys.executable, str(WRITER), *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    url = "sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    return Place(url, tmp_path / ".lockgate")


def test_writers_at_once_make_one_history_even_from_the_first_opening(place: Place) -> None:
    with place.writer(EACH) as one, place.writer(EACH) as two, place.writer(EACH) as three:
        for process in (one, two, three):
            output = process.communicate(timeout=60)
            assert process.returncode == 0, output[1].decode()

    with place.open() as state:
        verified = place.ledger(state).verify()
    assert verified.size == verified.checkpoints == verified.witnessed == WRITERS * EACH


def test_a_writer_killed_at_any_moment_leaves_a_ledger_that_verifies(place: Place) -> None:
    place.open().close()
    sizes = []
    for pause in (0.0, 0.02, 0.1):
        with place.writer(100_000) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(pause)
            process.kill()
            process.wait()
        with place.open() as state:
            ledger = place.ledger(state)
            verified = ledger.verify()
            assert verified.witnessed <= verified.size
            sizes.append(ledger.append(event()))
            assert ledger.verify().witnessed == ledger.verify().size

    assert sizes == sorted(sizes)
    assert sizes[-1] > len(sizes)


def test_a_lock_is_held_against_other_processes_and_freed_by_a_kill(place: Place) -> None:
    with place.writer(0, lock="nightly") as process, place.open() as state:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(EnvironmentFailed, match="another run of nightly is active"):
            state.exclusive("nightly").__enter__()
        process.kill()
        process.wait()
        freed = wait_for(state)

    assert freed


def wait_for(state: StateStore) -> bool:
    """Whether the lock becomes free soon; a server needs a moment to see its client gone."""
    for _ in range(100):
        try:
            with state.exclusive("nightly"):
                return True
        except EnvironmentFailed:
            time.sleep(0.05)
    return False
