"""What every store of accounts and sessions does alike: in memory, on SQLite, on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lockgate.access.identity_ports import Service, ServiceKey, Session, User
from lockgate.access.lockout import Guesses
from lockgate.errors import EnvironmentFailed, UsageError
from lockgate.run.state_ports import StateStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = User("ada", "$argon2id$one", NOON, NOON)
NIGHTLY = Service("nightly", NOON)
KEY = ServiceKey("kid-1", "nightly", bytes(range(32)), NOON, NOON + 24 * HOUR, b"seal")
SESSION = Session("5e55", "user:ada", NOON, NOON + HOUR, b"kept", seal=b"first")


def test_a_user_comes_back_as_added_and_once(state: StateStore) -> None:
    state.identities.add_user(ADA)
    with pytest.raises(UsageError):
        state.identities.add_user(replace(ADA, password="other"))

    assert state.identities.user("ada") == ADA
    assert state.identities.user("bob") is None
    assert list(state.identities.users()) == [ADA]


def test_a_users_password_and_state_change_and_nobody_elses(state: StateStore) -> None:
    bob = replace(ADA, name="bob")
    state.identities.add_user(bob)
    state.identities.add_user(ADA)
    changed = replace(
        ADA,
        password="$argon2id$two",
        password_changed_at=NOON + HOUR,
        disabled_at=NOON,
        entry=7,
        seal=b"second",
    )
    state.identities.put_user(changed)
    state.identities.put_user(replace(changed, name="nobody"))

    assert list(state.identities.users()) == [changed, bob]
    state.identities.put_user(replace(changed, disabled_at=None))
    assert state.identities.user("ada") == replace(changed, disabled_at=None)


def test_a_service_account_has_keys_oldest_first(state: StateStore) -> None:
    state.identities.add_service(NIGHTLY)
    later = replace(KEY, kid="a-later-one", created_at=NOON + HOUR)
    state.identities.add_service_key(later)
    state.identities.add_service_key(KEY)
    with pytest.raises(UsageError):
        state.identities.add_service_key(KEY)
    with pytest.raises(UsageError):
        state.identities.add_service(NIGHTLY)

    assert state.identities.service("nightly") == NIGHTLY
    assert list(state.identities.services()) == [NIGHTLY]
    assert list(state.identities.service_keys("nightly")) == [KEY, later]
    assert list(state.identities.service_keys("hourly")) == []


def test_keys_and_service_accounts_change_and_nobody_elses(state: StateStore) -> None:
    hourly = replace(NIGHTLY, name="hourly")
    state.identities.add_service(NIGHTLY)
    state.identities.add_service(hourly)
    state.identities.add_service_key(KEY)
    state.identities.add_service_key(replace(KEY, kid="other"))
    revoked = replace(KEY, revoked_at=NOON, seal=b"second")
    disabled = replace(NIGHTLY, disabled_at=NOON, keys=b"digest", entry=7, seal=b"second")
    state.identities.put_service_key(revoked)
    state.identities.put_service(disabled)

    assert list(state.identities.service_keys("nightly")) == [revoked, replace(KEY, kid="other")]
    assert list(state.identities.services()) == [hourly, disabled]


def test_a_session_is_changed_by_whoever_read_it_last(state: StateStore) -> None:
    state.identities.add_session(SESSION)
    renewed = replace(SESSION, refresh=b"next", generation=1, entry=7, seal=b"second")

    assert state.identities.swap_session(SESSION, renewed)
    assert not state.identities.swap_session(SESSION, replace(SESSION, seal=b"third"))
    assert state.identities.session("5e55") == renewed
    ended = replace(renewed, refresh=b"", ended_at=NOON + HOUR, seal=b"fourth")
    assert state.identities.swap_session(renewed, ended)
    assert list(state.identities.sessions("user:ada")) == [ended]


def test_expired_sessions_are_forgotten_when_another_begins(state: StateStore) -> None:
    state.identities.add_session(SESSION)
    state.identities.add_session(replace(SESSION, id="other", principal="user:bob"))
    later = replace(SESSION, id="later", started_at=NOON + 2 * HOUR, expires_at=NOON + 3 * HOUR)
    state.identities.add_session(later)

    assert list(state.identities.sessions("user:ada")) == [later]
    assert state.identities.session("other") is None


def test_guesses_are_put_and_forgotten(state: StateStore) -> None:
    some = Guesses(3, NOON, NOON - HOUR, 7, NOON)
    state.identities.set_guesses("user:ada", Guesses(1))
    state.identities.set_guesses("user:ada", some)
    state.identities.set_guesses("user:bob", Guesses(2))

    assert state.identities.guesses("user:ada") == some
    state.identities.set_guesses("user:ada", None)
    assert state.identities.guesses("user:ada") is None
    assert state.identities.guesses("user:bob") == Guesses(2)


def test_holding_needs_a_transaction(state: StateStore) -> None:
    with pytest.raises(EnvironmentFailed):
        state.identities.hold()
    with state.transaction():
        state.identities.hold()
        state.identities.add_user(ADA)

    assert state.identities.user("ada") == ADA


def test_a_failed_transaction_leaves_nothing(state: StateStore) -> None:
    def fail() -> None:
        with state.transaction():
            state.identities.add_user(ADA)
            state.identities.add_session(SESSION)
            state.identities.set_guesses("user:ada", Guesses(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert state.identities.user("ada") is None
    assert state.identities.session("5e55") is None
    assert state.identities.guesses("user:ada") is None
