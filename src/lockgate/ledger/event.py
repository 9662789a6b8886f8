"""Security-relevant events: typed, frozen, each with principal and purpose, none with a value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lockgate.ledger.access_events import (
    AccessDenied,
    AccessGranted,
    AccountChanged,
    AccountLocked,
    ApprovalDecided,
    ApprovalEnded,
    ApprovalRequested,
    AuthenticationFailed,
    AuthenticationSucceeded,
    BreakGlassEnded,
    BreakGlassOpened,
    BreakGlassReviewed,
    CallAudited,
    GrantAdded,
    GrantEnded,
    PolicyApproved,
    ProductionEntered,
    ProductionLeaving,
    ProductionLeft,
    SessionEnded,
    SessionStarted,
)
from lockgate.ledger.event_base import EventBase
from lockgate.ledger.key_events import (
    KeyCreated,
    KeyDestroyed,
    KeyDestructionCancelled,
    KeyDestructionScheduled,
    KeyMoved,
    KeyRotated,
    KeysExported,
    KeysImported,
)
from lockgate.ledger.receipt import FileRecord, Receipt


class LedgerCreated(EventBase):
    """The first entry: whose ledger this is."""

    kind: Literal["ledger.created"] = "ledger.created"
    project: str


class RunStarted(EventBase):
    """A run froze its inputs and is about to read them."""

    kind: Literal["run.started"] = "run.started"
    run_id: str
    pipeline: str
    identity: str
    plan_digest: str
    contract_digest: str
    policy_digest: str
    inputs: tuple[FileRecord, ...]


class ReleaseIntent(EventBase):
    """Everything is staged; what the receipt says is about to be published."""

    kind: Literal["release.intent"] = "release.intent"
    receipt: Receipt


class ReleaseDone(EventBase):
    """What an intent announced is published; ``recovered`` if after a crash."""

    kind: Literal["release.done"] = "release.done"
    run_id: str
    recovered: bool = False


class RunRefused(EventBase):
    """A plan was refused, or a run ended without releasing anything."""

    kind: Literal["run.refused"] = "run.refused"
    run_id: str | None
    pipeline: str
    code: str
    rows_read: int | None = None
    rows_rejected: int | None = None


class Revealed(EventBase):
    """Values were turned back: how many, of which column, never which."""

    kind: Literal["data.revealed"] = "data.revealed"
    what: str
    labels: tuple[str, ...]
    count: int
    key_numbers: tuple[int, ...]
    rules_digest: str = ""


class RevealRefused(EventBase):
    """Values were not turned back: of which column, how many if counted, by which rule or error.

    ``rule`` is a label's and its cause (``pii.ssn: max_rows``); "" if ``code`` says it all.
    """

    kind: Literal["reveal.refused"] = "reveal.refused"
    what: str
    labels: tuple[str, ...]
    count: int | None
    rule: str
    code: str
    rules_digest: str


class SubjectShredded(EventBase):
    """The keys of people were destroyed. ``subjects`` are keyed digests that name nobody.

    ``replayed``: they had been destroyed before, and had come back with an older state.
    """

    kind: Literal["subject.shredded"] = "subject.shredded"
    domain: str
    subjects: tuple[str, ...]
    replayed: bool = False


class RewrapRecord(BaseModel):
    """A released file whose ciphertexts are brought under the primary keys of their domains.

    ``values`` of them were under ``from_keys``; ``old`` and ``new`` are the file before and after.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rewrap_id: str
    path: str
    values: int
    from_keys: tuple[int, ...]
    to_keys: tuple[int, ...]
    old: FileRecord
    new: FileRecord


class RewrapIntent(EventBase):
    """The new file is complete and verified; it is about to take the old one's place."""

    kind: Literal["rewrap.intent"] = "rewrap.intent"
    record: RewrapRecord


class DataRewrapped(EventBase):
    """What an intent announced has happened; ``recovered`` if after a crash."""

    kind: Literal["data.rewrapped"] = "data.rewrapped"
    record: RewrapRecord
    recovered: bool = False


class Unsealed(EventBase):
    """A sealed file was opened as a whole: which one, by size and keyed digest, of which domain."""

    kind: Literal["data.unsealed"] = "data.unsealed"
    run_id: str
    domain: str
    file: FileRecord
    key_numbers: tuple[int, ...]


class QuarantineRead(EventBase):
    """Somebody listed rejected rows; ``with_values`` if their values were opened."""

    kind: Literal["quarantine.read"] = "quarantine.read"
    run_id: str
    rows: int
    with_values: bool


class QuarantineDiscarded(EventBase):
    """Somebody gave up a run's rejected rows."""

    kind: Literal["quarantine.discarded"] = "quarantine.discarded"
    run_id: str
    rows: int


class QuarantineExpired(EventBase):
    """A run's rejected rows outlived their time; their key is destroyed."""

    kind: Literal["quarantine.expired"] = "quarantine.expired"
    run_id: str
    rows: int


class UnrecordedUse(EventBase):
    """Somebody opened a gate that records nothing more than this."""

    kind: Literal["gate.unrecorded"] = "gate.unrecorded"
    contract_digest: str
    zone: str


class GateReleased(EventBase):
    """A batch left through the library's gate."""

    kind: Literal["gate.released"] = "gate.released"
    contract_digest: str
    policy_digest: str
    plan_digest: str
    zone: str
    rows_accepted: int
    rows_rejected: int
    key_numbers: tuple[int, ...]


Event = Annotated[
    LedgerCreated
    | RunStarted
    | ReleaseIntent
    | ReleaseDone
    | RunRefused
    | KeyCreated
    | KeyRotated
    | KeyDestructionScheduled
    | KeyDestructionCancelled
    | KeyDestroyed
    | KeyMoved
    | KeysExported
    | KeysImported
    | Revealed
    | RevealRefused
    | Unsealed
    | SubjectShredded
    | RewrapIntent
    | DataRewrapped
    | QuarantineRead
    | QuarantineDiscarded
    | QuarantineExpired
    | AuthenticationSucceeded
    | AuthenticationFailed
    | AccountLocked
    | AccountChanged
    | SessionStarted
    | SessionEnded
    | AccessGranted
    | AccessDenied
    | GrantAdded
    | GrantEnded
    | ApprovalRequested
    | ApprovalDecided
    | ApprovalEnded
    | BreakGlassOpened
    | BreakGlassEnded
    | BreakGlassReviewed
    | PolicyApproved
    | ProductionEntered
    | ProductionLeaving
    | ProductionLeft
    | CallAudited
    | UnrecordedUse
    | GateReleased,
    Field(discriminator="kind"),
]
