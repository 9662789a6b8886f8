"""Writing and reading the ledger over fakes."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from lockgate.errors import EnvironmentFailed, KeyUnavailable, LedgerUnwritable, UsageError
from lockgate.keys.ports import KeyAction, KeyNotice, KeyUse
from lockgate.ledger import merkle
from lockgate.ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from lockgate.ledger.event import KeyDestroyed, RunRefused
from lockgate.ledger.key_events import key_event
from lockgate.ledger.ledger import Ledger
from lockgate.ledger.signed_note import VerifierKey
from lockgate.testing.ledgers import NOON, ORIGIN, event, new_ledger, new_signing_key
from lockgate.testing.memory_ledger import MemoryHeldCheckpoint, MemoryWitness
from lockgate.testing.memory_state import MemoryStateStore


class Bench:
    """A ledger over fakes."""

    def __init__(self) -> None:
        self.state = MemoryStateStore()
        self.witness = MemoryWitness()
        self.key = new_signing_key()
        self.ledger = new_ledger(self.state.ledger, self.key, self.witness)

    def latest(self) -> Checkpoint:
        key = VerifierKey(ORIGIN, self.key.public_key)
        return open_checkpoint(self.ledger.latest_checkpoint(), key)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_events_come_back_in_order_with_their_indices(bench: Bench) -> None:
    assert bench.ledger.append(event(0)) == 0
    assert bench.ledger.append_all([event(1), event(2)]) == (1, 2)

    entries = list(bench.ledger.read())
    assert [entry.index for entry in entries] == [0, 1, 2]
    assert [entry.event for entry in entries] == [event(0), event(1), event(2)]


def test_reading_starts_and_stops_where_it_is_told(bench: Bench) -> None:
    bench.ledger.append_all([event(number) for number in range(9)])

    assert [entry.index for entry in bench.ledger.read(3, 2)] == [3, 4]
    assert [entry.index for entry in bench.ledger.read(7)] == [7, 8]
    assert list(bench.ledger.read(9)) == []
    assert list(bench.ledger.read(0, 0)) == []


def test_reading_and_verifying_go_beyond_a_page(bench: Bench) -> None:
    bench.ledger.append_all([event(number) for number in range(2_500)])

    assert sum(1 for _ in bench.ledger.read()) == 2_500
    assert bench.ledger.verify().size == 2_500


def test_a_batch_has_one_checkpoint_and_verifies(bench: Bench) -> None:
    bench.ledger.append(event())
    bench.ledger.append_all([event(number) for number in range(1, 7)])
    verified = bench.ledger.verify()

    assert (verified.size, verified.checkpoints, verified.witnessed) == (7, 2, 7)
    assert bench.latest() == Checkpoint(ORIGIN, 7, verified.root)


def test_an_empty_ledger_verifies_and_has_no_checkpoint(bench: Bench) -> None:
    verified = bench.ledger.verify()

    assert (verified.size, verified.root) == (0, merkle.EMPTY_ROOT)
    assert bench.ledger.latest_checkpoint() == ""
    assert bench.ledger.append_all([]) == ()


def test_a_leaf_is_canonical_json_with_its_index(bench: Bench) -> None:
    bench.ledger.append(event(7))

    assert bench.state.tables.entries[0].leaf == (
        b'{"event":{"at":"2024-02-29T12:00:00Z","kind":"release.done","principal":"os:ada@host",'
        b'"purpose":"test","recovered":false,"run_id":"run-7"},"format":1,"index":0}'
    )


def test_an_inclusion_proof_verifies_against_the_signed_checkpoint(bench: Bench) -> None:
    bench.ledger.append_all([event(number) for number in range(11)])
    for entry in bench.ledger.read():
        proof = bench.ledger.inclusion(entry.index)
        root = parse_checkpoint(proof.checkpoint.split("\n\n")[0] + "\n").root
        assert merkle.verify_inclusion(entry.hash, entry.index, 11, proof.hashes, root)

    with pytest.raises(UsageError):
        bench.ledger.inclusion(11)


def test_a_consistency_proof_ties_an_old_checkpoint_to_the_new_one(bench: Bench) -> None:
    bench.ledger.append_all([event(number) for number in range(5)])
    old = bench.latest()
    bench.ledger.append_all([event(number) for number in range(5, 9)])
    proof, new = bench.ledger.consistency(5), bench.latest()

    assert merkle.verify_consistency(5, 9, old.root, new.root, proof.hashes)
    with pytest.raises(UsageError):
        bench.ledger.consistency(10)


class TestUnwritable:
    def test_without_a_signer_it_is_read_only(self, bench: Bench) -> None:
        bench.ledger.append(event())
        reader = Ledger(bench.state.ledger, ORIGIN, None, bench.key.public_key)

        assert reader.verify().size == 1
        with pytest.raises(LedgerUnwritable, match="reading only"):
            reader.append(event())

    def test_another_signer_than_the_pinned_key_is_refused(self, bench: Bench) -> None:
        with pytest.raises(KeyUnavailable, match="pins"):
            Ledger(bench.state.ledger, ORIGIN, new_signing_key(), bench.key.public_key)

    def test_a_failed_commit_leaves_nothing(self, bench: Bench) -> None:
        bench.ledger.append(event())
        before = bench.witness.held
        bench.state.fail_next_commit = True
        with pytest.raises(LedgerUnwritable) as caught:
            bench.ledger.append(event(1))

        assert "nothing is released" in caught.value.hint
        assert bench.witness.held == before
        assert bench.ledger.verify().size == 1

    def test_a_full_witness_undoes_the_whole_transaction(self, bench: Bench) -> None:
        bench.witness.full = True

        def both() -> None:
            with bench.state.transaction():
                bench.state.keys.next_number()
                bench.ledger.append(event())

        with pytest.raises(LedgerUnwritable):
            both()
        assert bench.state.tables.last_number == 0
        assert bench.ledger.verify().size == 0

    def test_a_signer_that_fails_undoes_the_transaction(self, bench: Bench) -> None:
        class Broken:
            public_key = bench.key.public_key

            def sign(self, message: bytes) -> bytes:
                raise EnvironmentFailed("the key service does not answer")

        ledger = Ledger(bench.state.ledger, ORIGIN, Broken(), bench.key.public_key)
        with pytest.raises(LedgerUnwritable, match="does not answer"):
            ledger.append(event())

        assert bench.ledger.verify().size == 0

    def test_a_number_too_large_for_canonical_json_is_refused_without_showing_it(
        self, bench: Bench
    ) -> None:
        refused = RunRefused(
            at=NOON, principal="p", purpose="t", run_id=None, pipeline="n", code="c",
            rows_read=2**53,
        )  # fmt: skip
        with pytest.raises(LedgerUnwritable) as caught:
            bench.ledger.append(refused)

        assert str(2**53) not in str(caught.value)
        assert bench.ledger.verify().size == 0


class TestWitness:
    def test_it_holds_what_was_committed(self, bench: Bench) -> None:
        bench.ledger.append(event())

        assert bench.witness.held == bench.ledger.latest_checkpoint()

    def test_it_learns_of_an_outer_transaction_only_when_that_commits(self, bench: Bench) -> None:
        with bench.state.transaction():
            bench.ledger.append(event(0))
            bench.ledger.append(event(1))
            assert bench.witness.size == 0
            assert "\n0\n" in bench.witness.held  # the empty tree, signed before the first entry

        assert bench.witness.size == 2

    def test_a_crash_between_commit_and_witness_is_no_tampering(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        bench.ledger.append(event(0))

        def crash(self: MemoryHeldCheckpoint) -> None:
            raise OSError(28, "a full disk")

        with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
            patch.setattr(MemoryHeldCheckpoint, "publish", crash)
            bench.ledger.append(event(1))

        assert "behind" in caplog.text
        verified = bench.ledger.verify()
        assert (verified.size, verified.witnessed) == (2, 1)
        bench.ledger.append(event(2))
        assert bench.witness.size == 3


def test_a_naive_time_is_no_time_for_an_event() -> None:
    with pytest.raises(ValidationError):
        event().model_validate({**event().model_dump(), "at": datetime(2024, 1, 1)})


@pytest.mark.parametrize("action", KeyAction)
def test_what_the_keyring_tells_is_an_event(bench: Bench, action: KeyAction) -> None:
    noon = datetime(2024, 1, 1, tzinfo=UTC)
    notice = KeyNotice(action, noon, "email", KeyUse.INDEX, 7, 2, destroy_at=noon)
    made = key_event(notice, "os:ada@host", "setup")
    bench.ledger.append(made)

    assert made.kind == f"key.{action.value}"
    assert [entry.event for entry in bench.ledger.read()] == [made]
    assert (made.key_number, made.version, made.use) == (7, 2, "index")
    assert isinstance(made, KeyDestroyed) is (action is KeyAction.DESTROYED)
    assert made.purpose == "setup"
    own = key_event(replace(notice, purpose="their own"), "os:ada@host", "setup")
    assert own.purpose == "their own"
