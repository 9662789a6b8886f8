"""What the ledger needs from the outside: a store for leaves, a signer, a witness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One leaf as it lies in the store: its index, its bytes, its leaf hash (32 bytes)."""

    index: int
    leaf: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed checkpoint and the size it was stored under."""

    size: int
    note: str


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """Where the next entry goes: entries so far, the frontier, the latest checkpoint.

    ``frontier`` holds the roots of the perfect subtrees, widest first;
    ``checkpoint`` is the empty string before the first entry.
    """

    size: int = 0
    frontier: tuple[bytes, ...] = ()
    checkpoint: str = ""


class LedgerStore(Protocol):
    """Durable home of leaves and checkpoints. It checks nothing: ``Ledger`` does."""

    def writing(self) -> AbstractContextManager[LedgerHead]:
        """Join or begin a write transaction, lock the ledger, give its head."""
        ...

    def append(self, entries: Sequence[StoredEntry], head: LedgerHead) -> None:
        """Inside ``writing``: add entries and their checkpoint, move the head."""
        ...

    def at_end(self, committed: Callable[[], None], undone: Callable[[], None]) -> None:
        """Inside ``writing``: call one of the two once the transaction has ended."""
        ...

    def head(self) -> LedgerHead:
        """The head as committed."""
        ...

    def read(self, start: int, count: int) -> Sequence[StoredEntry]:
        """Up to ``count`` entries with an index of ``start`` or more, in index order."""
        ...

    def find(self, start: int, texts: Sequence[Sequence[bytes]]) -> Sequence[StoredEntry]:
        """Entries from ``start`` on whose leaf holds every text of one of the groups, in order."""
        ...

    def count(self, start: int) -> int:
        """How many entries there are from ``start`` on."""
        ...

    def checkpoints(self, start: int, count: int) -> Sequence[StoredCheckpoint]:
        """Up to ``count`` checkpoints of size ``start`` or more, in size order."""
        ...


class Signer(Protocol):
    """Holds an Ed25519 private key (RFC 8032) and signs with it."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        ...


class HeldCheckpoint(Protocol):
    """A checkpoint that was made durable beside the database and waits for its commit."""

    def publish(self) -> None:
        """Make it the witness's latest, unless a longer one is held. Raises OSError."""
        ...

    def discard(self) -> None:
        """Forget it. Never raises for what is already gone."""
        ...


class CheckpointWitness(Protocol):
    """Keeps the latest checkpoint outside the database. It may be behind, never ahead."""

    def latest(self) -> str:
        """The checkpoint it holds; the empty string if none. Raises EnvironmentFailed."""
        ...

    def prepare(self, checkpoint: str, size: int) -> HeldCheckpoint:
        """Make ``checkpoint`` durable, not yet the latest. Raises EnvironmentFailed."""
        ...
