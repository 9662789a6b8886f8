"""What every state store does alike: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lockgate.errors import EnvironmentFailed, KeyUnavailable, LockgateError, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import Domain, KeyState, KeyUse, KeyVersion
from lockgate.ledger.ports import LedgerHead, StoredCheckpoint, StoredEntry
from lockgate.run.state_ports import (
    QuarantineRecord,
    QuarantineState,
    RunRecord,
    RunState,
    StateStore,
)

NOON = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
LARGE = 2**40


def run(name: str = "a", **changes: object) -> RunRecord:
    record = RunRecord(
        run_id=f"run-{name}",
        pipeline="nightly",
        identity=f"identity-{name}",
        plan_digest="plan",
        state=RunState.STARTED,
        principal="os:ada@host",
        started_at=NOON,
    )
    return replace(record, **changes)


def quarantine(name: str = "a", **changes: object) -> QuarantineRecord:
    record = QuarantineRecord(
        run_id=f"run-{name}",
        pipeline="nightly",
        contract_id="patients",
        key_number=7,
        path="quarantine/run-a.sealed",
        rows=3,
        bytes=LARGE,
        reasons_json='{"missing": 3}',
        created_at=NOON,
        expires_at=NOON + timedelta(days=30),
    )
    return replace(record, **changes)


def key(number: int, **changes: object) -> KeyVersion:
    version = KeyVersion(
        number=number,
        domain="email",
        use=KeyUse.ENCRYPTION,
        version=number,
        state=KeyState.PRIMARY,
        created_at=NOON,
        service="memory:root",
        wrapped=bytes(range(256)),
    )
    return replace(version, **changes)


class TestRuns:
    def test_a_run_comes_back_as_it_was_added(self, state: StateStore) -> None:
        record = run(
            rows_read=LARGE, rows_accepted=LARGE - 1, rows_rejected=1, locations_json='["\u00e9"]'
        )
        state.runs.add(record)

        assert state.runs.get(record.run_id) == record

    def test_an_update_changes_what_is_given_only(self, state: StateStore) -> None:
        state.runs.add(run(locations_json="[1]"))
        state.runs.update("run-a", state=RunState.INTENT, rows_read=0, receipt_json="{}")

        assert state.runs.get("run-a") == run(
            state=RunState.INTENT, receipt_json="{}", locations_json="[1]"
        )

    def test_a_time_in_any_zone_comes_back_as_the_same_moment(self, state: StateStore) -> None:
        tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
        state.runs.add(run())
        state.runs.update("run-a", finished_at=tokyo)

        assert state.runs.get("run-a").finished_at == NOON

    def test_a_second_run_of_one_id_is_refused(self, state: StateStore) -> None:
        state.runs.add(run())
        with pytest.raises(UsageError, match="run-a"):
            state.runs.add(run(pipeline="other"))

        assert state.runs.get("run-a").pipeline == "nightly"

    def test_an_unknown_run_is_refused(self, state: StateStore) -> None:
        with pytest.raises(UsageError):
            state.runs.get("run-z")
        with pytest.raises(UsageError):
            state.runs.update("run-z", state=RunState.FAILED)
        with pytest.raises(UsageError):
            state.runs.update("run-z")

    def test_unfinished_are_those_started_or_intended_oldest_first(self, state: StateStore) -> None:
        later = NOON + timedelta(seconds=1)
        state.runs.add(run("c", started_at=later))
        state.runs.add(run("b", state=RunState.INTENT))
        state.runs.add(run("d", state=RunState.RELEASED))
        state.runs.add(run("e", state=RunState.FAILED))
        state.runs.add(run("f", started_at=later, pipeline="other"))

        assert [r.run_id for r in state.runs.unfinished("nightly")] == ["run-b", "run-c"]
        assert [r.run_id for r in state.runs.unfinished()] == ["run-b", "run-c", "run-f"]

    def test_only_a_released_run_counts_as_released(self, state: StateStore) -> None:
        state.runs.add(run("a", identity="same"))
        state.runs.add(run("b", identity="same", state=RunState.FAILED))
        assert state.runs.released("same") is None

        state.runs.add(run("c", identity="same", state=RunState.RELEASED))
        found = state.runs.released("same")
        assert found is not None
        assert found.run_id == "run-c"

    def test_recent_are_the_newest_first(self, state: StateStore) -> None:
        for number in range(5):
            state.runs.add(run(str(number), started_at=NOON + timedelta(microseconds=number)))

        assert [r.run_id for r in state.runs.recent(2)] == ["run-4", "run-3"]


class TestQuarantine:
    def test_it_comes_back_as_it_was_added(self, state: StateStore) -> None:
        state.quarantine.add(quarantine())

        assert state.quarantine.get("run-a") == quarantine()

    def test_list_gives_all_or_those_in_a_state_newest_first(self, state: StateStore) -> None:
        state.quarantine.add(quarantine("a"))
        state.quarantine.add(quarantine("b", created_at=NOON + timedelta(days=1)))
        state.quarantine.set_state("run-a", QuarantineState.DISCARDED)

        assert [q.run_id for q in state.quarantine.list()] == ["run-b", "run-a"]
        assert [q.run_id for q in state.quarantine.list(QuarantineState.WAITING)] == ["run-b"]

    def test_it_moves_on_from_waiting_once(self, state: StateStore) -> None:
        state.quarantine.add(quarantine())
        state.quarantine.set_state("run-a", QuarantineState.REPLAYED, replayed_by="run-b")
        with pytest.raises(UsageError, match="replayed"):
            state.quarantine.set_state("run-a", QuarantineState.DISCARDED)

        moved = quarantine(state=QuarantineState.REPLAYED, replayed_by="run-b")
        assert state.quarantine.get("run-a") == moved

    def test_an_unknown_one_or_a_second_one_is_refused(self, state: StateStore) -> None:
        state.quarantine.add(quarantine())
        with pytest.raises(UsageError):
            state.quarantine.add(quarantine())
        with pytest.raises(UsageError):
            state.quarantine.get("run-z")
        with pytest.raises(UsageError):
            state.quarantine.set_state("run-z", QuarantineState.EXPIRED)


class TestKeys:
    def test_a_domain_comes_back_with_its_versions(self, state: StateStore) -> None:
        versions = (key(1, use=KeyUse.INDEX, version=1), key(2, version=1))
        state.keys.add_domain(Domain("email", Normaliser.EMAIL), versions)

        assert state.keys.domains() == [Domain("email", Normaliser.EMAIL)]
        assert state.keys.domain("email") == Domain("email", Normaliser.EMAIL)
        assert tuple(state.keys.versions()) == tuple(state.keys.versions("email")) == versions
        assert state.keys.version(2) == versions[1]

    def test_what_is_not_there_is_none(self, state: StateStore) -> None:
        assert state.keys.domain("email") is None
        assert state.keys.version(1) is None
        assert list(state.keys.versions("email")) == []

    def test_a_domain_is_added_once_and_whole(self, state: StateStore) -> None:
        state.keys.add_domain(Domain("email", Normaliser.EMAIL), (key(1),))
        with pytest.raises(UsageError):
            state.keys.add_domain(Domain("email", Normaliser.TEXT), (key(2),))

        assert state.keys.domains() == [Domain("email", Normaliser.EMAIL)]
        assert state.keys.version(2) is None

    def test_numbers_are_handed_out_once(self, state: StateStore) -> None:
        assert [state.keys.next_number() for _ in range(3)] == [1, 2, 3]

    def test_rotating_leaves_one_primary(self, state: StateStore) -> None:
        index = key(1, use=KeyUse.INDEX, version=1)
        state.keys.add_domain(Domain("email", Normaliser.EMAIL), (index, key(2)))
        state.keys.rotate(key(3))

        states = [version.state for version in state.keys.versions("email")]
        assert states == [KeyState.PRIMARY, KeyState.DECRYPT_ONLY, KeyState.PRIMARY]

    def test_destroying_erases_the_bytes(self, state: StateStore) -> None:
        state.keys.add_domain(Domain("email", Normaliser.EMAIL), (key(1),))
        state.keys.destroy(1)

        assert state.keys.version(1) == key(1, state=KeyState.DESTROYED, wrapped=b"")
        with pytest.raises(KeyUnavailable):
            state.keys.destroy(9)

    def test_a_state_is_set_and_taken_back(self, state: StateStore) -> None:
        state.keys.add_domain(Domain("email", Normaliser.EMAIL), (key(1),))
        due = NOON + timedelta(days=30)
        state.keys.set_state(1, KeyState.PENDING_DESTRUCTION, due)
        waiting = key(1, state=KeyState.PENDING_DESTRUCTION, destroy_at=due)
        assert state.keys.version(1) == waiting

        state.keys.set_state(1, KeyState.PRIMARY, None)
        assert state.keys.version(1) == key(1)
        state.keys.set_state(1, KeyState.PENDING_DESTRUCTION, due)
        state.keys.destroy(1)
        assert state.keys.version(1) == key(1, state=KeyState.DESTROYED, wrapped=b"")
        with pytest.raises(KeyUnavailable):
            state.keys.set_state(9, KeyState.PRIMARY, None)

    def test_a_version_is_wrapped_anew_in_its_place(self, state: StateStore) -> None:
        index = key(2, use=KeyUse.INDEX)
        state.keys.add_domain(Domain("email", Normaliser.EMAIL), (key(1), index))
        state.keys.rewrap(1, "memory:new", b"other")

        assert state.keys.version(1) == key(1, service="memory:new", wrapped=b"other")
        assert state.keys.version(2) == index
        with pytest.raises(KeyUnavailable):
            state.keys.rewrap(9, "memory:new", b"other")

    def test_versions_join_a_domain_that_is_there(self, state: StateStore) -> None:
        state.keys.add_domain(Domain("email", Normaliser.EMAIL), (key(1),))
        old = key(7, state=KeyState.DECRYPT_ONLY)
        state.keys.add_versions((old,))
        with pytest.raises(UsageError):
            state.keys.add_versions((key(8, state=KeyState.DECRYPT_ONLY), old))

        assert [version.number for version in state.keys.versions()] == [1, 7]

    def test_reserved_numbers_are_never_handed_out(self, state: StateStore) -> None:
        assert state.keys.last_number() == 0
        state.keys.reserve_numbers(7)
        state.keys.reserve_numbers(3)

        assert state.keys.last_number() == 7
        assert state.keys.next_number() == 8


class TestLedgerStore:
    def test_entries_checkpoints_and_head_come_back(self, state: StateStore) -> None:
        entries = [
            StoredEntry(index, b"\x00leaf%d" % index, bytes([index]) * 32) for index in (0, 1)
        ]
        head = LedgerHead(2, (b"\x07" * 32,), "note \u2014\n")
        with state.ledger.writing() as before:
            state.ledger.append(entries, head)

        assert before == LedgerHead()
        assert state.ledger.head() == head
        assert list(state.ledger.read(0, 10)) == entries
        assert list(state.ledger.read(1, 10)) == entries[1:]
        assert list(state.ledger.read(0, 1)) == entries[:1]
        assert list(state.ledger.checkpoints(0, 10)) == [StoredCheckpoint(2, head.checkpoint)]
        assert list(state.ledger.checkpoints(3, 10)) == []

    def test_what_is_to_happen_at_the_end_happens_once_and_after_it(
        self, state: StateStore
    ) -> None:
        happened: list[str] = []
        with state.transaction():
            with state.ledger.writing():
                state.ledger.at_end(lambda: happened.append("kept"), lambda: happened.append("no"))
            assert happened == []
        assert happened == ["kept"]

        def fail() -> None:
            with state.ledger.writing():
                state.ledger.at_end(
                    lambda: happened.append("no"), lambda: happened.append("undone")
                )
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert happened == ["kept", "undone"]


class TestTransactions:
    def test_everything_inside_is_kept_together(self, state: StateStore) -> None:
        with state.transaction():
            state.runs.add(run())
            state.quarantine.add(quarantine())
            assert state.runs.get("run-a") == run()

        assert state.quarantine.get("run-a") == quarantine()

    def test_an_exception_undoes_everything_inside(self, state: StateStore) -> None:
        def fail() -> None:
            with state.transaction():
                state.runs.add(run())
                state.quarantine.add(quarantine())
                state.keys.add_domain(Domain("email", Normaliser.EMAIL), (key(1),))
                with state.ledger.writing():
                    state.ledger.append([StoredEntry(0, b"leaf", bytes(32))], LedgerHead(1))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert list(state.runs.recent(9)) == []
        assert list(state.quarantine.list()) == []
        assert list(state.keys.domains()) == []
        assert state.ledger.head() == LedgerHead()
        assert list(state.ledger.read(0, 9)) == []

    def test_a_nested_transaction_is_part_of_the_outer_one(self, state: StateStore) -> None:
        def fail() -> None:
            with state.transaction():
                with state.transaction():
                    state.runs.add(run())
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert list(state.runs.recent(9)) == []

    def test_a_failed_step_dooms_the_rest_even_if_its_error_is_caught(
        self, state: StateStore
    ) -> None:
        def go_on() -> None:
            with state.transaction():
                state.runs.add(run("a"))
                with suppress(UsageError):
                    state.runs.update("run-z", state=RunState.FAILED)
                state.runs.add(run("b"))

        with pytest.raises(EnvironmentFailed):
            go_on()

        assert list(state.runs.recent(9)) == []

    def test_the_store_works_on_after_a_failure(self, state: StateStore) -> None:
        with pytest.raises(LockgateError), state.transaction():
            state.runs.get("run-z")
        state.runs.add(run())

        assert state.runs.get("run-a") == run()


class TestExclusive:
    def test_a_name_is_held_by_one_at_a_time(self, open_another) -> None:
        first, second = open_another(), open_another()
        with first.exclusive("nightly"):
            with pytest.raises(EnvironmentFailed, match="another run of nightly"):
                second.exclusive("nightly").__enter__()
            with second.exclusive("hourly"):
                pass
        with second.exclusive("nightly"):
            pass

        assert list(first.runs.recent(1)) == []

    def test_a_lock_outlives_an_error_by_nothing(self, open_another) -> None:
        first, second = open_another(), open_another()
        with pytest.raises(ZeroDivisionError), first.exclusive("../odd name/\u00e9"):
            raise ZeroDivisionError
        with second.exclusive("../odd name/\u00e9"):
            held = True

        assert held

    def test_what_one_commits_another_sees(self, open_another) -> None:
        first, second = open_another(), open_another()
        first.runs.add(run())

        assert second.runs.get("run-a") == run()
