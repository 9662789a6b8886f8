"""Verifying a ledger from its first entry: what was signed is there, all of it, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockgate.errors import LedgerTampered
from lockgate.ledger import merkle
from lockgate.ledger.checkpoint import Checkpoint
from lockgate.ledger.entry import Entry, decode_leaf
from lockgate.ledger.ports import LedgerHead, LedgerStore, StoredCheckpoint, StoredEntry
from lockgate.ledger.signed_note import VerifierKey
from lockgate.ledger.tampering import Tampering, tampered, trusted_checkpoint

PAGE = 1_024
"""Entries or checkpoints read at a time."""


@dataclass(frozen=True, slots=True)
class VerifiedLedger:
    """A ledger that verified: entries, root (32 bytes), checkpoints checked inside and outside.

    ``witnessed`` is the size that the witness vouches for; what lies beyond it, or
    beyond the longest held checkpoint, an owner of the signing key could have rewritten.
    """

    size: int
    root: bytes
    checkpoints: int
    held: int
    witnessed: int


@dataclass(slots=True)
class _Tree:
    size: int = 0
    frontier: tuple[bytes, ...] = ()
    vouched: int = 0
    contradicted: int = 0


def verify_ledger(
    store: LedgerStore, key: VerifierKey, witnessed: str, held: Sequence[str]
) -> VerifiedLedger:
    """Verify all that ``store`` holds against ``key`` and against checkpoints held elsewhere.

    1. Checkpoints held elsewhere must be signed by ``key`` (they are read before
       the store, so they can be behind it and never rightly ahead).
    2. None may be longer than the ledger: that is a rollback or a truncation.
    3. The head must be what the latest checkpoint signed.
    4. Each entry is there, in place, of a known kind, and hashes to its leaf hash.
    5. At each checkpoint, stored or held, the tree has the root that was signed.
    6. Nothing lies behind the head.

    Raises LedgerTampered.
    """
    outside = _held_roots(witnessed, held, key)
    head = store.head()
    longest = max(outside, default=0)
    if longest > head.size:
        raise tampered(
            Tampering.ROLLED_BACK, f"it has {head.size} entries, and {longest} were signed"
        )
    tree = _Tree()
    entries = _stored_entries(store, head.size)
    checkpoints = 0
    for checkpoint in _stored_checkpoints(store, key, head.size):
        _advance(tree, checkpoint.size, entries, outside, head.size)
        _compare(tree, checkpoint.root)
        checkpoints += 1
    _advance(tree, head.size, entries, outside, head.size)
    _check_end(store, key, tree, head)
    size = trusted_checkpoint(witnessed, key, "the witness").size if witnessed else 0
    return VerifiedLedger(tree.size, merkle.root(tree.frontier), checkpoints, len(held), size)


def _held_roots(witnessed: str, held: Sequence[str], key: VerifierKey) -> dict[int, bytes]:
    """Roots by size of what is held elsewhere; two roots for one size are a fork."""
    roots: dict[int, bytes] = {}
    named = [("the checkpoint kept outside the database", witnessed)] if witnessed else []
    named += [(f"held checkpoint {number}", note) for number, note in enumerate(held, 1)]
    for which, note in named:
        checkpoint = trusted_checkpoint(note, key, which)
        if roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise tampered(
                Tampering.FORKED, f"two histories of {checkpoint.size} entries were signed"
            )
    return roots


def _stored_checkpoints(store: LedgerStore, key: VerifierKey, size: int) -> Iterator[Checkpoint]:
    for stored in _checkpoint_pages(store, size):
        which = f"the checkpoint of {stored.size} entries"
        checkpoint = trusted_checkpoint(stored.note, key, which)
        if checkpoint.size != stored.size:
            raise tampered(Tampering.CHECKPOINT, f"{which} signs another size")
        yield checkpoint


def _checkpoint_pages(store: LedgerStore, size: int) -> Iterator[StoredCheckpoint]:
    start = 0
    while page := store.checkpoints(start, PAGE):
        for stored in page:
            if stored.size > size:
                return
            yield stored
        start = page[-1].size + 1


def _stored_entries(store: LedgerStore, size: int) -> Iterator[StoredEntry]:
    start = 0
    while start < size and (page := store.read(start, min(PAGE, size - start))):
        yield from page
        start = page[-1].index + 1


def _advance(
    tree: _Tree, size: int, entries: Iterator[StoredEntry], outside: dict[int, bytes], end: int
) -> None:
    """Grow the tree to ``size``, comparing with what is held outside on the way."""
    while tree.size < size:
        stored = next(entries, None)
        if stored is None:
            raise tampered(Tampering.TRUNCATED, f"entries {tree.size} to {end - 1} are missing")
        entry = checked_entry(stored, tree.size)
        tree.frontier = merkle.extend(tree.size, tree.frontier, entry.hash)
        tree.size += 1
        held = outside.get(tree.size)
        if held is not None and held != merkle.root(tree.frontier):
            tree.contradicted = tree.contradicted or tree.size


def _compare(tree: _Tree, root: bytes) -> None:
    """The tree must be what was signed; if it is, what contradicts it was signed as well."""
    if merkle.root(tree.frontier) != root:
        raise _rewritten(tree)
    if tree.contradicted:
        raise tampered(
            Tampering.FORKED, f"another history of {tree.contradicted} entries was signed"
        )
    tree.vouched = tree.size


def _unvouched(tree: _Tree) -> str:
    """The entries that no checkpoint covers as they are: one, or something among several."""
    last = tree.size - 1
    if tree.vouched == last:
        return f"entry {last} is"
    return f"something in entries {tree.vouched} to {last} is"


def _rewritten(tree: _Tree) -> LedgerTampered:
    return tampered(
        Tampering.REWRITTEN,
        f"{_unvouched(tree)} not what was signed",
    )


def _check_end(store: LedgerStore, key: VerifierKey, tree: _Tree, head: LedgerHead) -> None:
    if tree.contradicted:
        raise _rewritten(tree)
    if tree.vouched != tree.size:
        raise tampered(
            Tampering.CHECKPOINT,
            f"{_unvouched(tree)} without the checkpoint that covered it",
        )
    if head.size:
        latest = trusted_checkpoint(head.checkpoint, key, "the latest checkpoint")
        if latest.size != head.size or latest.root != merkle.root(tree.frontier):
            raise tampered(Tampering.HEAD, "the latest checkpoint is not that of its entries")
    if tree.frontier != head.frontier:
        raise tampered(Tampering.HEAD, "its frontier is not that of its entries")
    if store.read(head.size, 1) and store.head() == head:
        raise tampered(Tampering.ADDED, f"entry {head.size} lies behind the head")


def checked_entry(stored: StoredEntry, index: int) -> Entry:
    """The entry in ``stored``, which must be whole and the one numbered ``index``."""
    if stored.index != index:
        raise tampered(Tampering.MISSING, f"entry {index} is missing")
    if merkle.leaf_hash(stored.leaf) != stored.hash:
        raise tampered(Tampering.EDITED, f"entry {index} does not match its hash")
    decoded = decode_leaf(stored.leaf)
    if decoded is None:
        raise tampered(Tampering.UNKNOWN, f"entry {index} is of no kind this version knows")
    if decoded[0] != index:
        raise tampered(Tampering.REORDERED, f"entry {decoded[0]} stands in place of entry {index}")
    return Entry(index, decoded[1], stored.hash)
