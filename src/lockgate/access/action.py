"""What can be allowed or denied."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """The verbs of every decision, of the access policies and of the ledger."""

    RUN = "run"
    CHECK = "check"
    PUBLISH = "publish"
    GATE = "gate"
    UNRECORDED_GATE = "unrecorded-gate"
    REVEAL = "reveal"
    UNSEAL = "unseal"
    READ_QUARANTINE = "read-quarantine"
    DECLASSIFY = "declassify"
    EXPAND_POLICY = "expand-policy"
    REPLAY = "replay"
    DISCARD = "discard"
    READ_KEYS = "read-keys"
    CREATE_KEY = "create-key"
    ROTATE = "rotate"
    REWRAP = "rewrap"
    DESTROY_KEY = "destroy-key"
    SHRED = "shred"
    MOVE_KEYS = "move-keys"
    EXPORT_KEYS = "export-keys"
    IMPORT_KEYS = "import-keys"
    RESURRECT_KEYS = "resurrect-keys"
    UNSAFE_DIRECT = "unsafe-direct"
    """Take the inside of the library in hand: keyring and state, which ask nobody."""
    USE_SECRET = "use-secret"  # noqa: S105 - a verb
    READ_LEDGER = "read-ledger"
    READ_ACCESS = "read-access"
    ADMINISTER = "administer"
    LEAVE_PRODUCTION = "leave-production"
    """Let the project's file name another environment than production."""
    REQUEST_APPROVAL = "request-approval"
    APPROVE = "approve"
    BREAK_GLASS = "break-glass"
    REVIEW = "review"


TWO_PERSON: frozenset[Action] = frozenset(
    {
        Action.DESTROY_KEY,
        Action.SHRED,
        Action.DECLASSIFY,
        Action.EXPAND_POLICY,
        Action.RESURRECT_KEYS,
        Action.EXPORT_KEYS,
        Action.LEAVE_PRODUCTION,
    }
)
"""What the two-person rule may be asked for; ``access: {two_person: […]}`` names those it holds."""
