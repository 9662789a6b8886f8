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


def tampered(kind: Tampering, detail: str) -> LedgerTampered:
    """The error to raise: ``kind`` and the place, nothing of what was recorded."""
    return LedgerTampered(f"the ledger was tampered with ({kind}): {detail}", hint=_HINT)


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
