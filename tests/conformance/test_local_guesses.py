"""Lock-out against guesses at once, from threads and processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from guesser import guess

from local_desk import GOOD, WRONG, Desk
from lockgate.access.identity_ports import Session
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.assemble import local_identities
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText

GUESSER = Path(__file__).with_name("guesser.py")
LOCK_AFTER = 5


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    url = "sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    folder = tmp_path / ".lockgate"
    with open_state(url, folder) as state:
        desk = Desk(folder, state)
        desk.accounts.add_user("ada", SecretText(GOOD), "test")
        desk.accounts.add_service("nightly", "test", key=folder / "nightly.key")
    return url, folder


def test_fifty_guesses_at_once_from_threads(place: tuple[str, Path]) -> None:
    url, folder = place
    assert guess(url, folder, "ada", WRONG, 50) == (LOCK_AFTER, 0)
    assert guess(url, folder, "ada", GOOD, 5) == (0, 0), "locked: the right one opens nothing"
    told(url, folder, attempts=55)


def test_fifty_guesses_at_once_from_processes(place: tuple[str, Path]) -> None:
    url, folder = place
    command = [sys.executable, str(GUESSER), url, str(folder), "ada", WRONG, "25"]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        found = [process.communicate(timeout=120)[0].split() for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    assert sum(int(checked) for checked, _ in found) == LOCK_AFTER
    assert sum(int(opened) for _, opened in found) == 0
    told(url, folder, attempts=50)


def told(url: str, folder: Path, attempts: int) -> None:
    """The ledger tells all of them, in few entries, and the lock once."""
    with open_state(url, folder) as state:
        desk = Desk(folder, state)
        desk.after(minutes=2)
        desk.log_in()
        failed = desk.told("authentication.failed")
        assert sum(event.attempts for event in failed) == attempts
        assert len(failed) <= 10 + 2
        assert [event.account for event in desk.told("account.locked")] == ["user:ada"]


def test_one_renewal_secret_used_by_many_at_once_renews_once(place: tuple[str, Path]) -> None:
    url, folder = place
    with open_state(url, folder) as state:
        desk = Desk(folder, state)
        tokens = desk.log_in()

        def one(_: int) -> int:
            try:
                desk.renew(tokens)
            except AuthenticationFailed:
                return 0
            return 1

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(one, range(8))) == 1
        assert not desk.stands(tokens), "used twice: the session ended"


def test_one_assertion_used_by_many_at_once_logs_in_once(place: tuple[str, Path]) -> None:
    from lockgate.assemble.local_services import log_in_by_assertion, make_assertion

    url, folder = place
    with open_state(url, folder) as state:
        desk = Desk(folder, state)
        key = folder / "nightly.key"
        assertion = make_assertion(desk.project, desk.record, "nightly", key)

        def one(_: int) -> int:
            try:
                log_in_by_assertion(desk.project, desk.record, assertion)
            except AuthenticationFailed:
                return 0
            return 1

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(one, range(8))) == 1
        assert len(state.identities.sessions("service:nightly")) == 1


def test_log_in_session_and_log_out_stand_in_the_ledger(place: tuple[str, Path]) -> None:
    url, folder = place
    with open_state(url, folder) as state:
        desk = Desk(folder, state)
        tokens = desk.log_in()
        assert tokens.refresh is not None
        assert isinstance(state.identities.session(tokens.session), Session)
        local_identities.log_out(desk.project, desk.record, tokens.refresh)

        kinds = [event.kind for event in desk.told()[-3:]]
        assert kinds == ["authentication.succeeded", "session.started", "session.ended"]
        assert {event.session for event in desk.told()[-3:]} == {tokens.session}
        assert {event.principal for event in desk.told()[-3:]} == {"user:ada"}
