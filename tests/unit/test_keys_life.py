"""What becomes of a key version: rotated, set to be destroyed, cancelled, destroyed, moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lockgate.errors import KeyUnavailable, LedgerUnwritable, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain, KeyAction, KeyNotice, KeyService, KeyState, KeyUse
from lockgate.keys.schedule import due_to_be_destroyed
from lockgate.keys.versions import Versions
from lockgate.secret import SecretBytes
from lockgate.testing.key_services import MemoryKeyService
from lockgate.testing.memory_state import MemoryStateStore

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=30)
EMAIL = Domain("email", Normaliser.EMAIL)
INFO = ("encrypt", "patients", "email")


class Bench:
    def __init__(self) -> None:
        self.state = MemoryStateStore()
        self.service: KeyService = MemoryKeyService("old")
        self.notices: list[KeyNotice] = []
        self.ring = self.another()
        self.ring.create_domain(EMAIL)
        self.notices.clear()

    def another(self, service: KeyService | None = None, previous: KeyService | None = None):
        return Keyring(
            self.state.keys,
            service or self.service,
            lambda: NOON,
            self.notices.append,
            project="clinic",
            previous=previous,
        )

    def encryption(self, version: int):
        return Versions(self.state.keys).encryption("email", version)

    def derived(self, number: int | None = None, ring: Keyring | None = None) -> bytes:
        ring = ring or self.ring
        return ring.derive("email", KeyUse.ENCRYPTION, INFO, 32, number).key.reveal()


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestScheduled:
    def test_it_opens_nothing_though_it_was_in_memory(self, bench: Bench) -> None:
        old = bench.encryption(1)
        bench.derived()
        bench.ring.rotate("email")
        other = bench.another()
        bench.derived(old.number, other)
        (waiting,) = bench.ring.life.schedule([old], LATER, "contract ended")

        assert (waiting.state, waiting.destroy_at) == (KeyState.PENDING_DESTRUCTION, LATER)
        for ring in (bench.ring, other):
            with pytest.raises(KeyUnavailable, match="2024-03-30") as caught:
                bench.derived(old.number, ring)
            assert "cancel-destruction" in caught.value.hint
        assert bench.derived()  # the other version goes on

    def test_cancelled_it_opens_again_in_the_state_it_had(self, bench: Bench) -> None:
        old = bench.encryption(1)
        before = bench.derived()
        bench.ring.rotate("email")
        everything = bench.ring.versions("email")
        bench.ring.life.schedule(everything, LATER, "p")
        bench.ring.life.cancel(bench.ring.versions("email"), "a mistake")

        assert list(bench.ring.versions("email")) == [
            replace(v, state=KeyState.DECRYPT_ONLY if v.number == old.number else KeyState.PRIMARY)
            for v in everything
        ]
        assert bench.derived(old.number) == before

    def test_it_is_destroyed_when_due_and_not_before(self, bench: Bench) -> None:
        old = bench.encryption(1)
        bench.ring.rotate("email")
        bench.ring.life.schedule([old], LATER, "p")

        assert not bench.ring.life.destroy(old.number, due=LATER - timedelta(seconds=1))
        assert bench.encryption(1).wrapped
        assert bench.ring.life.destroy(old.number, due=LATER)
        assert bench.encryption(1).state is KeyState.DESTROYED
        assert (bench.encryption(1).wrapped, bench.encryption(1).destroy_at) == (b"", None)
        assert not bench.ring.life.destroy(old.number, due=LATER)  # another process was faster

    def test_a_key_that_does_not_wait_is_not_due(self, bench: Bench) -> None:
        assert not bench.ring.life.destroy(bench.encryption(1).number, due=LATER)
        assert bench.derived()

    def test_each_step_is_told_with_purpose_and_time(self, bench: Bench) -> None:
        old = bench.encryption(1)
        bench.ring.rotate("email", "yearly")
        bench.ring.life.schedule([old], LATER, "contract ended")
        bench.ring.life.cancel([old], "a mistake")
        bench.ring.life.schedule([old], LATER, "really")
        bench.ring.life.destroy(old.number, "due", due=LATER)

        assert [(n.action, n.version, n.purpose, n.destroy_at) for n in bench.notices] == [
            (KeyAction.ROTATED, 2, "yearly", None),
            (KeyAction.DESTRUCTION_SCHEDULED, 1, "contract ended", LATER),
            (KeyAction.DESTRUCTION_CANCELLED, 1, "a mistake", None),
            (KeyAction.DESTRUCTION_SCHEDULED, 1, "really", LATER),
            (KeyAction.DESTROYED, 1, "due", None),
        ]

    def test_twice_is_refused_and_so_is_cancelling_what_does_not_wait(self, bench: Bench) -> None:
        old = bench.encryption(1)
        with pytest.raises(UsageError, match="does not wait"):
            bench.ring.life.cancel([old], "p")
        bench.ring.life.schedule([old], LATER, "p")
        with pytest.raises(UsageError, match="already"):
            bench.ring.life.schedule([old], LATER + timedelta(days=1), "p")
        bench.ring.destroy(old.number)
        for change in (
            lambda: bench.ring.life.schedule([old], LATER, "p"),
            lambda: bench.ring.life.cancel([old], "p"),
        ):
            with pytest.raises(UsageError):
                change()
        assert bench.encryption(1).state is KeyState.DESTROYED

    def test_a_domain_that_waits_neither_protects_nor_rotates(self, bench: Bench) -> None:
        bench.ring.life.schedule(bench.ring.versions("email"), LATER, "p")

        for refused in (bench.derived, lambda: bench.ring.rotate("email")):
            with pytest.raises(KeyUnavailable, match="2024-03-30"):
                refused()


class TestRotation:
    def test_three_versions_live_and_each_opens_what_it_protected(self, bench: Bench) -> None:
        keys = {}
        for _ in range(3):
            made = bench.ring.derive("email", KeyUse.ENCRYPTION, INFO, 32)
            keys[made.number] = made.key
            bench.ring.rotate("email")
        fresh = bench.another()

        assert len({key.reveal() for key in keys.values()}) == 3
        for number, key in keys.items():
            assert bench.derived(number, fresh) == key.reveal()
        bench.ring.destroy(min(keys))
        with pytest.raises(KeyUnavailable):
            bench.derived(min(keys), fresh)
        assert bench.derived(max(keys), fresh) == keys[max(keys)].reveal()

    def test_what_somebody_else_rotated_is_not_rotated_again(self, bench: Bench) -> None:
        seen = bench.encryption(1)
        assert bench.another().life.rotate("email", seen=seen) is not None
        assert bench.ring.life.rotate("email", seen=seen) is None
        assert len(bench.ring.versions("email")) == 3

    def test_two_at_once_make_two_versions_and_one_primary(self, bench: Bench) -> None:
        other = bench.another()

        class Interrupted(MemoryKeyService):
            done = False

            def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
                if not self.done:
                    self.done = True
                    other.rotate("email")
                return inner.wrap(key, context)

            def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
                return inner.unwrap(wrapped, context)

        inner = bench.service
        new = bench.another(Interrupted("old")).rotate("email")

        assert new.version == 3
        states = [(v.version, v.state) for v in bench.ring.versions("email")[1:]]
        assert states == [
            (1, KeyState.DECRYPT_ONLY),
            (2, KeyState.DECRYPT_ONLY),
            (3, KeyState.PRIMARY),
        ]
        assert bench.derived(new.number)

    def test_the_service_is_never_called_inside_a_transaction(self, bench: Bench) -> None:
        """A slow service would keep every other process from its keys meanwhile."""
        state = bench.state

        class Watching(MemoryKeyService):
            def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
                assert state._before is None
                return super().wrap(key, context)

            def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
                assert state._before is None
                return super().unwrap(wrapped, context)

        ring = bench.another(Watching("new"), bench.service)
        ring.ensure_domains((Domain("a", Normaliser.EXACT), Domain("b", Normaliser.EXACT)))
        ring.rotate("a")
        ring.life.move(bench.encryption(1), "p")


class TestMoved:
    def test_both_services_open_until_all_is_moved(self, bench: Bench) -> None:
        before = bench.derived()
        new = MemoryKeyService("new")
        both = bench.another(new, bench.service)
        both.check_service()
        for version in both.versions():
            assert both.life.move(version, "to the cloud").service == "memory:new"
        both.rotate("email")

        alone = bench.another(new)
        alone.check_service()
        assert bench.derived(2, alone) == before
        moved = [n for n in bench.notices if n.action is KeyAction.MOVED]
        assert [(n.number, n.from_service, n.to_service) for n in moved] == [
            (1, "memory:old", "memory:new"),
            (2, "memory:old", "memory:new"),
        ]
        with pytest.raises(KeyUnavailable):
            bench.another().check_service()

    def test_a_new_service_that_gives_another_key_back_replaces_nothing(self, bench: Bench) -> None:
        class Lying(MemoryKeyService):
            def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
                return SecretBytes(bytes(64))

        before = list(bench.ring.versions())
        ring = bench.another(Lying("new"), bench.service)
        for change in (
            lambda: ring.life.move(before[0], "p"),
            lambda: ring.rotate("email"),
            lambda: ring.create_domain(Domain("other", Normaliser.EXACT)),
        ):
            with pytest.raises(KeyUnavailable, match="give back"):
                change()
        assert list(bench.ring.versions()) == before
        assert bench.notices == []

    def test_a_move_that_is_not_recorded_did_not_happen(self, bench: Bench) -> None:
        def refuse(notice: KeyNotice) -> None:
            raise LedgerUnwritable("full")

        ring = Keyring(
            bench.state.keys,
            MemoryKeyService("new"),
            lambda: NOON,
            refuse,
            project="clinic",
            previous=bench.service,
        )
        before = list(ring.versions())
        for change in (
            lambda: ring.life.move(before[0], "p"),
            lambda: ring.life.schedule(before, LATER, "p"),
        ):
            with pytest.raises(LedgerUnwritable):
                change()
        assert list(ring.versions()) == before

    def test_what_was_destroyed_meanwhile_stays_destroyed(self, bench: Bench) -> None:
        stale = bench.encryption(1)
        ring = bench.another(MemoryKeyService("new"), bench.service)
        bench.ring.destroy(stale.number)

        assert ring.life.move(stale, "p").state is KeyState.DESTROYED
        assert bench.encryption(1).wrapped == b""

    def test_what_waits_for_its_destruction_moves_along(self, bench: Bench) -> None:
        bench.ring.rotate("email")
        (waiting,) = bench.ring.life.schedule([bench.encryption(1)], LATER, "p")
        new = MemoryKeyService("new")
        moved = bench.another(new, bench.service).life.move(waiting, "p")

        assert (moved.state, moved.destroy_at) == (KeyState.PENDING_DESTRUCTION, LATER)
        for version in bench.ring.versions():
            bench.another(new, bench.service).life.move(version, "p")
        alone = bench.another(new)
        alone.life.cancel([moved], "p")
        assert bench.derived(moved.number, alone)


class TestPutBack:
    """Somebody edits the rows of the store, without any key."""

    def test_an_older_version_as_primary_is_refused(self, bench: Bench) -> None:
        bench.ring.rotate("email")
        versions = bench.state.tables.versions
        versions[2] = replace(versions[2], state=KeyState.PRIMARY)
        versions[3] = replace(versions[3], state=KeyState.DECRYPT_ONLY)

        with pytest.raises(KeyUnavailable, match="newest"):
            bench.derived()
        with pytest.raises(KeyUnavailable, match="newest"):
            bench.ring.rotate("email")

    def test_a_day_written_beside_a_key_that_nobody_destroyed_destroys_nothing(
        self, bench: Bench
    ) -> None:
        versions = bench.state.tables.versions
        versions[2] = replace(versions[2], destroy_at=NOON)

        assert due_to_be_destroyed(bench.ring.versions(), LATER) == ()
        assert not bench.ring.life.destroy(2, due=LATER)
        assert bench.derived(2)

    def test_two_primaries_are_refused(self, bench: Bench) -> None:
        bench.ring.rotate("email")
        versions = bench.state.tables.versions
        versions[2] = replace(versions[2], state=KeyState.PRIMARY)

        with pytest.raises(KeyUnavailable, match="not one"):
            bench.derived()
