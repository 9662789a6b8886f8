"""The checkpoint's copy in a file: replaced whole, never backwards, private."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.errors import EnvironmentFailed


def note(size: int) -> str:
    return f"origin\n{size}\nroot\n\n\u2014 origin signature\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"


def test_it_holds_nothing_then_what_was_published(path: Path) -> None:
    witness = FileWitness(path)
    assert witness.latest() == ""

    prepared = witness.prepare(note(1), 1)
    assert witness.latest() == ""
    prepared.publish()

    assert FileWitness(path).latest() == note(1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in path.parent.iterdir()] == ["checkpoint"]


def test_it_does_not_go_back(path: Path) -> None:
    one, other = FileWitness(path), FileWitness(path)
    one.prepare(note(12), 12).publish()
    other.prepare(note(9), 9).publish()

    assert one.latest() == note(12)
    assert [left.name for left in path.parent.iterdir()] == ["checkpoint"]


def test_the_last_of_a_transaction_is_published_and_once(path: Path) -> None:
    witness = FileWitness(path)
    first, last = witness.prepare(note(1), 1), witness.prepare(note(2), 2)
    first.publish()
    last.publish()

    assert witness.latest() == note(2)


def test_discarding_leaves_no_trace_and_never_fails(path: Path) -> None:
    prepared = FileWitness(path).prepare(note(1), 1)
    prepared.discard()
    prepared.discard()

    assert list(path.parent.iterdir()) == []


def test_what_a_dead_process_left_is_swept_after_an_hour(path: Path) -> None:
    old, young = path.with_name("checkpoint.77-1"), path.with_name("checkpoint.78-1")
    for left in (old, young):
        left.touch(0o600)
    os.utime(old, (0, 0))
    FileWitness(path).prepare(note(1), 1).publish()

    assert {left.name for left in path.parent.iterdir()} == {"checkpoint", "checkpoint.78-1"}


def test_a_copy_that_others_can_write_is_refused(path: Path) -> None:
    witness = FileWitness(path)
    witness.prepare(note(1), 1).publish()
    path.chmod(0o622)

    with pytest.raises(EnvironmentFailed):
        witness.latest()


def test_a_folder_that_is_gone_is_refused_before_the_commit(path: Path) -> None:
    with pytest.raises(EnvironmentFailed):
        FileWitness(path.parent / "gone" / "checkpoint").prepare(note(1), 1)
