"""How a ledger can differ from what was signed, in words that name places and never content."""

from __future__ import annotations

from enum import StrEnum

from lockgate.errors import LedgerTampered
from lockgate.ledger.checkpoint import WRONG_ORIGIN, Checkpoint, open_checkpoint
from lockgate.ledger.signed_note import BAD_SIGNATURE, WRONG_KEY, NoteRefused, VerifierKey

_HINT = "keep a copy of the state as it is, then compare it with a backup and with held checkpoints"


class Tampering(StrEnum):
    """Kinds of difference, as they stand in the error's message."""

    EDITED = "edited entry"
    MISSING = "missing entry"
    REORDERED = "reordered entry"
    TRUNCATED = "truncated"
    ADDED = "unsigned entry"
    UNKNOWN = "unknown entry"
    REWRITTEN = "rewritten"
    ROLLED_BACK = "rolled back"
    FORKED = "forked"
    CHECKPOINT = "damaged checkpoint"
    SIGNATURE = "bad signature"
    KEY = "wrong key"
    HEAD = "damaged head"
    WITNESS = "witness missing"


def tampered(kind: Tampering, detail: str, hint: str = _HINT) -> LedgerTampered:
    """The error to raise: ``kind`` and the place, nothing of what was recorded."""
    return LedgerTampered(f"the ledger was tampered with ({kind}): {detail}", hint=hint)


def witness_missing(size: int) -> LedgerTampered:
    """The error for a ledger of ``size`` entries whose checkpoint outside the database is gone.

    It is there before the first entry is, so that somebody removed it; a state that
    was rolled back would show in it.
    """
    return tampered(
        Tampering.WITNESS,
        f"it has {size} entries, and no checkpoint is kept outside the database",
        "put .lockgate/checkpoint back, from the same backup as the state if that was restored: "
        "docs/reference/ledger.md, Restoring",
    )


_REASONS = {
    WRONG_KEY: Tampering.KEY,
    WRONG_ORIGIN: Tampering.KEY,
    BAD_SIGNATURE: Tampering.SIGNATURE,
}


def trusted_checkpoint(note: str, key: VerifierKey, which: str) -> Checkpoint:
    """The checkpoint in ``note``. Raises LedgerTampered about ``which`` if it is not ``key``'s."""
    try:
        return open_checkpoint(note, key)
    except NoteRefused as refused:
        kind = _REASONS.get(refused.reason, Tampering.CHECKPOINT)
    raise tampered(kind, f"{which} is not one that the pinned public key signed for this ledger")
