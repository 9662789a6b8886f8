"""What every store of used tokens does alike: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.run.state_ports import StateStore

NOW = datetime(2030, 1, 1, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=5)
DAY = timedelta(days=1)


def test_a_token_is_used_once(state: StateStore) -> None:
    assert state.used_tokens.use("service:etl", "one", UNTIL, NOW)
    assert not state.used_tokens.use("service:etl", "one", UNTIL, NOW)
    assert state.used_tokens.use("service:etl", "two", UNTIL, NOW)


def test_an_issuer_does_not_use_up_the_tokens_of_another(state: StateStore) -> None:
    assert state.used_tokens.use("service:a", "bc", UNTIL, NOW)
    assert state.used_tokens.use("service:ab", "c", UNTIL, NOW)
    assert state.used_tokens.use("service:b", "bc", UNTIL, NOW)


def test_a_longer_life_does_not_make_it_new(state: StateStore) -> None:
    state.used_tokens.use("service:etl", "one", UNTIL, NOW)

    assert not state.used_tokens.use("service:etl", "one", UNTIL + DAY, NOW)
    assert not state.used_tokens.use("service:etl", "one", UNTIL, NOW - DAY)


def test_it_is_remembered_for_a_day_after_nobody_takes_it(state: StateStore) -> None:
    state.used_tokens.use("service:etl", "one", UNTIL, NOW)

    assert state.used_tokens.use("service:etl", "two", UNTIL + DAY, UNTIL + DAY)
    assert not state.used_tokens.use("service:etl", "one", UNTIL, UNTIL + DAY)
    assert state.used_tokens.use("service:etl", "three", UNTIL, UNTIL + DAY + DAY / 2)
    assert state.used_tokens.use("service:etl", "one", UNTIL, NOW), "forgotten, to stay small"


def test_a_use_whose_transaction_fails_is_undone(state: StateStore) -> None:
    def fail() -> None:
        with state.transaction():
            assert state.used_tokens.use("service:etl", "one", UNTIL, NOW)
            assert not state.used_tokens.use("service:etl", "one", UNTIL, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert state.used_tokens.use("service:etl", "one", UNTIL, NOW)


def test_another_opening_sees_the_use(open_another) -> None:
    first, second = open_another(), open_another()

    assert first.used_tokens.use("service:etl", "one", UNTIL, NOW)
    assert not second.used_tokens.use("service:etl", "one", UNTIL, NOW)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_many_at_once_one_is_the_first(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = "sqlite"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").database()
    open_state(url, tmp_path / ".lockgate").close()
    start = threading.Barrier(8)

    def use() -> bool:
        with open_state(url, tmp_path / ".lockgate") as store:  # connections as a process has them
            start.wait()
            return store.used_tokens.use("service:etl", "one", UNTIL, NOW)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: use(), range(8))) == [False] * 7 + [True]


def test_the_database_holds_no_token_id(tmp_path: Path) -> None:
    with open_state("sqlite", tmp_path / ".lockgate") as store:
        store.used_tokens.use("service:etl", "token-id-7391", UNTIL, NOW)

    files = [path.read_bytes() for path in (tmp_path / ".lockgate").iterdir() if path.is_file()]
    assert files
    assert not any(b"token-id-7391" in content for content in files)
