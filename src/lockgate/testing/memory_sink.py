"""A sink in memory that holds whoever writes to it to the protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from lockgate.errors import IntegrityError
from lockgate.plan.released_batch import ReleasedBatch, is_minted
from lockgate.run.ports import Guarantee, Prepared, StagedFile
from lockgate.testing.memory_source import nothing


@dataclass(frozen=True, slots=True, eq=False)
class MemoryPrepared:
    """A released batch, its number in the order of preparing, and who prepared it."""

    number: int
    batch: pa.RecordBatch
    session: MemorySession

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.batch.num_rows)


class MemorySession:
    """A ``SinkSession``. ``wrongs`` tells in words what was done that the protocol forbids."""

    def __init__(self, sink: MemorySink, plan_digest: str, schema: pa.Schema) -> None:
        self.written: list[pa.RecordBatch] = []
        self.wrongs: list[str] = []
        self.state = "open"
        self._sink = sink
        self._plan = plan_digest
        self._schema = schema
        self._thread = threading.get_ident()
        self._changing = threading.Lock()
        self._prepared = 0
        self._writing = 0
        self._failure: Exception | None = None

    @property
    def lanes(self) -> int:
        """As many as the sink says."""
        return self._sink.lanes

    @property
    def sealing(self) -> Mapping[str, str | int]:
        """Nothing is sealed."""
        return {}

    def prepare(self, released: ReleasedBatch) -> MemoryPrepared:
        """Check the batch. Raises IntegrityError."""
        if not is_minted(released) or released.plan_digest != self._plan:
            raise IntegrityError("not released for this plan")
        if not released.batch.schema.equals(self._schema):
            raise IntegrityError("of another schema")
        with self._changing:
            number, self._prepared = self._prepared, self._prepared + 1
        return MemoryPrepared(number, released.batch, self)

    def write(self, prepared: Prepared) -> None:
        """Keep the rows. Raises what an earlier call raised."""
        if not isinstance(prepared, MemoryPrepared) or prepared.session is not self:
            raise IntegrityError("prepared elsewhere")
        with self._changing:
            self._writing += 1
            self._demand(self.state == "open", f"written to while {self.state}")
            self._demand(self._writing <= self.lanes, "more writers than lanes")
            ours = self.lanes > 1 or threading.get_ident() == self._thread
            self._demand(ours, "written to by another thread, without lanes")
        try:
            if self._failure is not None:
                raise self._failure
            self._sink.writing(len(self.written))
            self.written.append(prepared.batch)
        except Exception as error:
            self._failure = error
            raise
        finally:
            with self._changing:
                self._writing -= 1

    def stage(self, documents: dict[str, bytes]) -> Sequence[StagedFile]:
        """No more is written. One file of all rows."""
        self._end("staged")
        return (StagedFile("rows", 0, sum(batch.num_rows for batch in self.written), ""),)

    def publish(self) -> None:
        """It is visible."""
        self._end("published")

    def discard(self) -> None:
        """It is gone."""
        self._end("discarded")

    def _end(self, state: str) -> None:
        with self._changing:
            self._demand(not self._writing, f"{state} while written to")
            self.state = state

    def _demand(self, holds: bool, wrong: str) -> None:
        if not holds:
            self.wrongs.append(wrong)


@dataclass
class MemorySink:
    """A ``Sink`` that keeps every session it opened.

    ``writing`` is called inside every write with the number of batches written before it.
    """

    lanes: int = 1
    writing: Callable[[int], None] = nothing
    sessions: list[MemorySession] = field(default_factory=list)

    @property
    def guarantee(self) -> Guarantee:
        """What memory gives."""
        return Guarantee.ATOMIC

    def open(self, run_id: str, plan_digest: str, schema: pa.Schema) -> MemorySession:
        """A new session."""
        self.sessions.append(MemorySession(self, plan_digest, schema))
        return self.sessions[-1]

    def resume(self, run_id: str) -> MemorySession:
        """The last session."""
        return self.sessions[-1]
