"""Attacks on production: left by an edit of the file or of the state, late, alone, or for more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import lockgate
from access_desks import NOON, Office, person
from lockgate.access.action import Action
from lockgate.access.request_digest import parse_resource
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import AuthorisationDenied, ExitCode, IntegrityError, UsageError
from lockgate.ledger.event import Event
from lockgate.run.access_history import KEPT
from lockgate.run.production import (
    STILL_PRODUCTION,
    keep_environment,
    permit_leaving,
    stay_in_production,
)
from lockgate.run.second_word import ask, decide
from lockgate.testing.memory_state import MemoryStateStore
from session_cases import people_of
from small_project import change, make_project

ADA, EVE, ROOT = (person(name) for name in ("ada", "eve", "root"))
FOR_DEVELOPMENT = parse_resource("project:project;detail=for development")
WHY = "retired"


@pytest.fixture
def office() -> Office:
    """A project in production: Ada looks after keys and the environment, Eve has the other word."""
    office = Office(MemoryStateStore())
    office.give(ROOT.id, "admin")
    office.give(ADA.id, "security_officer")
    office.give(EVE.id, "privacy_officer")
    opened(office, "production")
    return office


def opened(office: Office, environment: str) -> None:
    keep_environment(office.record, office.rows, environment)


def left(office: Office, environment: str = "development") -> bool:
    """Whether it opens with a file that says so."""
    try:
        opened(office, environment)
    except AuthorisationDenied:
        return False
    return True


def permitted(office: Office) -> None:
    request = ask(office.act(ADA), Action.LEAVE_PRODUCTION, FOR_DEVELOPMENT, WHY, "ticket 7")
    decide(office.act(EVE), request.id, approved=True)
    permit_leaving(office.act(ADA), "development", WHY)


def told(office: Office) -> list[Event]:
    return [entry.event for entry in office.record.ledger.read()]


def kinds(office: Office) -> list[str]:
    return [event.kind for event in told(office) if event.kind.startswith("production.")]


@pytest.mark.parametrize("other", ["development", "prod", "staging"])
def test_a_file_that_says_another_environment(office: Office, other: str) -> None:
    with pytest.raises(AuthorisationDenied, match="lockgate.yaml says another environment") as said:
        opened(office, other)
    assert f"lockgate access environment {other} --reason" in str(said.value.hint)
    assert told(office)[-1].kind == "access.denied"
    assert told(office)[-1].reason == STILL_PRODUCTION  # type: ignore[union-attr]
    assert left(office, "production")
    assert kinds(office) == ["production.entered"]


def test_two_persons_let_it_leave_and_every_step_is_recorded(office: Office) -> None:
    permitted(office)
    assert office.differences() == []
    assert left(office, "production")
    assert kinds(office) == ["production.entered", "production.leaving"]
    assert left(office)
    assert office.differences() == []
    assert left(office)
    assert left(office, "staging")
    assert kinds(office) == ["production.entered", "production.leaving", "production.left"]


def test_leaving_alone(office: Office) -> None:
    with pytest.raises(AuthorisationDenied) as said:
        permit_leaving(office.act(ADA), "development", WHY)
    assert "access request leave-production 'project:project;detail=for dev" in str(said.value.hint)
    assert not left(office)


def test_a_permission_that_was_taken_back(office: Office) -> None:
    permitted(office)
    with pytest.raises(AuthorisationDenied):
        stay_in_production(office.act(ROOT), WHY)
    stay_in_production(office.act(EVE), WHY)
    assert office.differences() == []
    assert not left(office)
    assert left(office, "production")
    with pytest.raises(UsageError, match="nothing is taken back"):
        stay_in_production(office.act(EVE), WHY)


@pytest.mark.parametrize("who", [ROOT, EVE])
def test_leaving_by_somebody_whom_no_policy_lets(office: Office, who) -> None:
    with pytest.raises(AuthorisationDenied):
        permit_leaving(office.act(who), "development", WHY)
    assert not left(office)


def test_a_word_for_one_environment_used_for_another(office: Office) -> None:
    request = ask(office.act(ADA), Action.LEAVE_PRODUCTION, FOR_DEVELOPMENT, WHY, "ticket 7")
    decide(office.act(EVE), request.id, approved=True)
    with pytest.raises(AuthorisationDenied):
        permit_leaving(office.act(ADA), "staging", WHY)
    permit_leaving(office.act(ADA), "development", WHY)
    assert not left(office, "staging")


def test_a_permission_that_is_over_and_after_the_clock_is_set_back(office: Office) -> None:
    permitted(office)
    hours = office.desk.limits.leaving_production_hours
    office.at = NOON + timedelta(hours=hours)
    assert not left(office)
    office.at = NOON
    assert not left(office)


def test_a_permission_serves_once(office: Office) -> None:
    permitted(office)
    assert left(office)
    opened(office, "production")
    assert not left(office)
    assert kinds(office)[-1] == "production.entered"
    assert office.differences() == []


@pytest.mark.parametrize("name", ["production", "", "Prod", "a b", "x\n", "a" * 64])
def test_leaving_for_what_is_no_other_environment(office: Office, name: str) -> None:
    with pytest.raises(UsageError):
        permit_leaving(office.act(ADA), name, WHY)


def test_a_row_edited_into_a_permission(office: Office) -> None:
    """It does not verify: the file may say production, and nothing else, so that it can be told."""
    rows = office.state.access.environment
    row = rows.get(KEPT)
    assert row is not None
    rows.swap(row, replace(row, leaving_for="development", until=NOON + timedelta(days=1)))
    with pytest.raises(AuthorisationDenied, match="not written by this project"):
        opened(office, "development")
    opened(office, "production")
    assert office.differences() == [f"environment of the {KEPT} was not written by this project"]
    with pytest.raises(IntegrityError):
        office.rows.environment.get(KEPT)


def test_a_row_put_back_from_an_earlier_permission_is_found(office: Office) -> None:
    permitted(office)
    rows = office.state.access.environment
    earlier = rows.get(KEPT)
    assert left(office)
    opened(office, "production")
    now = rows.get(KEPT)
    assert earlier is not None
    assert now is not None
    rows.swap(now, earlier)
    assert office.differences() == [
        f"environment of the {KEPT} is not what the ledger says became of it"
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that has been opened in production."""
    made = make_project(tmp_path / "p")
    say(made, "development", "production")
    with Workspace.open(made) as workspace:
        record_of(workspace)
    return made


def say(folder: Path, before: str, after: str) -> None:
    change(folder / "lockgate.yaml", f"environment: {before}", f"environment: {after}")


def counted(folder: Path) -> int:
    with closing(sqlite3.connect(folder / ".lockgate" / "state.db")) as state:
        (size,) = state.execute("SELECT count(*) FROM ledger_entries").fetchone()
    return int(size)


def test_the_folders_owner_edits_the_file_and_is_owner_of_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(folder, "production", "development")
    for words in ("keys list", "ledger show", "run people", "secrets check", "access verify"):
        code = invoke([*words.split(), "--project", str(folder)])
        assert code == ExitCode.AUTHORISATION, words
        said = " ".join(capsys.readouterr().err.split())
        assert "lockgate access environment development --reason" in said
    assert invoke(["check", "--project", str(folder)]) == 0
    assert invoke(["doctor", "--project", str(folder)]) != 0
    assert "this project is in production" in " ".join(capsys.readouterr().out.split())
    with lockgate.open(folder) as workspace, pytest.raises(AuthorisationDenied):
        assert workspace.state


def test_a_row_removed_with_the_edit_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(folder / ".lockgate" / "state.db")) as state:
        state.execute("DELETE FROM access_environment")
        state.commit()
    say(folder, "production", "development")
    assert invoke(["access", "verify", "--project", str(folder)]) == ExitCode.INTEGRITY
    assert f"environment of the {KEPT} is missing" in capsys.readouterr().out
    assert invoke(["doctor", "--project", str(folder)]) != 0
    assert "1 differences" in " ".join(capsys.readouterr().out.split())


def test_a_lost_key_of_the_row_lifts_nothing(folder: Path) -> None:
    (folder / ".lockgate" / "access.key").unlink()
    say(folder, "production", "development")
    with (
        Workspace.open(folder) as workspace,
        pytest.raises(AuthorisationDenied, match="access.key"),
    ):
        workspace.check_secrets()


def test_only_a_change_is_written(folder: Path) -> None:
    before = counted(folder)
    for _ in range(3):
        with Workspace.open(folder) as workspace:
            record_of(workspace)
    assert counted(folder) == before


def test_two_people_leave_by_the_library(folder: Path) -> None:
    say(folder, "production", "development")
    with closing(sqlite3.connect(folder / ".lockgate" / "state.db")) as state:
        state.execute("DELETE FROM access_environment")
        state.commit()
    with people_of(folder) as people:  # as it was before it went to production
        tokens = people.token("ada", "security_officer"), people.token("eve", "privacy_officer")
    say(folder, "development", "production")
    ada, eve = (lockgate.open(folder, token=token) for token in tokens)
    with ada, eve:
        with pytest.raises(AuthorisationDenied, match="somebody else must approve"):
            ada.grants.leave_production("development", reason=WHY)
        asked = ada.grants.ask(Action.LEAVE_PRODUCTION, FOR_DEVELOPMENT, purpose=WHY, reason="7")
        eve.grants.approve(asked.id)
        assert ada.grants.leave_production("development", reason=WHY).leaving_for == "development"
    say(folder, "production", "development")
    with lockgate.open(folder) as owner:
        assert owner.state
        events = [entry.event.kind for entry in owner.ledger.read(purpose="look")]
    assert events.count("production.left") == 1
