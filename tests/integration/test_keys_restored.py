"""A project whose keys came from a sealed copy: the ledger knows them as if it had made them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError, KeyUnavailable
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.keys.versions import Versions
from lockgate.ledger.event_base import EventBase
from lockgate.ledger.key_events import KeysImported
from lockgate.ledger.key_history import KeyHistory
from lockgate.secret import SecretBytes
from small_project import make_project

WORDS = SecretBytes(b"a passphrase for the safe")


def edit(project: Path, *statements: str) -> None:
    """Change the state by hand."""
    with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Email has been rotated twice, its first version destroyed; then the state is lost."""
    folder, copy = make_project(tmp_path / "people"), tmp_path / "safe.keys"
    with Workspace.open(folder) as workspace:
        workspace.rotate("email")
        workspace.rotate("email")
        raw_keyring(workspace).destroy(Versions(workspace.state.keys).encryption("email", 1).number)
        workspace.keys.export(copy, WORDS, "test")
    for name in ("state.db", "state.db-wal", "state.db-shm", "checkpoint"):
        (folder / ".lockgate" / name).unlink(missing_ok=True)
    with Workspace.open(folder) as workspace:
        workspace.keys.restore(copy, WORDS, "test")
        workspace.keys.check()
    return folder


def test_the_newest_version_taken_away_and_an_older_one_in_its_place(project: Path) -> None:
    edit(
        project,
        "DELETE FROM key_versions WHERE domain = 'email' AND version = 3",
        "UPDATE key_versions SET state = 'primary' WHERE domain = 'email' AND version = 2",
    )
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError, match="missing"):
        workspace.keys.check()


def test_a_version_that_the_copy_knew_as_destroyed_and_that_is_back(project: Path) -> None:
    edit(
        project,
        "UPDATE key_versions SET state = 'decrypt-only'"
        " WHERE domain = 'email' AND use = 'encryption' AND version = 1",
    )
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError, match="is back"):
        workspace.keys.check()


def test_an_entry_of_before_says_no_more_than_it_did() -> None:
    by = EventBase(at=datetime(2026, 1, 2, tzinfo=UTC), principal="os:ada@host", purpose="p")
    written = {**by.model_dump(), "copy_id": "0" * 32, "key_numbers": [1, 2]}
    old = KeysImported.model_validate(written)
    assert (old.keys, old.spared, old.resurrected) == ((), (), ())


class TestResurrected:
    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Iterator[Workspace]:
        """Every key of email was destroyed and brought back."""
        folder, copy = make_project(tmp_path / "people"), tmp_path / "safe.keys"
        with Workspace.open(folder) as workspace:
            workspace.keys.export(copy, WORDS, "test")
            for version in workspace.keyring.versions("email"):
                raw_keyring(workspace).destroy(version.number)
            workspace.keys.restore(copy, WORDS, "test", unsafe_resurrect=True)
            workspace.keys.check()
            yield workspace

    def test_a_destruction_that_is_cancelled_makes_it_protect_no_more_than_before(
        self, workspace: Workspace
    ) -> None:
        workspace.keys.schedule_destruction("email", None, "test")
        workspace.keys.cancel_destruction("email", None, "test")
        states = {version.state for version in workspace.keyring.versions("email")}
        assert states == {KeyState.DECRYPT_ONLY}
        with pytest.raises(KeyUnavailable, match="to open only"):
            raw_keyring(workspace).derive("email", KeyUse.INDEX, (), 32)

    def test_made_to_protect_by_hand_it_is_found(self, workspace: Workspace) -> None:
        edit(
            workspace.project.folder,
            "UPDATE key_versions SET state = 'primary' WHERE domain = 'email' AND use = 'index'",
        )
        with pytest.raises(IntegrityError, match="came back to open, and protects"):
            workspace.keys.check()


def test_what_came_in_is_known_by_domain(project: Path) -> None:
    with Workspace.open(project) as workspace:
        history = KeyHistory.read(workspace.ledger.read())
        stored = {v.number: v.domain for v in workspace.keyring.versions()}
    assert history.made == stored


def test_a_key_that_came_back_to_open_does_so_after_a_second_copy(tmp_path: Path) -> None:
    """Not even a destruction that is called off makes it protect."""
    folder = make_project(tmp_path / "people")
    with Workspace.open(folder) as workspace:
        workspace.keys.export(tmp_path / "first", WORDS, "test")
        for version in workspace.keyring.versions("birth-date"):
            raw_keyring(workspace).destroy(version.number, "test")
        workspace.keys.restore(tmp_path / "first", WORDS, "test", unsafe_resurrect=True)
        workspace.keys.export(tmp_path / "second", WORDS, "test")
    for name in ("state.db", "state.db-wal", "state.db-shm", "checkpoint"):
        (folder / ".lockgate" / name).unlink(missing_ok=True)
    with Workspace.open(folder) as workspace:
        done = workspace.keys.restore(tmp_path / "second", WORDS, "test")
        came_back = [version.number for version in workspace.keyring.versions("birth-date")]
        assert list(done.open_only) == came_back
        workspace.keys.schedule_destruction("birth-date", None, "test")
        workspace.keys.cancel_destruction("birth-date", None, "test")
        states = {version.state for version in workspace.keyring.versions("birth-date")}
        assert states == {KeyState.DECRYPT_ONLY}
        workspace.keys.check()
