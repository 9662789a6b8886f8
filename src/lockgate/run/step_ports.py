"""What running steps needs from the outside: an engine for SQL, and room for rows in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from lockgate.plan.checked_plan import PlannedStep


class Spool(Protocol):
    """Rows that were written once and can be read as often as they are needed."""

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        ...

    @property
    def rows(self) -> int:
        """How many rows."""
        ...

    def reader(self) -> pa.RecordBatchReader:
        """All rows from the first, in the order they were written. Raises IntegrityError.

        Any number of readers may be open at once.
        """
        ...


class SpoolWriter(Protocol):
    """Takes rows until ``finish``."""

    def append(self, batch: pa.RecordBatch) -> None:
        """Add rows of exactly the spool's schema. Raises EnvironmentFailed."""
        ...

    def finish(self) -> Spool:
        """End it. Nothing can be added afterwards."""
        ...


class SpoolFolder(Protocol):
    """Where one run keeps its rows; leaving the ``with`` block forgets them all."""

    def writer(self, name: str, schema: pa.Schema) -> SpoolWriter:
        """Begin a spool. Raises StepRefused for a type that cannot be kept."""
        ...

    def close(self) -> None:
        """Delete every spool and the key that could open them."""
        ...


class StepEngine(Protocol):
    """Runs one SELECT over inputs that are handed in, and reaches nothing else."""

    def types(self, step: str, sql: str, inputs: Mapping[str, pa.Schema]) -> pa.Schema:
        """The columns that ``sql`` gives, as the engine itself says; no row is computed.

        Raises StepRefused if the engine does not take the statement, an input's type or
        an output's type.
        """
        ...

    def run(
        self, step: str, sql: str, inputs: Mapping[str, Spool], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        """The rows, streaming; ``schema`` is what ``types`` said of this statement.

        Closing the iterator ends the query. Raises StepRefused as ``types`` does and if the
        result has other columns, StepFailed if a value cannot be computed, StepLimitExceeded,
        and what reading an input raises. No error carries the engine's own words.
        """
        ...


@dataclass(frozen=True, slots=True)
class StepRows:
    """What a step makes, streaming.

    ``held_back`` tells, once all rows were taken, how many groups an aggregation left out; None for
    other steps.
    """

    batches: Iterator[pa.RecordBatch]
    held_back: Callable[[], int | None] = lambda: None


class StepRunner(Protocol):
    """Runs planned steps, whatever they are written in."""

    def run(self, step: PlannedStep, inputs: Mapping[str, Spool]) -> StepRows:
        """The rows that a step makes, of exactly its planned schema.

        Raises StepRefused; taking the rows raises StepFailed, StepLimitExceeded, and what reading
        an input raises.
        """
        ...
