"""What a run did, as its ledger entry says it: files, sinks, steps, counts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class FileRecord(BaseModel):
    """A file by name, size in bytes, rows and keyed digest (hex)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: int
    rows: int | None = None
    digest: str


class Outcome(BaseModel):
    """What one sink received. Digests are keyed; no sum or plain hash of data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sink: str
    zone: str
    rows: int
    files: tuple[FileRecord, ...] = ()


class StepRecord(BaseModel):
    """A step that ran: its rows, and the groups that an aggregation left out, how many only.

    ``declassified``: whose word stood for the proof of which column, and why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rows: int
    groups_held_back: int | None = None
    declassified: tuple[str, ...] = ()


class Receipt(BaseModel):
    """What a run did, as recorded by its intent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    pipeline: str
    contract_digest: str
    policy_digest: str
    plan_digest: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rejected_by_reason: dict[str, int]
    rows_audited: int = 0
    key_numbers: tuple[int, ...]
    outcomes: tuple[Outcome, ...]
    steps: tuple[StepRecord, ...] = ()
    quarantine: FileRecord | None
    subject_manifest: FileRecord | None
    not_read: tuple[str, ...] = ()
    replay_of: str | None = None
