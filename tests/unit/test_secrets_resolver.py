"""References are resolved late, kept for their lease, renewed before its end, never after it."""

from __future__ import annotations

import os
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from lockgate.errors import (
    ConfigurationError,
    EnvironmentFailed,
    SecretDenied,
    SecretMissing,
    SecretUnavailable,
)
from lockgate.secrets.ports import Lease
from lockgate.secrets.reference import SecretReference
from lockgate.secrets.resolver import Secrets
from lockgate.testing.secret_stores import MemorySecretStore

START = datetime(2026, 1, 1, tzinfo=UTC)
REF = "secret://vault/app/warehouse"
CANARY = "canary-9241-value"


class Clock:
    def __init__(self) -> None:
        self.at = START
        self.ticked = 7.0

    def __call__(self) -> datetime:
        return self.at

    def ticks(self) -> float:
        return self.ticked

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.ticked += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemorySecretStore:
    made = MemorySecretStore()
    made.put("app/warehouse", "one")
    return made


@pytest.fixture
def secrets(store: MemorySecretStore, clock: Clock) -> Secrets:
    return Secrets({"vault": lambda: store}, clock, ticks=clock.ticks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("secret://env/NAME", SecretReference("env", "NAME")),
        ("secret://v-2/a/b.c/d#pass.word", SecretReference("v-2", "a/b.c/d", "pass.word")),
        ("secret://aws/team/db+ro=1@x:2", SecretReference("aws", "team/db+ro=1@x:2")),
    ],
)
def test_a_reference_is_read_and_written_alike(text: str, expected: SecretReference) -> None:
    assert SecretReference.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        "secret://env",
        "secret://env/",
        "secret://ENV/NAME",
        "secret:///NAME",
        "secret://env/../NAME",
        "secret://file/a/./b",
        "secret://env/a//b",
        "secret://env/NAME#",
        "secret://env/NAME#a#b",
        "secret://env/NA ME",
        "secret://env/NAME\n",
        "secret://env/" + "a/" * 40 + "b",
        " secret://env/NAME",
        "SECRET://env/NAME",
    ],
)
def test_what_is_no_reference_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SecretReference.parse(text)
    assert "hunter2" not in str(caught.value)


def test_nothing_is_opened_before_it_is_used(clock: Clock) -> None:
    opened = []
    secrets = Secrets({"vault": lambda: opened.append(1) or MemorySecretStore()}, clock)
    assert opened == []
    with pytest.raises(SecretMissing):
        secrets.resolve(REF)
    with pytest.raises(SecretMissing):
        secrets.resolve(REF)
    assert opened == [1]


def test_a_secret_is_kept_and_then_asked_for_again(
    secrets: Secrets, store: MemorySecretStore, clock: Clock
) -> None:
    assert [secrets.resolve(REF).reveal() for _ in range(5)] == ["one"] * 5
    assert store.fetches == 1
    store.put("app/warehouse", "two")
    clock.wait(199)
    assert secrets.resolve(REF).reveal() == "one"
    clock.wait(2)  # two thirds of 300 s
    assert secrets.resolve(REF).reveal() == "two"
    assert store.fetches == 2


def test_a_lease_shorter_than_that_is_renewed_before_it_ends(
    secrets: Secrets, store: MemorySecretStore, clock: Clock
) -> None:
    store.ends = lambda: clock() + timedelta(seconds=30)
    secrets.resolve(REF)
    clock.wait(21)
    secrets.resolve(REF)
    assert store.fetches == 2


def test_a_store_that_fails_costs_nothing_while_the_lease_lasts_and_everything_after(
    secrets: Secrets, store: MemorySecretStore, clock: Clock
) -> None:
    secrets.resolve(REF)
    store.down = SecretUnavailable("the store does not answer")
    clock.wait(250)
    assert secrets.resolve(REF).reveal() == "one"
    asked = store.fetches
    assert secrets.resolve(REF).reveal() == "one"
    assert store.fetches == asked  # not at every use
    clock.wait(6)
    secrets.resolve(REF)
    assert store.fetches == asked + 1
    clock.wait(44)
    with pytest.raises(SecretUnavailable, match="app/warehouse: the store does not answer"):
        secrets.resolve(REF)
    store.down = None
    assert secrets.resolve(REF).reveal() == "one"


def test_a_lease_that_cannot_be_renewed_is_used_to_its_end_only(
    secrets: Secrets, store: MemorySecretStore, clock: Clock
) -> None:
    store.renewable = False
    store.ends = lambda: START + timedelta(seconds=60)
    secrets.resolve(REF)
    clock.wait(59)
    assert secrets.resolve(REF).reveal() == "one"
    assert store.fetches == 1
    clock.wait(2)
    with pytest.raises(SecretUnavailable, match="has ended"):
        secrets.resolve(REF)


def test_a_clock_that_is_set_back_lengthens_no_lease(
    secrets: Secrets, store: MemorySecretStore, clock: Clock
) -> None:
    secrets.resolve(REF)
    store.down = SecretUnavailable("the store does not answer")
    clock.wait(301)
    clock.at = START - timedelta(days=1)
    with pytest.raises(SecretUnavailable):
        secrets.resolve(REF)


def test_sleep_of_the_machine_lengthens_no_lease(
    secrets: Secrets, store: MemorySecretStore, clock: Clock
) -> None:
    secrets.resolve(REF)
    store.down = SecretUnavailable("the store does not answer")
    clock.at += timedelta(seconds=301)  # and the other clock stood still
    with pytest.raises(SecretUnavailable):
        secrets.resolve(REF)


def test_an_end_in_no_time_zone_is_no_time_at_all(
    secrets: Secrets, store: MemorySecretStore
) -> None:
    store.ends = lambda: datetime(2040, 1, 1)
    with pytest.raises(SecretUnavailable, match="has ended"):
        secrets.resolve(REF)


def test_denied_after_a_rotation_ends_at_the_lease(
    secrets: Secrets, store: MemorySecretStore, clock: Clock
) -> None:
    secrets.resolve(REF)
    store.down = SecretDenied("the token is not allowed to")
    clock.wait(301)
    with pytest.raises(SecretDenied):
        secrets.resolve(REF)


def test_refresh_asks_at_once_and_gives_no_old_value_if_that_fails(
    secrets: Secrets, store: MemorySecretStore
) -> None:
    bound = secrets.bound(SecretReference.parse(REF))
    wrong = bound.now()
    assert bound.after(wrong) is None
    store.put("app/warehouse", "two")
    found = bound.after(wrong)
    assert found is not None
    assert found.reveal() == secrets.resolve(REF).reveal() == "two"
    store.down = SecretUnavailable("the store does not answer")
    with pytest.raises(SecretUnavailable):
        secrets.refresh(REF)
    with pytest.raises(SecretUnavailable):
        secrets.resolve(REF)


def test_threads_that_refresh_together_ask_once_and_get_the_new_value(clock: Clock) -> None:
    memory = MemorySecretStore()
    memory.put("app/warehouse", "one")
    gate = threading.Event()
    gate.set()

    class Slow:
        def fetch(self, path: str, field: str) -> Lease:
            gate.wait(10)
            return memory.fetch(path, field)

    secrets = Secrets({"vault": Slow}, clock, ticks=clock.ticks)
    secrets.resolve(REF)
    memory.put("app/warehouse", "two")
    gate.clear()
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(secrets.refresh(REF).reveal()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    while threading.active_count() < 9:
        pass
    time.sleep(0.2)  # all of them wait now: one for the store, the others for it
    gate.set()
    for thread in threads:
        thread.join(10)
    assert found == ["two"] * 8
    assert memory.fetches == 2


@pytest.mark.parametrize(
    "failure",
    [RuntimeError(CANARY), OSError(CANARY), EnvironmentFailed("the network is down"), KeyError(1)],
)
def test_a_foreign_failure_becomes_one_refusal_without_its_words(
    secrets: Secrets, store: MemorySecretStore, failure: Exception
) -> None:
    store.down = failure
    with pytest.raises(SecretUnavailable) as caught:
        secrets.resolve(REF)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert REF in str(caught.value)


def test_a_store_that_is_not_declared_is_named(secrets: Secrets) -> None:
    with pytest.raises(ConfigurationError, match="no secret store aws") as caught:
        secrets.resolve("secret://aws/x")
    assert "vault" in caught.value.hint


def test_many_threads_ask_the_store_once(clock: Clock) -> None:
    inside = threading.Semaphore(0)
    store = MemorySecretStore()
    store.put("app/warehouse", "one")

    class Slow:
        def fetch(self, path: str, field: str) -> Lease:
            inside.acquire(timeout=5)
            return store.fetch(path, field)

    secrets = Secrets({"vault": Slow}, clock)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(secrets.resolve(REF).reveal()))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    inside.release()
    for thread in threads:
        thread.join(10)
    assert found == ["one"] * 16
    assert store.fetches == 1


def test_a_slow_store_keeps_no_other_waiting(store: MemorySecretStore, clock: Clock) -> None:
    let_go = threading.Event()

    class Stuck:
        def fetch(self, path: str, field: str) -> Lease:
            let_go.wait(10)
            return store.fetch(path, field)

    secrets = Secrets({"stuck": Stuck, "vault": lambda: store}, clock)
    waiting = threading.Thread(target=lambda: secrets.resolve("secret://stuck/app/warehouse"))
    waiting.start()
    try:
        assert secrets.resolve(REF).reveal() == "one"
    finally:
        let_go.set()
        waiting.join(10)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_starts_anew_even_if_a_lock_was_held(clock: Clock) -> None:
    entered, let_go = threading.Event(), threading.Event()
    parent = os.getpid()

    class Store:
        def fetch(self, path: str, field: str) -> Lease:
            if os.getpid() == parent:
                entered.set()
                let_go.wait(10)
            made = MemorySecretStore()
            made.put(path, str(os.getpid()))
            return made.fetch(path, field)

    secrets = Secrets({"vault": Store}, clock)
    holding = threading.Thread(target=lambda: secrets.resolve(REF))
    holding.start()
    entered.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if secrets.resolve(REF).reveal() == str(os.getpid()) else 1)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        let_go.set()
        holding.join(10)


def test_nothing_kept_is_printed(secrets: Secrets, store: MemorySecretStore) -> None:
    store.put("app/warehouse", CANARY)
    assert secrets.resolve(REF).reveal() == CANARY
    assert CANARY not in f"{secrets!r}{secrets}{vars(secrets)}"
