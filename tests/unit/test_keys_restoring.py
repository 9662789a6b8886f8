"""A copy of keys, put back: into nothing, into a part of it, and where it contradicts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lockgate.errors import KeyUnavailable, LedgerUnwritable, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.copies import KeyCopy, take_copy
from lockgate.keys.keyring import Keyring
from lockgate.keys.lost_root import replace_root
from lockgate.keys.ports import Domain, KeyState, KeyUse
from lockgate.keys.restoring import Restored, restore
from lockgate.keys.schedule import due_to_be_destroyed
from lockgate.keys.versions import Versions
from lockgate.secret import SecretBytes
from lockgate.testing.key_services import MemoryKeyService
from lockgate.testing.memory_state import MemoryStateStore

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
EMAIL, PHONE = Domain("email", Normaliser.EMAIL), Domain("phone", Normaliser.DIGITS)


def ring(state: MemoryStateStore | None = None, name: str = "new") -> Keyring:
    store = (state or MemoryStateStore()).keys
    return Keyring(store, MemoryKeyService(name), lambda: NOON, project="clinic")


def full() -> Keyring:
    """Two domains; of email three versions, one that waits to be destroyed, one destroyed."""
    keyring = ring(name="lost")
    keyring.create_domain(EMAIL)
    for _ in range(3):
        keyring.rotate("email")
    versions = Versions(keyring.store)
    keyring.destroy(versions.encryption("email", 1).number)
    keyring.life.schedule([versions.encryption("email", 2)], NOON + timedelta(days=30), "p")
    keyring.create_domain(PHONE)
    return keyring


def put_back(keyring: Keyring, copy: KeyCopy, **how: bool) -> Restored:
    return restore(keyring, copy, lambda done: None, **how)


def derived(keyring: Keyring) -> dict[int, bytes]:
    found = {}
    for v in keyring.versions():
        if v.state in (KeyState.PRIMARY, KeyState.DECRYPT_ONLY):
            found[v.number] = keyring.derive(v.domain, v.use, ("x",), 32, v.number).key.reveal()
    return found


def placed(keyring: Keyring) -> list[tuple[object, ...]]:
    return [
        (v.number, v.domain, v.use, v.version, v.state, v.created_at, v.destroy_at)
        for v in keyring.versions()
    ]


class TestIntoNothing:
    def test_every_version_is_back_in_its_state_and_opens_what_it_opened(self) -> None:
        lost, new = full(), ring()
        copy = KeyCopy.from_json(take_copy(lost).as_json())
        lost.life.cancel([Versions(lost.store).encryption("email", 2)], "needed after all")
        done = put_back(new, copy)

        assert placed(new) == placed(lost)
        assert derived(new) == derived(lost)
        assert done.spared == (Versions(lost.store).encryption("email", 2).number,)
        assert list(new.domains()) == list(lost.domains())
        assert len(done.numbers) == len(lost.versions()) - 1
        assert {v.service for v in new.versions()} == {"memory:new"}

    def test_no_number_that_was_used_is_handed_out_again(self) -> None:
        lost, new = full(), ring()
        put_back(new, take_copy(lost))

        last = max(v.number for v in lost.versions())
        assert last + 2**15 < new.rotate("phone").number < last + 2**18

    def test_an_imported_key_comes_back_to_write_or_to_open_as_it_was(self) -> None:
        lost = ring(name="lost")
        lost.create_domain(EMAIL)
        lost.create_domain(PHONE)
        for domain, writes in (("email", True), ("email", False), ("phone", False)):
            material = SecretBytes(secrets.token_bytes(64))
            lost.life.import_fernet(domain, material, "p", writes=writes)
        new = ring()
        put_back(new, take_copy(lost))

        assert placed(new) == placed(lost)
        assert new.fernet_keys("email") == lost.fernet_keys("email")
        assert new.fernet_keys("phone") == lost.fernet_keys("phone")

    def test_a_second_time_adds_nothing(self) -> None:
        lost, new = full(), ring()
        put_back(new, take_copy(lost))
        before = placed(new)

        assert put_back(new, take_copy(lost)) == Restored()
        assert placed(new) == before

    def test_what_is_not_recorded_is_not_there(self) -> None:
        def refuse(done: Restored) -> None:
            raise LedgerUnwritable("full")

        new = ring()
        with pytest.raises(LedgerUnwritable):
            restore(new, take_copy(full()), refuse)
        assert list(new.versions()) == []
        assert list(new.domains()) == []
        assert new.store.last_number() == 0


def test_what_others_changed_meanwhile_is_not_built_upon() -> None:
    state = MemoryStateStore()

    class Slow(MemoryKeyService):
        meanwhile = False

        def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
            if not self.meanwhile:
                self.meanwhile = True
                other = Keyring(state.keys, self, lambda: NOON, project="clinic")
                other.create_domain(Domain("new", Normaliser.EXACT))
            return super().wrap(key, context)

    keyring = Keyring(state.keys, Slow("new"), lambda: NOON, project="clinic")
    copy = take_copy(full())
    with pytest.raises(KeyUnavailable, match="meanwhile"):
        put_back(keyring, copy)
    assert [domain.name for domain in keyring.domains()] == ["new"]
    assert len(keyring.versions()) == 2


class TestWhatWaitedInTheCopy:
    def test_a_destruction_that_was_called_off_afterwards_destroys_nothing(self) -> None:
        """A restore with an old copy never lets a key die on a day that was given up."""
        lost, new = full(), ring()
        put_back(new, take_copy(lost))

        waited = Versions(new.store).encryption("email", 2)
        assert (waited.state, waited.destroy_at) == (KeyState.DECRYPT_ONLY, None)
        assert new.derive("email", KeyUse.ENCRYPTION, (), 32, waited.number)
        assert due_to_be_destroyed(new.versions(), NOON + timedelta(days=900)) == ()

    def test_a_domain_that_was_to_end_opens_only_until_its_end_is_taken_back(self) -> None:
        lost, new = ring(name="lost"), ring()
        lost.create_domain(EMAIL)
        before = derived(lost)
        lost.life.schedule(lost.versions(), NOON, "p")
        put_back(new, take_copy(lost))

        assert derived(new) == before
        for use in (KeyUse.INDEX, KeyUse.ENCRYPTION):
            with pytest.raises(KeyUnavailable, match="to open only"):
                new.derive("email", use, (), 32)
        new.life.schedule(new.versions(), NOON, "p")
        new.life.cancel(new.versions(), "p")
        assert new.derive("email", KeyUse.INDEX, (), 32)


class TestIntoAPart:
    def test_an_older_state_gets_the_newer_versions_and_the_newest_protects(self) -> None:
        state = MemoryStateStore()
        lost = ring(state)
        lost.create_domain(EMAIL)
        older = state.tables.copy()
        lost.rotate("email")
        lost.rotate("email")
        copy, expected = take_copy(lost), placed(lost)
        state.tables = older
        again = Keyring(state.keys, lost.wrapping.service, lambda: NOON, project="clinic")
        done = put_back(again, copy)

        assert placed(again) == expected
        assert done.numbers == (3, 4)
        assert again.derive("email", KeyUse.ENCRYPTION, (), 32).number == 4

    def test_an_older_copy_never_takes_the_place_of_what_protects_now(self) -> None:
        keyring = ring()
        keyring.create_domain(EMAIL)
        copy = take_copy(keyring)
        keyring.rotate("email")
        del keyring.store._state.tables.versions[2]  # the older version was lost
        put_back(keyring, copy)

        states = [(v.version, v.state) for v in keyring.versions("email")[1:]]
        assert states == [(1, KeyState.DECRYPT_ONLY), (2, KeyState.PRIMARY)]

    def test_what_waits_here_goes_on_waiting(self) -> None:
        keyring = ring()
        keyring.create_domain(EMAIL)
        copy = take_copy(keyring)
        keyring.life.schedule(keyring.versions(), NOON, "p")
        before = placed(keyring)

        assert put_back(keyring, copy).numbers == ()
        assert placed(keyring) == before


class TestLostRoot:
    def lost(self) -> tuple[Keyring, KeyCopy, MemoryStateStore, dict[int, bytes]]:
        """A keyring that rotated and grew after its copy was made, and then lost its service."""
        state = MemoryStateStore()
        keyring = ring(state, "lost")
        keyring.create_domain(EMAIL)
        keyring.rotate("email")
        copy, keys = take_copy(keyring), derived(keyring)
        keyring.rotate("email")
        keyring.create_domain(PHONE)
        return ring(state, "new"), copy, state, keys

    def test_what_the_copy_holds_opens_again_and_the_rest_is_given_up(self) -> None:
        keyring, copy, _, keys = self.lost()
        asked: list[int] = []
        done = replace_root(keyring, copy, "p", lambda lost: asked.extend(v.number for v in lost))

        assert (done.rewrapped, asked) == ((1, 2, 3), [4, 5, 6])
        keyring.check_service()
        assert derived(keyring) == keys
        assert [v.state for v in keyring.versions() if v.number in asked] == [
            KeyState.DESTROYED
        ] * 3
        assert restore(keyring, copy, lambda done: None) == Restored()

    def test_a_domain_whose_newest_version_was_given_up_gets_another(self) -> None:
        keyring, copy, _, _ = self.lost()
        replace_root(keyring, copy, "p", lambda lost: None)
        with pytest.raises(KeyUnavailable):
            keyring.derive("email", KeyUse.ENCRYPTION, (), 32)

        new = keyring.rotate("email")
        assert (new.version, new.number) == (4, 7)
        assert keyring.derive("email", KeyUse.ENCRYPTION, (), 32).number == 7
        with pytest.raises(KeyUnavailable):
            keyring.rotate("phone")  # nothing of it lives

    def test_without_agreement_nothing_changes(self) -> None:
        keyring, copy, state, _ = self.lost()
        before = dict(state.tables.versions)

        def no(lost: object) -> None:
            raise UsageError("no")

        with pytest.raises(UsageError):
            replace_root(keyring, copy, "p", no)
        assert state.tables.versions == before

    def test_a_copy_of_another_keyring_changes_nothing(self) -> None:
        keyring, _, state, _ = self.lost()
        stranger = ring(name="stranger")
        stranger.create_domain(PHONE)
        before = dict(state.tables.versions)
        with pytest.raises(UsageError, match="contradicts"):
            replace_root(keyring, take_copy(stranger), "p", lambda lost: None)
        assert state.tables.versions == before

    def test_keys_whose_service_is_here_are_left_alone(self) -> None:
        keyring = ring()
        keyring.create_domain(EMAIL)
        copy = take_copy(keyring)
        keyring.rotate("email")
        before = list(keyring.versions())
        done = replace_root(keyring, copy, "p", lambda lost: None)

        assert (done.rewrapped, done.given_up) == ((), ())
        assert list(keyring.versions()) == before


class TestContradictions:
    def refused(self, keyring: Keyring, copy: KeyCopy, match: str) -> None:
        before, domains = list(keyring.versions()), list(keyring.domains())
        with pytest.raises(UsageError, match=match):
            put_back(keyring, copy)
        assert list(keyring.versions()) == before
        assert list(keyring.domains()) == domains

    def test_a_key_that_was_destroyed_here_does_not_come_back(self) -> None:
        keyring = ring()
        keyring.create_domain(EMAIL)
        keyring.rotate("email")
        copy = take_copy(keyring)
        keyring.destroy(2)
        self.refused(keyring, copy, r"key 2 \(email encryption v1\) was destroyed here")

        done = put_back(keyring, copy, unsafe_resurrect=True)
        assert (done.numbers, done.resurrected) == ((2,), (2,))
        assert keyring.versions("email")[1].state is KeyState.DECRYPT_ONLY
        assert keyring.derive("email", KeyUse.ENCRYPTION, (), 32, 2)

    def test_an_old_version_that_comes_back_only_opens(self) -> None:
        keyring = ring()
        keyring.create_domain(EMAIL)
        copy = take_copy(keyring)
        keyring.rotate("email")
        for version in keyring.versions():
            keyring.destroy(version.number)
        put_back(keyring, copy, unsafe_resurrect=True)

        assert keyring.derive("email", KeyUse.ENCRYPTION, (), 32, 2)
        with pytest.raises(KeyUnavailable):
            keyring.derive("email", KeyUse.ENCRYPTION, (), 32)

    def test_a_whole_domain_that_comes_back_only_opens(self) -> None:
        """Also after a second import, and after that into another keyring."""
        keyring = ring()
        keyring.create_domain(EMAIL)
        copy = take_copy(keyring)
        for version in keyring.versions():
            keyring.destroy(version.number)
        put_back(keyring, copy, unsafe_resurrect=True)
        put_back(keyring, copy, unsafe_resurrect=True)
        other = ring()
        put_back(other, take_copy(keyring))

        for one in (keyring, other):
            assert {v.state for v in one.versions()} == {KeyState.DECRYPT_ONLY}
            for use in (KeyUse.INDEX, KeyUse.ENCRYPTION):
                with pytest.raises(KeyUnavailable, match="to open only") as caught:
                    one.derive("email", use, (), 32)
                assert caught.value.hint
            assert one.rotate("email").version == 2
            assert one.derive("email", KeyUse.ENCRYPTION, (), 32).number > 2
            assert one.derive("email", KeyUse.ENCRYPTION, (), 32, 2)
            with pytest.raises(KeyUnavailable):
                one.derive("email", KeyUse.INDEX, (), 32)

    def test_the_same_number_with_other_bytes(self) -> None:
        mine, theirs = ring(), ring()
        mine.create_domain(EMAIL)
        theirs.create_domain(EMAIL)
        self.refused(mine, take_copy(theirs), "key 1 .* has other bytes here")

    def test_the_same_number_for_another_key(self) -> None:
        mine, theirs = ring(), ring()
        mine.create_domain(EMAIL)
        theirs.create_domain(PHONE)
        self.refused(mine, take_copy(theirs), "is another key here")

    def test_the_same_key_under_another_number(self) -> None:
        mine, theirs = ring(), ring()
        mine.create_domain(EMAIL)
        theirs.store.reserve_numbers(20)
        theirs.create_domain(EMAIL)
        self.refused(mine, take_copy(theirs), "has another number here")

    def test_another_normaliser(self) -> None:
        mine, theirs = ring(), ring()
        mine.create_domain(EMAIL)
        theirs.create_domain(replace(EMAIL, normaliser=Normaliser.TEXT))
        self.refused(mine, take_copy(theirs), "another normaliser")

    def test_a_key_that_the_copy_knows_as_destroyed(self) -> None:
        state = MemoryStateStore()
        keyring = ring(state)
        keyring.create_domain(EMAIL)
        keyring.rotate("email")
        older = state.tables.copy()
        keyring.destroy(2)
        copy = take_copy(keyring)
        state.tables = older
        self.refused(keyring, copy, "is destroyed in the copy, and lives here")


def test_nothing_of_a_key_prints() -> None:
    copy = take_copy(full())
    for one in copy.keys:
        if one.key is not None:
            assert one.key.reveal().hex() not in repr(copy)
            assert repr(one.key.reveal()) not in repr(copy)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b'{"domains": [], "keys": [{}], "last_number": 1}']
)
def test_what_is_no_copy_is_refused_like_everything_that_does_not_open(content: bytes) -> None:
    with pytest.raises(KeyUnavailable, match="does not open"):
        KeyCopy.from_json(content)
