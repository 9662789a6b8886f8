"""What a run remembers between processes: runs, quarantines, keys, salts and the ledger.

Everything done inside ``StateStore.transaction()`` commits together or not at
all, so a ledger entry and the state it speaks of cannot come apart. Times are
timezone-aware; counts are rows; sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

import pyarrow as pa

from lockgate.access.grant_ports import AccessStore
from lockgate.access.identity_ports import IdentityStore
from lockgate.access.ports import UsedTokens
from lockgate.keys.ports import KeyStore
from lockgate.ledger.ports import LedgerStore
from lockgate.policy.reveal_rules import Quota

SUBJECT_BYTES = 16
"""Length of a subject's index and of its handle."""


class RunState(StrEnum):
    """How far a run came. ``started`` is undone after a crash, ``intent`` is finished."""

    STARTED = "started"
    INTENT = "intent"
    RELEASED = "released"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. ``receipt_json`` and ``locations_json`` are what recovery needs to finish it."""

    run_id: str
    pipeline: str
    identity: str
    plan_digest: str
    state: RunState
    principal: str
    started_at: datetime
    finished_at: datetime | None = None
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    receipt_json: str = ""
    locations_json: str = ""


class RunStore(Protocol):
    """Runs by id."""

    def add(self, record: RunRecord) -> None:
        """Remember a new run. Raises UsageError if the id is taken."""
        ...

    def update(
        self,
        run_id: str,
        *,
        state: RunState | None = None,
        finished_at: datetime | None = None,
        rows_read: int | None = None,
        rows_accepted: int | None = None,
        rows_rejected: int | None = None,
        receipt_json: str | None = None,
        locations_json: str | None = None,
    ) -> None:
        """Change what is given, leave what is None. Raises UsageError for an unknown run."""
        ...

    def get(self, run_id: str) -> RunRecord:
        """Raises UsageError for an unknown run."""
        ...

    def unfinished(self, pipeline: str | None = None) -> Sequence[RunRecord]:
        """Runs that are ``started`` or ``intent``, oldest first."""
        ...

    def released(self, identity: str) -> RunRecord | None:
        """The run that released this identity, if one did."""
        ...

    def recent(self, limit: int) -> Sequence[RunRecord]:
        """The newest ``limit`` runs, newest first."""
        ...


class QuarantineState(StrEnum):
    """What became of a run's rejected rows."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """One run's quarantine: where it lies, under which key, how many rows, why, until when."""

    run_id: str
    pipeline: str
    contract_id: str
    key_number: int
    path: str
    rows: int
    bytes: int
    reasons_json: str
    created_at: datetime
    expires_at: datetime
    state: QuarantineState = QuarantineState.WAITING
    replayed_by: str | None = None


class QuarantineStore(Protocol):
    """Quarantines by the run that filled them."""

    def add(self, record: QuarantineRecord) -> None:
        """Remember a quarantine. Raises UsageError if the run has one."""
        ...

    def get(self, run_id: str) -> QuarantineRecord:
        """Raises UsageError if the run has none."""
        ...

    def list(self, state: QuarantineState | None = None) -> Sequence[QuarantineRecord]:
        """All, or those in ``state``, newest first."""
        ...

    def set_state(
        self, run_id: str, state: QuarantineState, replayed_by: str | None = None
    ) -> None:
        """Move on from ``waiting``. Raises UsageError if unknown or no longer waiting."""
        ...


class RevealStore(Protocol):
    """How many values each principal turned back lately, by the rule that bounds them.

    Kept by the hour, from 1970, in UTC. A window is the hour of ``hour`` and the 24 before it, so
    no 24 hours hold more than a quota. A clock that went back widens nothing: the latest hour
    that a principal was counted in is the earliest that counts as now.
    """

    def take(self, principal: str, wanted: Sequence[tuple[Quota, int]], hour: int) -> Quota | None:
        """Count that many values under every quota, or nothing: the first quota they would pass.

        Callers in other processes wait until the transaction that counts has ended.
        """
        ...

    def taken(self, principal: str, rule: str, hour: int) -> int:
        """How many values the window holds."""
        ...


@dataclass(frozen=True, slots=True)
class SaltRows:
    """What a store holds of the subjects it was asked for, a row each; those unknown have none.

    ``asked`` (int32) is the place in what was asked for. ``indices`` and ``handles`` are 16 bytes
    each, ``sealed`` (binary) is the sealed salt. ``indices`` and ``sealed`` are null where the salt
    was destroyed.
    """

    asked: pa.Int32Array
    indices: pa.FixedSizeBinaryArray
    handles: pa.FixedSizeBinaryArray
    sealed: pa.BinaryArray


class SubjectSaltStore(Protocol):
    """The sealed salt of every subject: by its index (who it is) or its handle (in frames).

    Indices and handles are FixedSizeBinary(16) arrays without nulls. Any thread may call it.
    """

    def of_subjects(self, indices: pa.FixedSizeBinaryArray) -> SaltRows:
        """Those of the subjects that have a salt, in the order asked for."""
        ...

    def of_handles(self, handles: pa.FixedSizeBinaryArray) -> SaltRows:
        """Those of the handles there are, destroyed ones too, in the order asked for."""
        ...

    def add(
        self,
        indices: pa.FixedSizeBinaryArray,
        handles: pa.FixedSizeBinaryArray,
        sealed: pa.BinaryArray,
        created_at: datetime,
    ) -> None:
        """Keep new salts, durably. A subject that has one, from whomever, keeps that one.

        All of ``sealed`` are of one length. Raises EnvironmentFailed.
        """
        ...

    def destroy(self, handles: pa.FixedSizeBinaryArray, at: datetime) -> int:
        """Erase the salts, and whose they were; how many there were. What is gone stays gone."""
        ...

    def live_handles(self, after: bytes, limit: int) -> pa.FixedSizeBinaryArray:
        """Handles with a salt, in order, from behind ``after`` on (b"" for all), a page of them."""
        ...

    def count(self) -> tuple[int, int]:
        """How many subjects have a salt, and how many salts were destroyed."""
        ...


class StateStore(Protocol):
    """The stores over one database.

    A store is used from the thread that opened the transaction; other threads
    see what was committed. Every method raises EnvironmentFailed if the
    database refuses, without a word of what was being stored.
    """

    @property
    def runs(self) -> RunStore: ...

    @property
    def quarantine(self) -> QuarantineStore: ...

    @property
    def keys(self) -> KeyStore: ...

    @property
    def salts(self) -> SubjectSaltStore: ...

    @property
    def ledger(self) -> LedgerStore: ...

    @property
    def reveals(self) -> RevealStore: ...

    @property
    def used_tokens(self) -> UsedTokens: ...

    @property
    def access(self) -> AccessStore: ...

    @property
    def identities(self) -> IdentityStore: ...

    @property
    def erased_bytes_remain(self) -> bool:
        """Whether what was erased last is still in the state's files, as a reader holds them."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside commit together, or none does. A nested call joins the outer one."""
        ...

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock ``name`` against every other process; the system frees it on death.

        Raises EnvironmentFailed at once if another run holds it.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...
