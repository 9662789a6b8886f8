"""What every store of reveal counts does alike: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.policy.reveal_rules import Quota
from lockgate.run.state_ports import StateStore

EMAIL, ANY = Quota("pii.email", 100), Quota("*", 150)
NOW = 500_000


def test_values_are_counted_until_the_quota_is_full(state: StateStore) -> None:
    assert state.reveals.take("ada", [(EMAIL, 60)], NOW) is None
    assert state.reveals.take("ada", [(EMAIL, 41)], NOW) == EMAIL
    assert state.reveals.take("ada", [(EMAIL, 40)], NOW) is None
    assert state.reveals.take("ada", [(EMAIL, 1)], NOW) == EMAIL
    assert state.reveals.taken("ada", "pii.email", NOW) == 100


def test_all_quotas_count_or_none(state: StateStore) -> None:
    assert state.reveals.take("ada", [(ANY, 90), (EMAIL, 90)], NOW) is None
    assert state.reveals.take("ada", [(ANY, 20), (EMAIL, 20)], NOW) == EMAIL
    assert state.reveals.taken("ada", "*", NOW) == 90


def test_each_principal_and_rule_has_a_count_of_its_own(state: StateStore) -> None:
    assert state.reveals.take("ada", [(EMAIL, 100)], NOW) is None
    assert state.reveals.take("bob", [(EMAIL, 100)], NOW) is None
    assert state.reveals.take("ada", [(ANY, 150)], NOW) is None


def test_no_window_of_24_hours_holds_more_than_the_quota(state: StateStore) -> None:
    state.reveals.take("ada", [(EMAIL, 100)], NOW)

    assert state.reveals.take("ada", [(EMAIL, 1)], NOW + 24) == EMAIL
    assert state.reveals.take("ada", [(EMAIL, 100)], NOW + 25) is None


def test_a_clock_that_goes_back_widens_nothing(state: StateStore) -> None:
    state.reveals.take("ada", [(EMAIL, 60)], NOW)

    assert state.reveals.take("ada", [(EMAIL, 60)], NOW - 1_000) == EMAIL
    assert state.reveals.take("ada", [(EMAIL, 40)], NOW - 1_000) is None
    assert state.reveals.take("ada", [(EMAIL, 1)], NOW + 24) == EMAIL  # counted now, not then


def test_a_clock_that_goes_back_under_another_rule_widens_nothing(state: StateStore) -> None:
    state.reveals.take("ada", [(ANY, 1)], NOW)
    state.reveals.take("ada", [(EMAIL, 100)], NOW - 1_000)

    assert state.reveals.take("ada", [(EMAIL, 1)], NOW) == EMAIL


def test_a_count_whose_transaction_fails_is_undone(state: StateStore) -> None:
    def fail() -> None:
        with state.transaction():
            state.reveals.take("ada", [(EMAIL, 100)], NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert state.reveals.taken("ada", "pii.email", NOW) == 0


def test_another_opening_sees_the_count(open_another) -> None:
    first, second = open_another(), open_another()
    first.reveals.take("ada", [(EMAIL, 100)], NOW)

    assert second.reveals.take("ada", [(EMAIL, 1)], NOW) == EMAIL


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_at_once_cannot_pass_a_quota_together(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = "sqlite"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").database()
    open_state(url, tmp_path / ".lockgate").close()
    start = threading.Barrier(4)

    def take() -> int:
        with open_state(url, tmp_path / ".lockgate") as store:  # connections as a process has them
            start.wait()
            return sum(store.reveals.take("ada", [(EMAIL, 7)], NOW) is None for _ in range(8))

    with ThreadPoolExecutor(4) as pool:
        taken = [pool.submit(take) for _ in range(4)]
        assert sum(one.result() for one in taken) == 100 // 7


def test_hours_of_the_window_are_kept_while_others_are_forgotten(state: StateStore) -> None:
    state.reveals.take("ada", [(EMAIL, 60)], NOW)
    state.reveals.take("ada", [(EMAIL, 30)], NOW + 3)

    assert state.reveals.take("ada", [(EMAIL, 11)], NOW + 24) == EMAIL
    assert state.reveals.take("ada", [(EMAIL, 10)], NOW + 24) is None
    assert state.reveals.take("ada", [(EMAIL, 60)], NOW + 25) is None
    assert state.reveals.take("ada", [(EMAIL, 1)], NOW + 27) == EMAIL
