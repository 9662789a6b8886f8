"""What the user declares: sources, what is selected or made of them, and sinks in zones."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from lockgate.errors import Position

MAX_PARTS = 64
SOURCE_NAME = "source"
"""What the source of a pipeline without steps is called."""


class FileFormat(StrEnum):
    """Formats a file connector reads and writes."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A file, folder or glob, judged by a contract. ``ignore`` names columns that are not read.

    ``delimiter`` is what stands between the cells of a CSV file. ``name`` is what steps call it.
    """

    contract: str
    path: str
    format: FileFormat
    ignore: tuple[str, ...] = ()
    delimiter: str = ","
    where: Position | None = None
    name: str = SOURCE_NAME


class StepKind(StrEnum):
    """What a step is written in."""

    SQL = "sql"
    PYTHON = "python"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Whose rows a step folds, and how many of them make a group large enough to be told.

    ``subject`` is the column, as the step's FROM has it, that says whose row it is. Groups of fewer
    than ``k`` subjects are left out, and those of whose sum one subject makes more than
    ``dominance`` (a share of 1).
    """

    subject: str
    k: int = 10
    dominance: float = 0.5
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class Declassification:
    """Somebody's word on a column of a step.

    It carries these ``labels`` and no others, or its values come from these columns of the inputs
    only (``derives``, as ``input.column``); the one that is not said is None.
    """

    column: str
    reason: str
    approver: str
    labels: tuple[str, ...] | None = None
    derives: tuple[str, ...] | None = None
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A step: one SELECT (``text``), or ``module:function`` in Python with its ``inputs``.

    ``text_where`` is where the text's first character stands in a file, where later lines begin in
    the same column.
    """

    name: str
    kind: StepKind
    text: str
    inputs: tuple[str, ...] = ()
    aggregation: Aggregation | None = None
    declassified: tuple[Declassification, ...] = ()
    where: Position | None = None
    text_where: Position | None = None

    def place(self, line: int, column: int) -> Position | None:
        """Where a line and column of the text, from 1, stand; else where the step does."""
        start = self.text_where
        if start is None:
            return self.where
        return Position(start.file, start.line + line - 1, start.column + column - 1)


@dataclass(frozen=True, slots=True)
class Selection:
    """One selected column: the contract's name and the name it has from here on."""

    source: str
    name: str
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """Where released rows go: a folder in a zone.

    ``parts`` files at most are written at once (1 to MAX_PARTS). One keeps the rows in the order of
    the input; of several nobody promises which row is in which, nor where. ``of`` is the step whose
    rows it gets; "" where there is only one that nothing else reads. ``seal``: its files are sealed
    as a whole, text formats to these age recipients too; None if they are not.
    """

    name: str
    zone: str
    path: str
    format: FileFormat
    where: Position | None = None
    parts: int = 1
    of: str = ""
    seal: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """sources -> steps -> sinks, or one source -> select/rename -> sinks.

    An empty ``select`` is every column of the contract.
    """

    name: str
    purpose: str
    sources: tuple[SourceSpec, ...]
    sinks: tuple[SinkSpec, ...]
    select: tuple[Selection, ...] = ()
    description: str = ""
    where: Position | None = field(default=None, compare=False)
    steps: tuple[StepSpec, ...] = ()

    @property
    def inputs(self) -> tuple[SourceSpec | StepSpec, ...]:
        """Everything that a step may read: sources, then steps, as declared."""
        return (*self.sources, *self.steps)

    @property
    def source(self) -> SourceSpec:
        """The first source: of a pipeline without steps, the only one."""
        return self.sources[0]
