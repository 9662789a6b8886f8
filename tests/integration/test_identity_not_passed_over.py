"""A log-in, provider or token file that is named and cannot be used: nobody acts, nobody else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from identity_provider.projects import lockgate, told, trusting_project
from lockgate.access.principal import Assurance, Principal
from lockgate.adapters.identity_providers.kept_sessions import KeptSessions
from lockgate.adapters.secret_stores.os_keyring import KeyringStore
from lockgate.assemble.identities import principal_of
from lockgate.assemble.opened_project import record_of, secrets_of
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthenticationFailed, EnvironmentFailed

PASSWORD = "a long enough password of a person 47"
PODS = """    pods:
      kind: workloads
      issuer: https://id.example
      audience: https://pods.example
      token_file: mounted/token
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    folder = trusting_project(tmp_path / "project", "https://id.example", PODS)
    typed(monkeypatch)
    words = ("access", "users", "add", "anna", "--password-stdin", "--purpose", "a test")
    assert lockgate(*words, project=folder) == 0
    return folder


@pytest.fixture
def kept(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a log-in that stands."""
    typed(monkeypatch)
    assert lockgate("login", "--user", "anna", "--password-stdin", project=project) == 0
    (found,) = (tmp_path / "state" / "lockgate" / "sessions").iterdir()
    return found


def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PASSWORD.encode() + b"\n")))


def who(project: Path) -> Principal:
    with Workspace.open(project) as workspace:
        return principal_of(workspace.project, record_of(workspace), secrets_of(workspace))


def nobody(project: Path) -> str:
    with pytest.raises(AuthenticationFailed) as caught:
        who(project)
    assert told(project)[-1]["kind"] == "authentication.failed"
    return str(caught.value)


LOSSES: dict[str, Callable[[Path], object]] = {
    "its file is gone": lambda folder: (folder / "@built-in.json").unlink(),
    "what names it is empty": lambda folder: (folder / "current").write_text(""),
    "what names it is damaged": lambda folder: (folder / "current").write_bytes(b"\xff/../x"),
    "its provider is not in the project": lambda folder: (folder / "current").write_text("gone"),
    "its provider has no log-in": lambda folder: (folder / "current").write_text("corp"),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_log_in_that_cannot_be_used_is_nobody_until_logged_out(
    project: Path, kept: Path, loss: Callable[[Path], object]
) -> None:
    assert who(project).id == "user:anna"
    loss(kept)

    assert "cannot be used any more" in nobody(project)
    assert lockgate("access", "users", "list", project=project) == 7
    assert lockgate("logout", project=project) == 0
    assert who(project).assurance is Assurance.OPERATING_SYSTEM


def rename_session(kept: Path, name: str) -> None:
    file = kept / "@built-in.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "session": name}))


def test_the_session_of_a_log_in_is_what_its_token_says_not_its_file(
    project: Path, kept: Path
) -> None:
    before = who(project).session
    rename_session(kept, "annas-session")
    assert who(project).session == before != ""


def test_a_session_named_to_fool_a_terminal_is_a_damaged_log_in(project: Path, kept: Path) -> None:
    rename_session(kept, "x\x1b[31m")
    with pytest.raises(EnvironmentFailed):
        who(project)


def test_a_log_in_that_the_keyring_lost_is_nobody(
    tmp_path: Path, project: Path, kept: Path
) -> None:
    class Empty:
        def get_password(self, service: str, user: str) -> None:
            return None

    file = kept / "@built-in.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "place": "keyring"}))

    with pytest.raises(AuthenticationFailed, match="keyring has lost"):
        KeptSessions(kept, KeyringStore("lockgate", Empty())).of("@built-in")


@pytest.mark.parametrize("name", ["typo", "corp", "pods", "@built-in", "../corp"])
@pytest.mark.parametrize("logged_in", [False, True])
def test_a_provider_that_is_named_and_cannot_be_used_is_nobody(
    project: Path,
    name: str,
    logged_in: bool,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if logged_in:
        request.getfixturevalue("kept")
    monkeypatch.setenv("LOCKGATE_PROVIDER", name)

    if name == "@built-in" and logged_in:
        assert who(project).id == "user:anna"
    else:
        assert name not in nobody(project).replace("access.providers", "")


def test_a_mistyped_provider_is_not_made_up_for_by_a_token_file(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKGATE_PROVIDER", "typo")
    monkeypatch.setenv("LOCKGATE_TOKEN_FILE", str(tmp_path / "token"))

    assert "names no provider" in nobody(project)


def test_a_token_file_that_links_nowhere_is_nobody(project: Path) -> None:
    (project / "mounted").mkdir()
    (project / "mounted" / "token").symlink_to("..data/token")

    assert "token file is not used" in nobody(project)
