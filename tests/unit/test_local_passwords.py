"""Passwords as PHC strings: whose they are, what they cost, how many at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from local_desk import CHEAP
from lockgate.adapters.identity_providers.local import passwords
from lockgate.adapters.identity_providers.local.passwords import PasswordHasher
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretBytes

KEY = SecretBytes(bytes(range(32)))
OTHER = SecretBytes(bytes(32))


def test_it_is_the_accounts_own_and_nobody_elses() -> None:
    hasher = PasswordHasher(KEY, CHEAP)
    phc = hasher.hash("ada", b"tall green lamp")

    assert phc.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert hasher.verify("ada", b"tall green lamp", phc)
    assert not hasher.verify("ada", b"tall green lamb", phc)
    assert not hasher.verify("bob", b"tall green lamp", phc)
    assert not PasswordHasher(OTHER, CHEAP).verify("ada", b"tall green lamp", phc)


def test_two_hashes_of_one_password_differ() -> None:
    hasher = PasswordHasher(KEY, CHEAP)
    assert hasher.hash("ada", b"tall green lamp") != hasher.hash("ada", b"tall green lamp")


def test_account_and_password_cannot_be_cut_elsewhere() -> None:
    hasher = PasswordHasher(KEY, CHEAP)
    assert not hasher.verify("ad", b"atall green lamp", hasher.hash("ada", b"tall green lamp"))


def test_shipped_parameters_are_rfc_9106s_second_option() -> None:
    cost = (
        DEFAULT_LIMITS.password_memory_kib,
        DEFAULT_LIMITS.password_passes,
        DEFAULT_LIMITS.password_lanes,
    )
    assert cost == (65_536, 3, 4)


def test_other_parameters_verify_and_are_not_current() -> None:
    phc = PasswordHasher(KEY, CHEAP).hash("ada", b"tall green lamp")
    today = PasswordHasher(KEY, replace(CHEAP, password_passes=2))

    assert today.verify("ada", b"tall green lamp", phc)
    assert not today.is_current(phc)
    assert today.is_current(today.hash("ada", b"tall green lamp"))


@pytest.mark.parametrize(
    "phc",
    [
        None,
        "",
        "plain",
        "$argon2id$v=19$m=4294967295,t=1,p=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2id$v=19$m=8,t=999999,p=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2i$v=19$m=8,t=1,p=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2id$v=19$m=8,t=1,p=1$" + "A" * 11 + "$" + "A" * 43,
    ],
)
def test_what_is_none_of_ours_costs_one_ordinary_hash(
    phc: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    real = passwords.Argon2id.verify_phc_encoded

    class Counted:
        @staticmethod
        def verify_phc_encoded(given: bytes, text: str) -> None:
            computed.append(text.split("$")[3])
            real(given, text)

    monkeypatch.setattr(passwords, "Argon2id", Counted)
    assert not PasswordHasher(KEY, CHEAP).verify("ada", b"tall green lamp", phc)
    assert computed == ["m=8,t=1,p=1"]


def test_no_more_than_the_limit_compute_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    class Slow:
        @staticmethod
        def verify_phc_encoded(given: bytes, text: str) -> None:
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            threading.Event().wait(0.01)
            with lock:
                at_once -= 1

    monkeypatch.setattr(passwords, "Argon2id", Slow)
    phc = "$argon2id$v=19$m=8,t=1,p=1$" + "A" * 22 + "$" + "A" * 43

    def check(_: int) -> bool:  # each has a hasher of its own, as each log-in does
        return PasswordHasher(KEY, CHEAP).verify("ada", b"x", phc)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(check, range(48)))
    assert most == CHEAP.password_checks == 2
