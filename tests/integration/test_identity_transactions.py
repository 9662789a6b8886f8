"""Who acts inside a transaction of the state: whoever did before it, and nothing is renewed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from identity_provider.acting import Actor
from identity_provider.projects import lockgate
from lockgate.access.principal import Principal
from lockgate.assemble.create import create_project
from lockgate.assemble.identities import WhoActs
from lockgate.assemble.local_identities import check_session, end_session
from lockgate.assemble.workspace import Workspace
from lockgate.errors import (
    AuthenticationFailed,
    InternalError,
)

PASSWORD = "a long enough password of a person 47"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Actor]:
    """Anna is logged in at the built-in issuer, and administers."""
    folder = tmp_path / "project"
    create_project(folder, "clinic")
    words = ("access", "users", "add", "anna", "--password-stdin", "--purpose", "a test")
    typed(monkeypatch)
    assert lockgate(*words, project=folder) == 0
    assert lockgate("access", "init", "--admin", "user:anna", project=folder) == 0
    typed(monkeypatch)
    assert lockgate("login", "--user", "anna", "--password-stdin", project=folder) == 0
    with Workspace.open(folder) as workspace:
        yield Actor(workspace)


def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PASSWORD.encode() + b"\n")))


def renewals(actor: Actor) -> int:
    """How often the built-in issuer has renewed anna's session."""
    (session,) = actor.record.state.identities.sessions("user:anna")
    return session.generation


def test_a_transaction_that_is_rolled_back_costs_no_log_in(here: Actor) -> None:
    assert here.who().id == "user:anna"
    here.clock.ahead = 500  # due

    assert here.inside().id == "user:anna"  # type: ignore[union-attr]
    assert renewals(here) == 0
    assert here.who().id == "user:anna"
    assert renewals(here) == 1


def test_a_renewal_inside_a_transaction_is_refused(here: Actor) -> None:
    here.clock.ahead = 500
    with pytest.raises(InternalError, match="a renewal inside a transaction"):
        here.inside()

    assert renewals(here) == 0
    assert here.who().id == "user:anna"


def test_a_session_that_ends_meanwhile_ends_inside_a_transaction_too(here: Actor) -> None:
    anna = here.who()
    assert end_session(here.project, here.record, anna)

    with here.record.state.transaction(), pytest.raises(AuthenticationFailed):
        here.who()
    with pytest.raises(AuthenticationFailed):
        check_session(here.project, here.record, anna)


def test_who_was_found_in_one_thread_acts_in_no_others_transaction(here: Actor) -> None:
    """Of two people in two threads, each acts alone."""
    from threading import Thread

    here.who()
    found: list[bool] = []
    known = here.who._known
    thread = Thread(target=lambda: found.append(known() is None))
    thread.start()
    thread.join()
    assert found == [True]


def test_the_first_administrators_grant_finds_out_who_acts_before_its_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks for no permission, which would find that out."""
    inside: list[bool] = []
    find = WhoActs.__call__

    def watched(self: WhoActs) -> Principal:
        inside.append(self._record.state.in_transaction)
        return find(self)

    create_project(tmp_path / "other", "clinic")
    monkeypatch.setattr(WhoActs, "__call__", watched)
    words = ("access", "init", "--admin", "user:anna")
    assert lockgate(*words, project=tmp_path / "other") == 0
    assert inside
    assert not any(inside)
