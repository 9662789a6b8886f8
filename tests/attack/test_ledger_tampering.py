"""Attacks on the ledger, each by somebody who can write the whole database.

The attacker is as good as can be: where it helps, leaf hashes, frontier and head are
recomputed. What is missing is the signing key, and in the last attacks not even that.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.errors import ExitCode, LedgerTampered
from lockgate.ledger import merkle
from lockgate.ledger.checkpoint import Checkpoint, ledger_origin, sign_checkpoint
from lockgate.ledger.entry import encode_leaf
from lockgate.ledger.ledger import Ledger
from lockgate.ledger.ports import LedgerHead, StoredCheckpoint, StoredEntry
from lockgate.ledger.signing import SigningKey
from lockgate.testing.ledgers import ORIGIN, event, new_ledger, new_signing_key
from lockgate.testing.memory_ledger import MemoryWitness
from lockgate.testing.memory_state import MemoryStateStore, Tables

CANARY = "mallory-was-here"
EMPTYING = """
    DELETE FROM ledger_entries;
    DELETE FROM ledger_checkpoints;
    UPDATE ledger_head SET size = 0, frontier = x'', checkpoint = '';
"""


class Victim:
    """A ledger of eight entries, its store open to the attacker."""

    def __init__(self) -> None:
        self.state = MemoryStateStore()
        self.key = new_signing_key()
        self.witness = MemoryWitness()
        self.ledger = new_ledger(self.state.ledger, self.key, self.witness)
        for number in range(8):
            self.ledger.append(event(number))

    @property
    def tables(self) -> Tables:
        return self.state.tables

    def entry(self, index: int, leaf: bytes) -> None:
        """Put ``leaf`` at ``index`` with the hash that belongs to it."""
        self.tables.entries[index] = StoredEntry(index, leaf, merkle.leaf_hash(leaf))

    def recompute_head(self, size: int, checkpoint: str | None = None) -> None:
        """Make the head fit the entries, as somebody without the key can."""
        frontier: tuple[bytes, ...] = ()
        for index in range(size):
            frontier = merkle.extend(index, frontier, self.tables.entries[index].hash)
        note = self.tables.head.checkpoint if checkpoint is None else checkpoint
        self.tables.head = LedgerHead(size, frontier, note)

    def sign_again(self, key: SigningKey, size: int = 8, origin: str = ORIGIN) -> None:
        """Write checkpoints and head for the entries as they are, with ``key``."""
        self.tables.checkpoints.clear()
        for until in range(1, size + 1):
            root = merkle.root_of(self.tables.entries[index].hash for index in range(until))
            note = sign_checkpoint(Checkpoint(origin, until, root), key)
            self.tables.checkpoints[until] = StoredCheckpoint(until, note)
        self.recompute_head(size, note)

    def forged(self, index: int) -> bytes:
        return encode_leaf(index, event().model_copy(update={"run_id": CANARY}))


@pytest.fixture
def victim() -> Victim:
    return Victim()


def found(ledger: Ledger, kind: str, held: tuple[str, ...] = ()) -> str:
    """Verify, see it refused as ``kind`` without a word of what was recorded, give the message."""
    with pytest.raises(LedgerTampered) as caught:
        ledger.verify(held)
    message = str(caught.value)
    assert f"({kind})" in message
    assert CANARY not in message
    assert "os:ada" not in message
    assert caught.value.exit_code is ExitCode.INTEGRITY
    return message


def test_untouched_it_verifies(victim: Victim) -> None:
    assert victim.ledger.verify((victim.ledger.latest_checkpoint(),)).size == 8


class TestEntries:
    def test_edit_an_entry(self, victim: Victim) -> None:
        victim.tables.entries[3] = replace(victim.tables.entries[3], leaf=victim.forged(3))

        assert "entry 3" in found(victim.ledger, "edited entry")

    def test_edit_an_entry_and_recompute_the_hashes_without_the_key(self, victim: Victim) -> None:
        victim.entry(3, victim.forged(3))
        victim.recompute_head(8)

        assert "entry 3 is" in found(victim.ledger, "rewritten")

    def test_edit_an_entry_and_drop_the_checkpoints_that_would_tell(self, victim: Victim) -> None:
        victim.entry(3, victim.forged(3))
        victim.recompute_head(8)
        for size in range(1, 8):
            del victim.tables.checkpoints[size]

        assert "entries 0 to 7" in found(victim.ledger, "rewritten")

    def test_edit_a_hash_only(self, victim: Victim) -> None:
        victim.tables.entries[5] = replace(victim.tables.entries[5], hash=bytes(32))

        assert "entry 5" in found(victim.ledger, "edited entry")

    def test_delete_the_last(self, victim: Victim) -> None:
        del victim.tables.entries[7]

        assert "entries 7 to 7" in found(victim.ledger, "truncated")

    def test_delete_the_last_with_its_checkpoint_and_head(self, victim: Victim) -> None:
        del victim.tables.entries[7]
        del victim.tables.checkpoints[8]
        victim.recompute_head(7, victim.tables.checkpoints[7].note)

        assert "7 entries, and 8 were signed" in found(victim.ledger, "rolled back")

    def test_delete_one_in_the_middle(self, victim: Victim) -> None:
        del victim.tables.entries[4]

        assert "entry 4" in found(victim.ledger, "missing entry")

    def test_delete_one_in_the_middle_and_close_the_gap(self, victim: Victim) -> None:
        for index in range(4, 7):
            victim.entry(index, victim.tables.entries[index + 1].leaf)
        del victim.tables.entries[7]
        victim.recompute_head(7)
        victim.witness.held = ""

        assert "entry 5 stands in place of entry 4" in found(victim.ledger, "reordered entry")

    def test_close_the_gap_and_renumber(self, victim: Victim) -> None:
        for index in range(4, 8):
            victim.entry(index, encode_leaf(index, event(index + 1)))
        victim.recompute_head(8)

        assert "entry 4 is" in found(victim.ledger, "rewritten")

    def test_reorder_two(self, victim: Victim) -> None:
        second, sixth = victim.tables.entries[2].leaf, victim.tables.entries[6].leaf
        victim.entry(2, sixth)
        victim.entry(6, second)
        victim.recompute_head(8)

        assert "entry 6 stands in place of entry 2" in found(victim.ledger, "reordered entry")

    def test_add_one_behind_the_head(self, victim: Victim) -> None:
        victim.entry(8, victim.forged(8))

        assert "entry 8" in found(victim.ledger, "unsigned entry")

    def test_add_one_and_move_the_head(self, victim: Victim) -> None:
        victim.entry(8, victim.forged(8))
        victim.recompute_head(9)

        assert "entry 8 is" in found(victim.ledger, "damaged checkpoint")

    @pytest.mark.parametrize(
        "change",
        [
            {"event": {"kind": "backdoor.opened"}},
            {"format": 2},
            {"more": 1},
            {"index": "x"},
        ],
    )
    def test_an_entry_of_unknown_kind_fails_closed(
        self, victim: Victim, change: dict[str, object]
    ) -> None:
        """Even under a right signature: what is not understood is not vouched for."""
        leaf = json.loads(victim.tables.entries[2].leaf)
        victim.entry(2, json.dumps({**leaf, **change}).encode())
        victim.witness.held = ""
        victim.sign_again(victim.key)

        assert "entry 2" in found(victim.ledger, "unknown entry")
        with pytest.raises(LedgerTampered, match="unknown entry"):
            list(victim.ledger.read())


class TestCheckpoints:
    def test_drop_them_all(self, victim: Victim) -> None:
        victim.tables.checkpoints.clear()

        found(victim.ledger, "damaged checkpoint")

    def test_drop_the_last(self, victim: Victim) -> None:
        del victim.tables.checkpoints[8]

        found(victim.ledger, "damaged checkpoint")

    def test_put_an_earlier_one_in_place_of_the_last(self, victim: Victim) -> None:
        earlier = victim.tables.checkpoints[5].note
        victim.tables.checkpoints[8] = StoredCheckpoint(8, earlier)

        found(victim.ledger, "damaged checkpoint")

    def test_change_a_signature(self, victim: Victim) -> None:
        note = victim.tables.checkpoints[4].note
        changed = note.replace("\n4\n", "\n5\n")
        victim.tables.checkpoints[4] = StoredCheckpoint(4, changed)

        assert "checkpoint of 4 entries" in found(victim.ledger, "bad signature")

    def test_sign_with_a_key_of_ones_own(self, victim: Victim) -> None:
        """Key theft without the theft: a new key cannot stand in for the pinned one."""
        victim.entry(3, victim.forged(3))
        victim.witness.held = ""
        victim.sign_again(new_signing_key())

        found(victim.ledger, "wrong key")

    def test_bring_the_ledger_of_another_project(self, victim: Victim) -> None:
        victim.witness.held = ""
        victim.sign_again(victim.key, origin=ledger_origin("other"))

        found(victim.ledger, "wrong key")

    def test_spoil_the_witness(self, victim: Victim) -> None:
        victim.witness.held = "no checkpoint\n"

        found(victim.ledger, "damaged checkpoint")
        with pytest.raises(LedgerTampered):
            victim.ledger.append(event(8))


class TestHistories:
    def test_roll_the_whole_database_back(self, victim: Victim) -> None:
        old = victim.tables.copy()
        victim.ledger.append(event(8))
        victim.state.tables = old

        assert "8 entries, and 9 were signed" in found(victim.ledger, "rolled back")
        with pytest.raises(LedgerTampered, match="rolled back"):
            victim.ledger.append(event(9))

    def test_roll_back_database_and_witness(self, victim: Victim) -> None:
        """Only a checkpoint held elsewhere, such as in a run folder, still tells."""
        old, witness = victim.tables.copy(), victim.witness.held
        victim.ledger.append(event(8))
        held = victim.ledger.latest_checkpoint()
        victim.state.tables, victim.witness.held = old, witness

        assert victim.ledger.verify().size == 8
        found(victim.ledger, "rolled back", (held,))

    def test_roll_back_and_delete_the_witness(self, victim: Victim) -> None:
        old = victim.tables.copy()
        victim.ledger.append(event(8))
        victim.state.tables, victim.witness.held = old, ""

        assert "8 entries" in found(victim.ledger, "witness missing")
        with pytest.raises(LedgerTampered, match="witness missing") as caught:
            victim.ledger.append(event(9))
        assert "backup" in caught.value.hint
        assert victim.tables.head.size == 8

    def test_empty_the_database(self, victim: Victim) -> None:
        victim.state.tables = Tables()

        assert "0 entries, and 8 were signed" in found(victim.ledger, "rolled back")
        with pytest.raises(LedgerTampered):
            victim.ledger.append(event(0))

    def test_roll_back_and_grow_another_history_of_the_same_size(self, victim: Victim) -> None:
        old, behind = victim.tables.copy(), replace_witness(victim)
        victim.ledger.append(event(8))
        held = victim.ledger.latest_checkpoint()
        victim.state.tables, victim.witness.held = old, behind
        victim.ledger.append(event(80))

        found(victim.ledger, "forked", (held,))

    def test_fork_seen_by_the_witness_at_the_next_append(self, victim: Victim) -> None:
        held = victim.witness.held
        victim.entry(7, encode_leaf(7, event(70)))
        victim.sign_again(victim.key)

        assert victim.witness.held == held
        with pytest.raises(LedgerTampered, match="forked"):
            victim.ledger.append(event(8))

    def test_rewrite_everything_with_the_stolen_key(self, victim: Victim) -> None:
        held = (victim.tables.checkpoints[5].note,)
        victim.entry(3, victim.forged(3))
        victim.sign_again(victim.key)
        victim.witness.held = victim.tables.head.checkpoint

        assert victim.ledger.verify().size == 8  # with nothing held elsewhere it cannot be told
        assert "5 entries" in found(victim.ledger, "forked", held)

    def test_two_held_checkpoints_that_contradict_each_other(self, victim: Victim) -> None:
        other = Victim()
        other.key = victim.key
        other.entry(7, other.forged(7))
        other.sign_again(victim.key)
        held = (victim.ledger.latest_checkpoint(), other.tables.head.checkpoint)

        assert "8 entries" in found(victim.ledger, "forked", held)

    def test_hold_out_a_checkpoint_of_somebody_else(self, victim: Victim) -> None:
        note = sign_checkpoint(Checkpoint(ORIGIN, 8, bytes(32)), new_signing_key())

        assert "held checkpoint 1" in found(victim.ledger, "wrong key", (note,))


def replace_witness(victim: Victim) -> str:
    """The witness's checkpoint as it is, for putting back later."""
    return victim.witness.held


class TestLaundering:
    """An attacker changes what the honest signer will sign next."""

    def test_change_entry_and_frontier_and_wait_for_a_signature(self, victim: Victim) -> None:
        victim.entry(7, victim.forged(7))
        victim.recompute_head(8)
        with pytest.raises(LedgerTampered, match="damaged head"):
            victim.ledger.append(event(8))

        assert len(victim.tables.checkpoints) == 8

    def test_lengthen_the_frontier(self, victim: Victim) -> None:
        head = victim.tables.head
        victim.tables.head = replace(head, frontier=(*head.frontier, bytes(32)))
        with pytest.raises(LedgerTampered, match="damaged head"):
            victim.ledger.append(event(8))

        found(victim.ledger, "damaged head")

    def test_declare_it_empty(self, victim: Victim) -> None:
        victim.tables.head = replace(victim.tables.head, size=0, frontier=())
        victim.witness.held = ""
        with pytest.raises(LedgerTampered, match="damaged head"):
            victim.ledger.append(event(0))

        assert len(victim.tables.entries) == 8


class TestOnDisk:
    """The same by hand in SQLite's file, as a real attacker would."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / ".lockgate"

    @pytest.mark.parametrize(
        ("statement", "kind"),
        [
            ("UPDATE ledger_entries SET leaf = x'7b7d' WHERE \"index\" = 2", "edited entry"),
            ('DELETE FROM ledger_entries WHERE "index" = 2', "missing entry"),
            ('DELETE FROM ledger_entries WHERE "index" = 4', "truncated"),
            ("DELETE FROM ledger_checkpoints", "damaged checkpoint"),
            ("UPDATE ledger_head SET size = 4", "rolled back"),
            ("UPDATE ledger_head SET checkpoint = ''", "damaged checkpoint"),
            (EMPTYING, "rolled back"),
        ],
    )
    def test_change_the_database_file(self, folder: Path, statement: str, kind: str) -> None:
        key = new_signing_key()
        with open_state("sqlite", folder) as state:
            ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
            for number in range(5):
                ledger.append(event(number))
        attacker = sqlite3.connect(folder / "state.db")
        attacker.executescript(statement)
        attacker.close()

        with open_state("sqlite", folder) as state:
            ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
            found(ledger, kind)

    def test_restore_an_older_file(self, folder: Path) -> None:
        key = new_signing_key()
        kept = b""
        for number in range(2):
            with open_state("sqlite", folder) as state:
                ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
                ledger.append(event(number))
            kept = kept or (folder / "state.db").read_bytes()
        (folder / "state.db").write_bytes(kept)

        with open_state("sqlite", folder) as state:
            ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
            assert "1 entries, and 2 were signed" in found(ledger, "rolled back")

    def test_restore_an_older_file_and_delete_the_checkpoint(self, folder: Path) -> None:
        key = new_signing_key()
        kept = b""
        for number in range(2):
            with open_state("sqlite", folder) as state:
                ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
                ledger.append(event(number))
            kept = kept or (folder / "state.db").read_bytes()
        (folder / "state.db").write_bytes(kept)
        (folder / "checkpoint").unlink()

        with open_state("sqlite", folder) as state:
            ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
            found(ledger, "witness missing")
            with pytest.raises(LedgerTampered, match="witness missing"):
                ledger.append(event(1))
        assert not (folder / "checkpoint").exists()
