"""Leaves, checkpoints and a witness in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockgate.errors import EnvironmentFailed
from lockgate.ledger.ports import LedgerHead, StoredCheckpoint, StoredEntry

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore


class MemoryLedgerStore:
    """A ``LedgerStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state

    @contextmanager
    def writing(self) -> Iterator[LedgerHead]:
        """Join or begin a transaction, give the head."""
        with self._state.transaction():
            yield self._state.tables.head

    def append(self, entries: Sequence[StoredEntry], head: LedgerHead) -> None:
        """Inside ``writing``: add entries and their checkpoint, move the head."""
        tables = self._state.tables
        tables.entries.update({entry.index: entry for entry in entries})
        tables.checkpoints[head.size] = StoredCheckpoint(head.size, head.checkpoint)
        tables.head = head

    def at_end(self, committed: Callable[[], None], undone: Callable[[], None]) -> None:
        """Inside ``writing``: call one of the two once the transaction has ended."""
        self._state.at_end(committed, undone)

    def head(self) -> LedgerHead:
        """The head."""
        return self._state.tables.head

    def read(self, start: int, count: int) -> Sequence[StoredEntry]:
        """Up to ``count`` entries with an index of ``start`` or more, in index order."""
        entries = self._state.tables.entries
        return [entries[index] for index in sorted(entries) if index >= start][:count]

    def find(self, start: int, texts: Sequence[Sequence[bytes]]) -> Sequence[StoredEntry]:
        """Entries from ``start`` on whose leaf holds every text of one of the groups, in order."""
        found = self.read(start, len(self._state.tables.entries))
        return [e for e in found if any(all(text in e.leaf for text in group) for group in texts)]

    def count(self, start: int) -> int:
        """How many entries there are from ``start`` on."""
        return sum(index >= start for index in self._state.tables.entries)

    def checkpoints(self, start: int, count: int) -> Sequence[StoredCheckpoint]:
        """Up to ``count`` checkpoints of size ``start`` or more, in size order."""
        checkpoints = self._state.tables.checkpoints
        return [checkpoints[size] for size in sorted(checkpoints) if size >= start][:count]


class MemoryWitness:
    """A ``CheckpointWitness`` in memory. ``full`` makes ``prepare`` fail, as a full disk would."""

    def __init__(self, held: str = "", size: int = 0) -> None:
        self.held = held
        self.size = size
        self.full = False

    def latest(self) -> str:
        """The checkpoint it holds; the empty string if none."""
        return self.held

    def prepare(self, checkpoint: str, size: int) -> MemoryHeldCheckpoint:
        """Have ``checkpoint`` ready, not yet the latest."""
        if self.full:
            raise EnvironmentFailed("the disk is full")
        return MemoryHeldCheckpoint(self, checkpoint, size)


class MemoryHeldCheckpoint:
    """A ``HeldCheckpoint`` of a ``MemoryWitness``."""

    def __init__(self, witness: MemoryWitness, checkpoint: str, size: int) -> None:
        self._witness = witness
        self._checkpoint = checkpoint
        self._size = size

    def publish(self) -> None:
        """Make it the witness's latest, unless a longer one is held."""
        if not self._witness.held or self._size > self._witness.size:
            self._witness.held, self._witness.size = self._checkpoint, self._size

    def discard(self) -> None:
        """Nothing to remove."""
