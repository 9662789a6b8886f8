"""What moving needs from the outside: sources, sinks, a state store, a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import pyarrow as pa

from lockgate.contract.batches import RawBatch
from lockgate.plan.released_batch import ReleasedBatch


@dataclass(frozen=True, slots=True)
class InputFile:
    """One frozen input: its path as declared, size in bytes and keyed digest (hex)."""

    path: str
    size: int
    digest: str


class Piece(Protocol):
    """Some rows as collected, not parsed yet. Parsing may be done on any thread, once."""

    def batches(self) -> Iterator[RawBatch]:
        """The rows as raw batches, in order, bounded by the limits. Raises SourceError."""
        ...


class Source(Protocol):
    """Rows as they were collected."""

    def freeze(self, digest_key: bytes) -> Sequence[InputFile]:
        """Fix the inputs and their keyed digests: what is read later must be these bytes."""
        ...

    def pieces(self) -> Iterator[Piece]:
        """Pieces in input order, bounded by the limits. Raises SourceError.

        What one thread must do in order (reading, hashing, finding where rows end) is done by the
        iterator, the rest by the pieces.
        """
        ...


class Guarantee(StrEnum):
    """What a sink promises after a crash."""

    ATOMIC = "atomic"
    IDEMPOTENT = "idempotent"
    AT_LEAST_ONCE = "unsafe_at_least_once"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A finished file in staging: name in the run folder, size, rows, keyed digest (hex)."""

    name: str
    size: int
    rows: int
    digest: str


class Prepared(Protocol):
    """What a session made of one released batch; only that session knows what is inside."""

    @property
    def rows(self) -> int:
        """How many rows."""
        ...


class SinkSession(Protocol):
    """One run's writing to one sink. Nothing is visible before ``publish``.

    ``prepare`` and ``write`` are called by several threads as told below; the rest by one thread,
    while no other is in the session.
    """

    @property
    def lanes(self) -> int:
        """1: ``write`` is called in input order by one thread. More: by up to that many at once.

        With several lanes rows arrive in any order.
        """
        ...

    @property
    def sealing(self) -> Mapping[str, str | int]:
        """What the output's contract says of how the files are sealed; empty if they are not."""
        ...

    def prepare(self, released: ReleasedBatch) -> Prepared:
        """Do all work that needs no order. Any thread, any number of them at once.

        Refuses (IntegrityError) anything but a ReleasedBatch of this plan, sink and schema.
        """
        ...

    def write(self, prepared: Prepared) -> None:
        """Append what this very session prepared; each of it once.

        Once a call failed, each later one raises that failure again.
        """
        ...

    def stage(self, documents: dict[str, bytes]) -> Sequence[StagedFile]:
        """Finish the data files, add ``documents`` (name -> bytes) beside them, fsync all."""
        ...

    def publish(self) -> None:
        """Make the staged run folder visible, durably. Idempotent."""
        ...

    def discard(self) -> None:
        """Remove whatever is staged. Never raises for what is already gone."""
        ...


class Sink(Protocol):
    """A place in a zone."""

    @property
    def guarantee(self) -> Guarantee: ...

    def open(self, run_id: str, plan_digest: str, schema: pa.Schema) -> SinkSession:
        """Begin staging for a run."""
        ...

    def resume(self, run_id: str) -> SinkSession:
        """Take up a run that was staged before a crash, to publish or discard it."""
        ...


Progress = Callable[[int, int], None]
"""Called with (rows judged so far, rows rejected so far)."""
