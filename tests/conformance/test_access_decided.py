"""A decision sees the state as it is then: what others did to it, openly or behind our back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from access_desks import Office, person
from conftest import OpenState
from lockgate.access.action import Action
from lockgate.access.resource import label, pipeline
from lockgate.access.scope import Scope
from lockgate.adapters.state_stores.sql.store import SqlStateStore, open_state
from lockgate.ledger.access_events import AccessDenied
from lockgate.run.break_glass import close_glass, open_glass
from lockgate.run.granting import revoke
from lockgate.testing.ledgers import new_ledger, new_signing_key

ROOT, EVE = person("root"), person("eve")
NAME = label("pii.name")


class Two:
    """Two processes' offices over one state."""

    def __init__(self, first: Any, second: Any) -> None:
        key = new_signing_key()
        self.one = Office(first, ledger=new_ledger(first.ledger, key))
        self.other = Office(second, ledger=new_ledger(second.ledger, key))
        self.one.give(ROOT.id, "admin")

    def reveals(self) -> bool:
        """Whether Eve may, asked of the first one."""
        return self.one.may(EVE, Action.REVEAL, NAME)


@pytest.fixture
def two(open_another: OpenState) -> Two:
    return Two(open_another(), open_another())


def test_what_another_process_gives_and_takes_counts_at_the_next_decision(two: Two) -> None:
    assert not two.reveals()
    given = two.other.give(EVE.id, "privacy_officer")
    assert two.reveals()
    revoke(two.other.act(ROOT), given.id, "left")
    assert not two.reveals()


def test_a_break_glass_that_another_process_closes_is_closed(two: Two) -> None:
    two.one.give(EVE.id, "data_engineer")
    opened = open_glass(two.other.act(EVE), "privacy_officer", "danger", None)
    assert two.reveals()
    close_glass(two.other.act(EVE), opened.id, "done")
    assert not two.reveals()


def test_what_another_process_saw_as_over_stays_over(two: Two) -> None:
    two.one.give(EVE.id, "privacy_officer", days=1)
    assert two.reveals()
    two.other.at += timedelta(days=2)
    assert not two.other.may(EVE, Action.REVEAL, NAME)
    assert not two.reveals()  # its own clock still says that the grant holds


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStateStore]:
    url = "sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    with open_state(url, tmp_path / ".lockgate") as state:
        yield state


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE access_grants SET role = 'admin' WHERE role = 'privacy_officer'",
        "UPDATE access_grants SET scope = '' WHERE role = 'privacy_officer'",
        "UPDATE access_grants SET expires_at = '2999-01-01T00:00:00.000000Z'",
        """UPDATE access_grants SET "to" = 'user:eve' WHERE role = 'admin'""",
        "UPDATE access_grants SET expires_at = 'never'",
        "UPDATE access_latest SET at = '2001-01-01T00:00:00.000000Z'",
        "UPDATE access_latest SET at = '2026-05-01T11:59:30.000000Z'",
    ],
)
def test_a_row_changed_in_the_database_denies_at_once(database: SqlStateStore, change: str) -> None:
    office = Office(database)
    office.give(ROOT.id, "admin")
    office.give(EVE.id, "privacy_officer", scope=Scope(labels=("pii",)))
    for _ in range(3):  # nothing that was read before stands for what is there now
        assert office.may(EVE, Action.REVEAL, NAME)
    with database._engine.begin() as connection:
        connection.execute(text(change))
    assert not office.may(EVE, Action.REVEAL, NAME)
    denied = [entry.event for entry in office.record.ledger.read()][-1]
    assert isinstance(denied, AccessDenied)
    assert denied.reason == "check-failed"
    with database._engine.begin() as connection:
        connection.execute(text("DELETE FROM access_grants WHERE role <> 'admin'"))
    assert not office.may(EVE, Action.REVEAL, NAME)


def test_a_break_glass_changed_in_the_database_denies_at_once(database: SqlStateStore) -> None:
    office = Office(database)
    office.give(EVE.id, "data_engineer")
    open_glass(office.act(EVE), "data_analyst", "danger", None)
    assert office.may(EVE, Action.RUN, pipeline("people"))
    with database._engine.begin() as connection:
        connection.execute(text("UPDATE access_break_glass SET role = 'privacy_officer'"))
    assert not office.may(EVE, Action.REVEAL, NAME)
    assert not office.may(EVE, Action.RUN, pipeline("people"))


@contextmanager
def statements(state: SqlStateStore) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(state._engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(state._engine, "before_cursor_execute", note)


def test_a_decision_asks_the_database_once(database: SqlStateStore) -> None:
    office = Office(database)
    office.give(EVE.id, "privacy_officer")
    office.act(person("eve", "", "corp/x", "corp/y"))
    office.gate.confirm(Action.REVEAL, NAME, "test")
    with statements(database) as sent:
        office.gate.confirm(Action.REVEAL, NAME, "test")
    assert len(sent) == 1
    assert sent[0].startswith("SELECT")


def test_a_decision_waits_for_no_writer(tmp_path: Path) -> None:
    folder = tmp_path / ".lockgate"
    with open_state("sqlite", folder) as state, open_state("sqlite", folder) as other:
        office = Office(state)
        office.give(EVE.id, "privacy_officer")
        office.act(EVE)
        office.gate.confirm(Action.REVEAL, NAME, "test")
        with other.transaction():
            office.gate.confirm(Action.REVEAL, NAME, "test")
