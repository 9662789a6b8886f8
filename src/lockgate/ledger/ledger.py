"""The ledger: events in, a signed Merkle log out; nothing is ever changed or removed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hmac import compare_digest

from lockgate.errors import EnvironmentFailed, KeyUnavailable, LedgerUnwritable, UsageError
from lockgate.ledger import merkle
from lockgate.ledger.checkpoint import Checkpoint, sign_checkpoint
from lockgate.ledger.entry import Entry, encode_leaf
from lockgate.ledger.event import Event
from lockgate.ledger.ports import (
    CheckpointWitness,
    LedgerHead,
    LedgerStore,
    Signer,
    StoredEntry,
)
from lockgate.ledger.signed_note import VerifierKey
from lockgate.ledger.tampering import (
    Tampering,
    tampered,
    trusted_checkpoint,
    witness_missing,
)
from lockgate.ledger.verify import PAGE, VerifiedLedger, checked_entry, verify_ledger

_LOG = logging.getLogger(__name__)
_UNWRITABLE = "nothing is released until the ledger can be written"


@dataclass(frozen=True, slots=True)
class Proof:
    """Subtree roots (32 bytes each) that tie something to the signed ``checkpoint``.

    Verified by ``merkle.verify_inclusion`` or ``merkle.verify_consistency``.
    """

    checkpoint: str
    hashes: tuple[bytes, ...]


class Ledger:
    """A project's ledger over a store.

    Every append is signed and checked against the last signed checkpoint and
    the one its witness holds first, so that the ledger never signs a history
    that was changed under it.
    """

    def __init__(
        self,
        store: LedgerStore,
        origin: str,
        signer: Signer | None,
        public_key: bytes,
        witness: CheckpointWitness | None = None,
        told: Callable[[Sequence[Event]], None] | None = None,
    ) -> None:
        """A ledger without ``signer`` can be read and verified, not written.

        ``told`` is given what was appended once it is committed, and must not raise.

        Raises KeyUnavailable if ``signer`` is not the holder of ``public_key``.
        """
        self._store = store
        self._key = VerifierKey(origin, public_key)
        self._signer = signer
        self._witness = witness
        self._told = told
        self._opened: dict[str, Checkpoint] = {}
        if signer is not None and not compare_digest(signer.public_key, public_key):
            raise KeyUnavailable(
                "the ledger's signing key is not the one whose public key the project pins",
                hint="restore .lockgate/ledger.key, or the pinned ledger.public_key",
            )

    def append(self, event: Event) -> int:
        """Record one event and return its index. See ``append_all``."""
        return self.append_all((event,))[0]

    def append_all(self, events: Sequence[Event]) -> tuple[int, ...]:
        """Record events under one checkpoint and return their indices.

        Inside a state transaction they become durable with it. Raises
        LedgerUnwritable if they cannot be signed or stored (the transaction
        rolls back) and LedgerTampered if the ledger is not what was signed.
        """
        signer = self._signer
        if signer is None:
            raise LedgerUnwritable("the ledger is open for reading only", hint=_UNWRITABLE)
        if not events:
            return ()
        failed = "Exception"
        try:
            with self._store.writing() as head:
                self._check_head(head)
                self._check_witness(head, signer)
                entries, grown = self._grow(head, events, signer)
                self._store.append(entries, grown)
                self._hold(grown)
                self._tell(events)
            return tuple(entry.index for entry in entries)
        except LedgerUnwritable:
            raise
        except (EnvironmentFailed, ValueError) as error:
            failed = str(error) if isinstance(error, EnvironmentFailed) else type(error).__name__
        raise LedgerUnwritable(f"the ledger could not be written: {failed}", hint=_UNWRITABLE)

    def read(self, start: int = 0, limit: int | None = None) -> Iterator[Entry]:
        """Entries from ``start`` on, in order, each checked against its own hash only.

        Raises LedgerTampered for an entry that does not match or is of an unknown kind.
        """
        end = self._store.head().size
        if limit is not None:
            end = min(end, start + limit)
        index = start
        while index < end:
            for stored in self._store.read(index, min(PAGE, end - index)):
                yield checked_entry(stored, index)
                index += 1
            if not self._store.read(index, 1) and index < end:
                raise tampered(Tampering.MISSING, f"entry {index} is missing")

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self._store.head().size

    def find(self, start: int, texts: Sequence[Sequence[bytes]]) -> Sequence[Entry]:
        """Entries from ``start`` on that hold every text of one of the groups.

        The database looks for them, so a ledger of a day takes milliseconds. Each that is found is
        checked against its own hash, and none may be missing. Raises LedgerTampered.
        """
        size = self._store.head().size
        if self._store.count(start) < size - start:
            raise tampered(Tampering.MISSING, f"an entry from {start} on is missing")
        found = self._store.find(start, texts)
        return [checked_entry(stored, stored.index) for stored in found]

    def verify(self, held: Sequence[str] = ()) -> VerifiedLedger:
        """Check every entry, hash and signature, and every checkpoint held elsewhere.

        ``held`` are checkpoint notes from run folders, auditors or backups; the
        witness's own is always checked. Memory does not grow with the ledger.
        Raises LedgerTampered, which says what kind of tampering and where.
        """
        if self._witness is None:
            return verify_ledger(self._store, self._key, "", held)
        witnessed = self._witness.latest()
        verified = verify_ledger(self._store, self._key, witnessed, held)
        if witnessed or not verified.size:
            return verified
        witnessed = self._witness.latest()  # the ledger may have begun in between
        if not witnessed:
            raise witness_missing(verified.size)
        return verify_ledger(self._store, self._key, witnessed, held)

    def latest_checkpoint(self) -> str:
        """The newest signed checkpoint, checked; the empty string for an empty ledger."""
        head = self._store.head()
        self._check_head(head)
        return head.checkpoint

    def inclusion(self, index: int) -> Proof:
        """Proof that entry ``index`` is under the newest checkpoint. Raises UsageError if none."""
        head = self._store.head()
        self._check_head(head)
        if not 0 <= index < head.size:
            raise UsageError(f"the ledger has {head.size} entries, and none numbered {index}")
        return self._prove(head, merkle.inclusion_ranges(index, head.size))

    def consistency(self, size: int) -> Proof:
        """Proof that the ledger as it was at ``size`` is how it begins now. Raises UsageError."""
        head = self._store.head()
        self._check_head(head)
        if not 0 < size <= head.size:
            raise UsageError(f"the ledger has {head.size} entries, and never had {size}")
        return self._prove(head, merkle.consistency_ranges(size, head.size))

    def _prove(self, head: LedgerHead, ranges: Sequence[merkle.Range]) -> Proof:
        hashes = tuple(merkle.root_of(self._hashes(*between)) for between in ranges)
        return Proof(head.checkpoint, hashes)

    def _hashes(self, start: int, end: int) -> Iterator[bytes]:
        for entry in self.read(start, end - start):
            yield entry.hash

    def _tell(self, events: Sequence[Event]) -> None:
        told = self._told
        if told is not None:
            self._store.at_end(lambda: told(events), lambda: None)

    def _grow(
        self, head: LedgerHead, events: Sequence[Event], signer: Signer
    ) -> tuple[list[StoredEntry], LedgerHead]:
        entries: list[StoredEntry] = []
        size, frontier = head.size, head.frontier
        for event in events:
            leaf = encode_leaf(size, event)
            hashed = merkle.leaf_hash(leaf)
            entries.append(StoredEntry(size, leaf, hashed))
            frontier = merkle.extend(size, frontier, hashed)
            size += 1
        signed = Checkpoint(self._key.name, size, merkle.root(frontier))
        return entries, LedgerHead(size, frontier, sign_checkpoint(signed, signer))

    def _check_head(self, head: LedgerHead) -> None:
        """Refuse to build on a head that its own signed checkpoint does not vouch for."""
        if not merkle.is_frontier(head.size, head.frontier):
            raise tampered(Tampering.HEAD, "its frontier does not have the shape of its size")
        if head.size == 0:
            if head.checkpoint:
                raise tampered(Tampering.HEAD, "it is empty, yet has a checkpoint")
            return
        signed = self._open(head.checkpoint, "the latest checkpoint")
        if signed.size != head.size or signed.root != merkle.root(head.frontier):
            raise tampered(Tampering.HEAD, "its head is not what the latest checkpoint signed")

    def _check_witness(self, head: LedgerHead, signer: Signer) -> None:
        if self._witness is None:
            return
        note = self._witness.latest()
        if not note:
            if head.size:
                raise witness_missing(head.size)
            self._begin_witness(self._witness, signer)
            return
        held = self._open(note, "the checkpoint kept outside the database")
        if held.size > head.size:
            raise tampered(
                Tampering.ROLLED_BACK,
                f"it has {head.size} entries, and {held.size} were signed",
            )
        if held.size == head.size and held.root != merkle.root(head.frontier):
            raise tampered(Tampering.FORKED, f"two histories of {held.size} entries were signed")

    def _begin_witness(self, witness: CheckpointWitness, signer: Signer) -> None:
        """Have the witness hold the empty tree before there is an entry.

        A crash at any later moment then finds it there: it is behind, never missing.
        """
        empty = Checkpoint(self._key.name, 0, merkle.root(()))
        held = witness.prepare(sign_checkpoint(empty, signer), 0)
        try:
            held.publish()
            return
        except OSError as error:
            failed = type(error).__name__
        raise EnvironmentFailed(f"the checkpoint copy could not be begun: {failed}")

    def _open(self, note: str, which: str) -> Checkpoint:
        """A checkpoint whose signature this ledger has checked, now or a moment ago."""
        known = self._opened.get(note)
        if known is None:
            known = trusted_checkpoint(note, self._key, which)
            if len(self._opened) >= 4:
                self._opened.clear()
            self._opened[note] = known
        return known

    def _hold(self, head: LedgerHead) -> None:
        """Have the witness ready before the commit, so that a full disk undoes the transaction."""
        if self._witness is None:
            return
        held = self._witness.prepare(head.checkpoint, head.size)

        def publish() -> None:
            try:
                held.publish()
            except (
                OSError,
                EnvironmentFailed,
            ) as error:  # committed all the same: a witness may be behind
                _LOG.warning("the checkpoint copy is behind: %s", type(error).__name__)

        self._store.at_end(publish, held.discard)
