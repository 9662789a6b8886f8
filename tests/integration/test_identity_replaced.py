"""A second log-in in place of the first: it says so, and the first session is over everywhere."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import fail

from identity_provider.acting import Actor
from identity_provider.answering import Provider
from identity_provider.projects import lockgate, told, trusting_project
from key_servers.http_server import Answer
from lockgate.assemble.local_identities import end_session
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthenticationFailed
from token_cases import ACCESS, AUDIENCE, HEADER, changed_claims, signed

PASSWORD = "a long enough password of a person 47"
LOADERS = """    loaders:
      kind: services
      issuer: {issuer}
      audience: https://loaders.example
      client_id: loader
      client_secret: secret://env/LOADER_SECRET
      subjects: [loader]
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


@pytest.fixture
def project(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOADER_SECRET", "a-made-up-secret")
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    more = LOADERS.format(issuer=provider.address)
    folder = trusting_project(tmp_path / "project", provider.address, more, AUDIENCE)
    for name in ("anna", "bob"):
        typed(monkeypatch)
        words = ("access", "users", "add", name, "--password-stdin", "--purpose", "a test")
        assert lockgate(*words, project=folder) == 0
    return folder


@pytest.fixture
def log_in(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    def logged_in(*words: str) -> dict[str, Any]:
        typed(monkeypatch)
        capsys.readouterr()
        assert lockgate("login", *words, "--json", project=project) == 0
        return json.loads(capsys.readouterr().out)

    return logged_in


def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PASSWORD.encode() + b"\n")))


def as_user(name: str) -> tuple[str, ...]:
    return ("--user", name, "--password-stdin")


def loaders_token(provider: Provider, jti: str) -> str:
    at = int(time.time())
    given = {"iss": provider.address, "aud": "https://loaders.example", "client_id": "loader"}
    times = {"iat": at, "exp": at + 300, "auth_time": ..., "sid": ...}
    claims = changed_claims(ACCESS, given | times | {"sub": "loader", "jti": jti})
    token = signed(HEADER, claims)
    provider.token = Answer.of({"access_token": token, "token_type": "Bearer", "expires_in": 300})
    return token


def test_a_second_log_in_says_whose_it_replaced_and_ends_that(project: Path, log_in: Any) -> None:
    first = log_in(*as_user("anna"))
    assert first["replaced"] is None
    with Workspace.open(project) as workspace:
        terminal = Actor(workspace)
        assert terminal.who().id == "user:anna"

        second = log_in(*as_user("bob"))

        assert second["replaced"] == {"principal": "user:anna", "ended": True}
        with pytest.raises(AuthenticationFailed):
            terminal.who()
        assert Actor(workspace).who().id == "user:bob"
    ended = [one for one in told(project) if one["kind"] == "session.ended"]
    assert [(one["principal"], one["reason"], one["session"]) for one in ended] == [
        ("user:anna", "replaced", first["session"])
    ]


def test_it_is_said_to_a_person_too(
    project: Path, log_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    log_in(*as_user("anna"))
    typed(monkeypatch)
    assert lockgate("login", *as_user("bob"), project=project) == 0

    said = " ".join(capsys.readouterr().out.split())
    assert "replaced the log-in of user:anna that was kept here, and ended that session" in said


def test_a_session_that_had_ended_is_not_said_to_be_ended_now(project: Path, log_in: Any) -> None:
    log_in(*as_user("anna"))
    with Workspace.open(project) as workspace:
        actor = Actor(workspace)
        assert end_session(actor.project, actor.record, actor.who())

    assert log_in(*as_user("anna"))["replaced"] == {"principal": "user:anna", "ended": False}


def test_the_provider_is_asked_to_forget_what_was_replaced(
    project: Path, provider: Provider, log_in: Any
) -> None:
    first = loaders_token(provider, "t-1")
    log_in("loaders")
    second = loaders_token(provider, "t-2")
    said = log_in("loaders")

    assert said["replaced"] == {"principal": "loaders/loader", "ended": True}
    assert provider.revoked == [first]
    assert second not in provider.revoked
    assert told(project)[-1]["reason"] == "replaced"


def test_what_the_provider_does_not_end_is_said(
    project: Path, provider: Provider, log_in: Any
) -> None:
    loaders_token(provider, "t-1")
    log_in("loaders")
    loaders_token(provider, "t-2")
    provider.meddle = lambda asked, answer: (
        Answer.of({}, 500) if asked.path == "/revocation" else answer
    )

    assert log_in("loaders")["replaced"] == {"principal": "loaders/loader", "ended": False}
    assert told(project)[-1]["reason"] == "replaced"


def test_a_log_in_that_cannot_be_read_is_replaced(
    project: Path, log_in: Any, tmp_path: Path
) -> None:
    log_in(*as_user("anna"))
    (file,) = (tmp_path / "state").rglob("@built-in.json")
    file.write_text("{}")

    assert log_in(*as_user("bob"))["replaced"] == {"principal": "", "ended": False}
    with Workspace.open(project) as workspace:
        assert Actor(workspace).who().id == "user:bob"


def test_two_log_ins_stand_side_by_side_in_two_folders(
    project: Path, log_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(*as_user("anna"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    assert log_in(*as_user("bob"))["replaced"] is None

    with Workspace.open(project) as workspace:
        assert Actor(workspace).who().id == "user:bob"
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        assert Actor(workspace).who().id == "user:anna"
