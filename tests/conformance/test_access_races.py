"""Whoever races for one approval, from threads or processes: exactly one gets it."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from access_desks import NOON, Office, person
from lockgate.access.action import Action
from lockgate.access.resource import LEDGER, key_domain
from lockgate.access.scope import EVERYWHERE
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.errors import AuthorisationDenied
from lockgate.ledger.access_events import AccessGranted, ProductionLeaving
from lockgate.ledger.ledger import Ledger
from lockgate.ledger.signing import SigningKey
from lockgate.run.access_history import KEPT
from lockgate.run.granting import grant, revoke
from lockgate.run.production import keep_environment
from lockgate.run.second_word import ask, decide
from lockgate.run.state_ports import StateStore
from lockgate.secret import SecretBytes
from lockgate.testing.ledgers import new_ledger

SEED = "17" * 32
RACERS = 4
LATER = NOON + timedelta(days=1)
ADA, BOB, ROOT = person("ada"), person("bob"), person("root")
EMAIL = key_domain("email")


class Place:
    """A state with one approved request in it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        with self.open() as state:
            office = Office(state, ledger=self.ledger(state))
            office.give(ROOT.id, "admin")
            for who in (ADA, BOB):
                office.give(who.id, "security_officer")
            request = ask(office.act(ADA), Action.DESTROY_KEY, EMAIL, "end", "why")
            decide(office.act(BOB), request.id, approved=True)

    def open(self) -> StateStore:
        return open_state(self.url, self.folder)

    def ledger(self, state: StateStore) -> Ledger:
        key = SigningKey(SecretBytes(bytes.fromhex(SEED)))
        return new_ledger(state.ledger, key, FileWitness(self.folder / "checkpoint"))

    def destroyed(self) -> int:
        with self.open() as state:
            office = Office(state, ledger=self.ledger(state))
            assert office.differences() == []
            office.record.ledger.verify()
            events = [entry.event for entry in office.record.ledger.read()]
        return sum(isinstance(e, AccessGranted) and e.action == "destroy-key" for e in events)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    url = "sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    return Place(url, tmp_path / ".lockgate")


@pytest.mark.parametrize("environment", ["production", "development"])
def test_openings_at_once_enter_or_leave_production_once(place: Place, environment: str) -> None:
    if environment == "development":
        with place.open() as state:
            office = Office(state, ledger=place.ledger(state))
            keep_environment(office.record, office.rows, "production")
            row = office.rows.environment.get(KEPT)
            assert row is not None
            entry = office.desk.tell(
                ProductionLeaving, "why", "permitted", environment=environment, until=LATER
            )
            office.rows.environment.change(row, leaving_for=environment, until=LATER, entry=entry)
    start = threading.Barrier(RACERS)

    def opening(_: int) -> None:
        with place.open() as state:
            office = Office(state, ledger=place.ledger(state))
            start.wait()
            keep_environment(office.record, office.rows, environment)

    with ThreadPoolExecutor(RACERS) as pool:
        list(pool.map(opening, range(RACERS)))
    with place.open() as state:
        office = Office(state, ledger=place.ledger(state))
        assert office.differences() == []
        told = [entry.event.kind for entry in office.record.ledger.read()]
    assert told.count("production.entered") == 1
    assert told.count("production.left") == (environment == "development")


def test_threads_at_once_use_an_approval_once(place: Place) -> None:
    start = threading.Barrier(RACERS)

    def use(_: int) -> bool:
        with place.open() as state:
            office = Office(state, ledger=place.ledger(state), who=ADA)
            start.wait()
            return office.may(ADA, Action.DESTROY_KEY, EMAIL, "end")

    with ThreadPoolExecutor(RACERS) as pool:
        assert sum(pool.map(use, range(RACERS))) == 1
    assert place.destroyed() == 1


def test_processes_at_once_use_an_approval_once(place: Place) -> None:
    command = [sys.executable, str(Path(__file__).with_name("approval_user.py"))]
    command += [place.url, str(place.folder), SEED]
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(RACERS)
        ]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        said = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    assert sorted(said) == ["allowed", *["denied"] * (RACERS - 1)]
    assert place.destroyed() == 1


def test_an_approval_that_expires_while_it_is_raced_for_serves_nobody(place: Place) -> None:
    start = threading.Barrier(RACERS)

    def use(_: int) -> bool:
        with place.open() as state:
            office = Office(state, ledger=place.ledger(state), who=ADA)
            office.at += timedelta(hours=24)
            start.wait()
            return office.may(ADA, Action.DESTROY_KEY, EMAIL, "end")

    with ThreadPoolExecutor(RACERS) as pool:
        assert not any(pool.map(use, range(RACERS)))
    assert place.destroyed() == 0


def test_a_revoked_administrator_gives_nothing_however_the_two_race(place: Place) -> None:
    """Every grant in the ledger stands before the entry that ended its giver's own."""
    other, start = person("other"), threading.Barrier(2)
    with place.open() as state:
        office = Office(state, ledger=place.ledger(state))
        office.give(other.id, "admin")
        own = next(iter(office.rows.grants.of([ROOT.id])))

    def give() -> int:
        with place.open() as state:
            office = Office(state, ledger=place.ledger(state))
            start.wait()
            for number in range(20):
                try:
                    desk = office.act(ROOT)
                    lasts = timedelta(days=1)
                    grant(desk, f"user:n{number}", "auditor", EVERYWHERE, "race", lasts)
                except AuthorisationDenied:
                    return number
        return 20

    def end() -> None:
        with place.open() as state:
            office = Office(state, ledger=place.ledger(state))
            start.wait()
            revoke(office.act(other), own.id, "race")

    with ThreadPoolExecutor(2) as pool:
        given, ended = pool.submit(give), pool.submit(end)
        ended.result()
        count = given.result()
    with place.open() as state:
        office = Office(state, ledger=place.ledger(state))
        ended_at = office.rows.grants.get(own.id)
        assert ended_at is not None
        by_root = [r for r in office.rows.grants.all() if r.to.startswith("user:n")]
        assert len(by_root) == count
        assert all(row.entry < ended_at.entry for row in by_root)
        assert not office.may(ROOT, Action.READ_LEDGER, LEDGER)
