"""The keyring: domains, versions, derivation, and what it refuses."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.errors import EnvironmentFailed, KeyUnavailable, LedgerUnwritable, UsageError
from lockgate.kernel.binding import bind
from lockgate.kernel.interface import Normaliser
from lockgate.keys.keyring import MAX_KEY_NUMBER, Keyring
from lockgate.keys.ports import (
    DOMAIN_USES,
    Domain,
    KeyAction,
    KeyNotice,
    KeyState,
    KeyUse,
)
from lockgate.testing.key_services import MemoryKeyService
from lockgate.testing.memory_state import MemoryStateStore

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
EMAIL = Domain("email", Normaliser.EMAIL)
INFO = ("encrypt", "patients", "email")


class Bench:
    """A keyring over fakes."""

    def __init__(self) -> None:
        self.state = MemoryStateStore()
        self.service = MemoryKeyService()
        self.notices: list[KeyNotice] = []
        self.keyring = self.another()

    def another(self, service: MemoryKeyService | None = None) -> Keyring:
        return Keyring(
            self.state.keys,
            service or self.service,
            lambda: NOON,
            self.notices.append,
            project="clinic",
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_domain_gets_an_index_key_and_an_encryption_key(bench: Bench) -> None:
    made = bench.keyring.create_domain(EMAIL)

    assert [(v.use, v.version, v.state) for v in made] == [
        (KeyUse.INDEX, 1, KeyState.PRIMARY),
        (KeyUse.ENCRYPTION, 1, KeyState.PRIMARY),
    ]
    assert list(bench.keyring.domains()) == [EMAIL]
    assert tuple(bench.keyring.versions("email")) == made
    assert bench.keyring.normaliser("email") is Normaliser.EMAIL
    assert [bench.keyring.domain_of(v.number) for v in made] == ["email", "email"]


def test_each_change_is_told_to_the_recorder(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    rotated = bench.keyring.rotate("email")
    bench.keyring.destroy(rotated.number)
    bench.keyring.destroy(rotated.number)

    assert [(n.action, n.use, n.number, n.version) for n in bench.notices] == [
        (KeyAction.CREATED, KeyUse.INDEX, 1, 1),
        (KeyAction.CREATED, KeyUse.ENCRYPTION, 2, 1),
        (KeyAction.ROTATED, KeyUse.ENCRYPTION, 3, 2),
        (KeyAction.DESTROYED, KeyUse.ENCRYPTION, 3, 2),
    ]


def test_derivation_is_hkdf_over_the_bound_info(bench: Bench) -> None:
    index, _ = bench.keyring.create_domain(EMAIL)
    context = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}
    root = bench.service.unwrap(index.wrapped, context).reveal()
    expected = HKDF(SHA256(), 64, None, bind("lockgate", "1", "index", "tokenize")).derive(root)

    derived = bench.keyring.derive("email", KeyUse.INDEX, ("tokenize",), 64)

    assert len(root) == 64
    assert (derived.number, derived.key.reveal()) == (index.number, expected)


def test_keys_of_different_purposes_differ(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    bench.keyring.create_domain(Domain("other", Normaliser.EXACT))
    keys = {
        bench.keyring.derive(domain, use, info, 32).key.reveal()
        for domain in ("email", "other")
        for use in DOMAIN_USES
        for info in ((), ("a",), ("a", "b"), ("ab",), ("", "ab"))
    }

    assert len(keys) == 20


def test_a_second_keyring_derives_the_same(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    first = bench.keyring.derive("email", KeyUse.INDEX, INFO, 32)

    assert bench.another().derive("email", KeyUse.INDEX, INFO, 32) == first


def test_after_rotation_the_new_key_protects_and_the_old_one_still_opens(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    before = bench.keyring.derive("email", KeyUse.ENCRYPTION, INFO, 32)
    joins = bench.keyring.derive("email", KeyUse.INDEX, INFO, 64)
    bench.keyring.rotate("email")
    after = bench.keyring.derive("email", KeyUse.ENCRYPTION, INFO, 32)

    assert after.number != before.number
    assert after.key != before.key
    opened = bench.keyring.derive("email", KeyUse.ENCRYPTION, INFO, 32, number=before.number)
    assert opened == before
    assert bench.keyring.derive("email", KeyUse.INDEX, INFO, 64) == joins


def test_rotation_in_another_process_is_seen_at_once(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    other = bench.another()
    before = other.derive("email", KeyUse.ENCRYPTION, INFO, 32)
    bench.keyring.rotate("email")

    assert other.derive("email", KeyUse.ENCRYPTION, INFO, 32).number == before.number + 1


def test_an_unwrapped_key_is_unwrapped_once_a_keyring(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    made = bench.service.unwraps
    for _ in range(3):
        bench.keyring.derive("email", KeyUse.INDEX, INFO, 32)

    assert bench.service.unwraps == made + 1


def test_a_destroyed_key_is_not_kept_in_memory(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    number = bench.keyring.derive("email", KeyUse.ENCRYPTION, INFO, 32).number
    bench.keyring.derive("email", KeyUse.INDEX, INFO, 32)
    bench.keyring.destroy(number)

    assert number not in bench.keyring.wrapping._unwrapped
    assert len(bench.keyring.wrapping._unwrapped) == 1


def test_a_closed_keyring_opens_nothing(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    with bench.another() as keyring:
        keyring.derive("email", KeyUse.INDEX, INFO, 32)

    with pytest.raises(KeyUnavailable, match="closed"):
        keyring.derive("email", KeyUse.INDEX, INFO, 32)


class TestRefusals:
    def test_a_destroyed_key_is_gone_even_if_it_was_in_memory(self, bench: Bench) -> None:
        bench.keyring.create_domain(EMAIL)
        other = bench.another()
        number = other.derive("email", KeyUse.ENCRYPTION, INFO, 32).number
        bench.keyring.destroy(number)

        for keyring in (bench.keyring, other):
            with pytest.raises(KeyUnavailable, match="destroyed"):
                keyring.derive("email", KeyUse.ENCRYPTION, INFO, 32, number=number)
            with pytest.raises(KeyUnavailable, match="destroyed"):
                keyring.derive("email", KeyUse.ENCRYPTION, INFO, 32)
        assert bench.keyring.versions("email")[1].wrapped == b""

    def test_what_is_missing_is_refused_with_advice(self, bench: Bench) -> None:
        for missing in (
            lambda: bench.keyring.derive("email", KeyUse.INDEX, INFO, 32),
            lambda: bench.keyring.versions("email"),
            lambda: bench.keyring.normaliser("email"),
            lambda: bench.keyring.rotate("email"),
            lambda: bench.keyring.domain_of(9),
            lambda: bench.keyring.destroy(9),
        ):
            with pytest.raises(KeyUnavailable) as caught:
                missing()
            assert caught.value.hint

    def test_a_key_number_of_another_domain_or_use_is_refused(self, bench: Bench) -> None:
        index, encryption = bench.keyring.create_domain(EMAIL)
        other, _ = bench.keyring.create_domain(Domain("other", Normaliser.EXACT))

        with pytest.raises(KeyUnavailable):
            bench.keyring.derive("email", KeyUse.INDEX, INFO, 32, number=other.number)
        with pytest.raises(KeyUnavailable):
            bench.keyring.derive("email", KeyUse.INDEX, INFO, 32, number=encryption.number)
        opened = bench.keyring.derive("email", KeyUse.INDEX, INFO, 32, number=index.number)
        assert opened.number == index.number

    def test_another_root_key_is_refused_before_anything_is_unwrapped(self, bench: Bench) -> None:
        bench.keyring.create_domain(EMAIL)
        stranger = MemoryKeyService("stranger")
        keyring = bench.another(stranger)

        with pytest.raises(KeyUnavailable, match="another root key"):
            keyring.check_service()
        with pytest.raises(KeyUnavailable, match="another root key"):
            keyring.derive("email", KeyUse.INDEX, INFO, 32)
        assert stranger.unwraps == 0
        assert bench.keyring.check_service() is None

    @pytest.mark.parametrize(
        "name",
        ["", "Email", "e mail", "-email", ".email", "e/mail", "\u00e9mail", "a" * 128, "email\n"],
    )
    def test_a_malformed_name_is_refused(self, bench: Bench, name: str) -> None:
        with pytest.raises(UsageError, match="malformed"):
            bench.keyring.create_domain(Domain(name, Normaliser.EXACT))
        with pytest.raises(UsageError, match="malformed"):
            bench.keyring.ensure_domain(Domain(name, Normaliser.EXACT))

    def test_a_reserved_name_is_lockgates_own(self, bench: Bench) -> None:
        reserved = Domain("lockgate.quarantine.patients.2024-02-29", Normaliser.EXACT)
        with pytest.raises(UsageError, match="reserved"):
            bench.keyring.create_domain(reserved)

        bench.keyring.ensure_domain(reserved)
        assert bench.keyring.derive(reserved.name, KeyUse.INDEX, (), 32).number == 1

    def test_a_domain_is_made_once_and_keeps_its_normaliser(self, bench: Bench) -> None:
        bench.keyring.create_domain(EMAIL)
        bench.keyring.ensure_domain(EMAIL)
        with pytest.raises(UsageError, match="exists"):
            bench.keyring.create_domain(EMAIL)
        with pytest.raises(UsageError, match="normaliser"):
            bench.keyring.ensure_domain(Domain("email", Normaliser.TEXT))

        assert len(bench.keyring.versions()) == 2

    def test_numbers_end_where_a_frame_ends(self, bench: Bench) -> None:
        bench.state.tables.last_number = MAX_KEY_NUMBER - 1
        with pytest.raises(KeyUnavailable, match="all its key numbers"):
            bench.keyring.create_domain(EMAIL)

        assert list(bench.keyring.domains()) == []


class TestNothingIsLeftBehind:
    def test_when_the_service_is_down(self, bench: Bench) -> None:
        bench.keyring.create_domain(EMAIL)
        before = list(bench.keyring.versions())
        bench.service.down = True
        with pytest.raises(KeyUnavailable):
            bench.keyring.create_domain(Domain("other", Normaliser.EXACT))
        with pytest.raises(KeyUnavailable):
            bench.keyring.rotate("email")

        assert list(bench.keyring.domains()) == [EMAIL]
        assert list(bench.keyring.versions()) == before

    def test_when_the_recorder_refuses(self, bench: Bench) -> None:
        bench.keyring.create_domain(EMAIL)
        before = list(bench.keyring.versions())

        def refuse(notice: KeyNotice) -> None:
            raise LedgerUnwritable("full")

        keyring = Keyring(bench.state.keys, bench.service, lambda: NOON, refuse, project="clinic")
        for change in (
            lambda: keyring.create_domain(Domain("other", Normaliser.EXACT)),
            lambda: keyring.rotate("email"),
            lambda: keyring.destroy(1),
        ):
            with pytest.raises(LedgerUnwritable):
                change()

        assert list(keyring.domains()) == [EMAIL]
        assert list(keyring.versions()) == before

    def test_when_the_commit_fails(self, bench: Bench) -> None:
        bench.state.fail_next_commit = True
        with pytest.raises(EnvironmentFailed):
            bench.keyring.create_domain(EMAIL)

        assert list(bench.keyring.domains()) == []


def test_nothing_secret_prints_or_pickles(bench: Bench) -> None:
    bench.keyring.create_domain(EMAIL)
    derived = bench.keyring.derive("email", KeyUse.INDEX, INFO, 32)

    assert derived.key.reveal().hex() not in repr(derived)
    assert repr(derived.key.reveal()) not in repr(derived)
    assert "clinic" in repr(bench.keyring)
    with pytest.raises(TypeError):
        pickle.dumps(derived)
