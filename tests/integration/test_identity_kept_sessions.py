"""Log-ins kept between commands: in a keyring, or in a file; those of the built-in issuer too."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import fail

from identity_provider.projects import lockgate, told
from lockgate.access.principal import Assurance
from lockgate.adapters.identity_providers.kept_sessions import KeptSession, KeptSessions
from lockgate.adapters.secret_stores.os_keyring import KeyringStore
from lockgate.assemble.create import create_project
from lockgate.assemble.identities import principal_of
from lockgate.assemble.opened_project import record_of, secrets_of
from lockgate.assemble.workspace import Workspace
from lockgate.errors import EnvironmentFailed, SecretUnavailable
from lockgate.secret import SecretText

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SESSION = KeptSession(
    "corp",
    "corp/anna",
    "a-name",
    NOW + timedelta(hours=12),
    SecretText("canary-token"),
    NOW,
    NOW + timedelta(minutes=15),
    SecretText("canary-refresh"),
)


class Backend:
    """A keyring in memory; ``shut`` is one that is locked."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.shut = False

    def get_password(self, service: str, user: str) -> str | None:
        self._open()
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, text: str) -> None:
        self._open()
        self.kept[service, user] = text

    def delete_password(self, service: str, user: str) -> None:
        self._open()
        del self.kept[service, user]

    def _open(self) -> None:
        if self.shut:
            raise RuntimeError("canary-words of a backend")


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def sessions(tmp_path: Path, backend: Backend) -> KeptSessions:
    return KeptSessions(tmp_path / "sessions" / "project", KeyringStore("lockgate", backend))


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_tokens_are_in_the_keyring_and_in_no_file(
    sessions: KeptSessions, backend: Backend, tmp_path: Path
) -> None:
    kept = sessions.keep(SESSION)

    assert kept.place == "keyring"
    assert sessions.of("corp") == kept
    assert sessions.current() == "corp"
    assert b"canary" not in files(tmp_path)
    sessions.forget("corp")
    assert backend.kept == {}
    assert sessions.of("corp") is None
    assert sessions.current() is None


def test_a_keyring_that_is_shut_leaves_nobody_guessed(
    sessions: KeptSessions, backend: Backend
) -> None:
    sessions.keep(SESSION)
    backend.shut = True

    with pytest.raises(SecretUnavailable) as caught:
        sessions.of("corp")
    assert "canary" not in str(caught.value)


def test_without_a_keyring_they_are_in_a_file(
    sessions: KeptSessions, backend: Backend, tmp_path: Path
) -> None:
    backend.shut = True
    kept = sessions.keep(SESSION)

    assert kept.place == "file"
    assert sessions.of("corp") == kept
    sessions.forget("corp")
    assert b"canary" not in files(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b"null", b'{"version": 9}', b"\xff"])
def test_a_damaged_file_is_no_log_in(
    sessions: KeptSessions, backend: Backend, tmp_path: Path, damage: bytes
) -> None:
    backend.shut = True
    sessions.keep(SESSION)
    (tmp_path / "sessions" / "project" / "corp.json").write_bytes(damage)

    with pytest.raises(EnvironmentFailed, match="cannot be read"):
        sessions.of("corp")


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b"null", b"{", b"\xff"])
def test_a_damaged_file_is_forgotten_without_a_keyring(
    sessions: KeptSessions, backend: Backend, tmp_path: Path, damage: bytes
) -> None:
    backend.shut = True
    sessions.keep(SESSION)
    file = tmp_path / "sessions" / "project" / "corp.json"
    file.write_bytes(damage)

    sessions.forget("corp")

    assert not file.exists()
    assert sessions.current() is None


def test_a_damaged_file_is_forgotten_with_its_tokens_in_the_keyring(
    sessions: KeptSessions, backend: Backend, tmp_path: Path
) -> None:
    sessions.keep(SESSION)
    (tmp_path / "sessions" / "project" / "corp.json").write_bytes(b"{")

    sessions.forget("corp")

    assert backend.kept == {}


def test_tokens_in_a_keyring_that_is_shut_are_not_said_to_be_forgotten(
    sessions: KeptSessions, backend: Backend
) -> None:
    sessions.keep(SESSION)
    backend.shut = True

    with pytest.raises(SecretUnavailable):
        sessions.forget("corp")
    assert sessions.current() == "corp"


def test_a_file_that_others_can_read_is_not_used(
    sessions: KeptSessions, backend: Backend, tmp_path: Path
) -> None:
    backend.shut = True
    sessions.keep(SESSION)
    (tmp_path / "sessions" / "project" / "corp.json").chmod(0o640)

    with pytest.raises(EnvironmentFailed, match="can be reached by other users"):
        sessions.of("corp")


def test_a_log_in_shows_nothing_of_itself() -> None:
    assert "canary" not in repr(SESSION) + str(replace(SESSION, place="file"))


PASSWORD = "a long enough password of a person 47"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    folder = tmp_path / "project"
    create_project(folder, "clinic")
    typed(monkeypatch)
    words = ("access", "users", "add", "anna", "--password-stdin", "--purpose", "a test")
    assert lockgate(*words, project=folder) == 0
    return folder


def typed(monkeypatch: pytest.MonkeyPatch, text: str = PASSWORD) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode() + b"\n")))


def log_in(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, password: str) -> int:
    typed(monkeypatch, password)
    capsys.readouterr()
    return lockgate("login", "--user", "anna", "--password-stdin", "--json", project=project)


def test_a_local_user_logs_in_acts_and_logs_out(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log_in(project, monkeypatch, capsys, PASSWORD) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["principal"], said["kept_in"]) == ("user:anna", "file")

    with Workspace.open(project) as workspace:
        acting = principal_of(workspace.project, record_of(workspace), secrets_of(workspace))
    assert (acting.id, acting.session) == ("user:anna", said["session"])

    assert lockgate("logout", project=project) == 0
    with Workspace.open(project) as workspace:
        after = principal_of(workspace.project, record_of(workspace), secrets_of(workspace))
    assert after.assurance is Assurance.OPERATING_SYSTEM
    assert told(project)[-1]["kind"] == "session.ended"


def test_a_wrong_password_is_refused_and_shown_nowhere(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log_in(project, monkeypatch, capsys, "canary of a password") == 7

    shown = capsys.readouterr()
    assert "canary" not in shown.out + shown.err + json.dumps(told(project))
    assert json.loads(shown.out)["error"]["code"] == "LG-506"
    with Workspace.open(project) as workspace:
        who = principal_of(workspace.project, record_of(workspace), secrets_of(workspace))
    assert who.assurance is Assurance.OPERATING_SYSTEM


def test_whoami_shows_the_roles(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert lockgate("whoami", "--json", project=project) == 0
    assert json.loads(capsys.readouterr().out)["roles"] == ["owner"]
    assert log_in(project, monkeypatch, capsys, PASSWORD) == 0
    capsys.readouterr()
    assert lockgate("whoami", "--json", project=project) == 0
    assert json.loads(capsys.readouterr().out)["roles"] == []
