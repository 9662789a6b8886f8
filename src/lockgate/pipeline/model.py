"""What the user declares: a source, what is selected from it, and sinks in zones."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from lockgate.errors import Position

MAX_PARTS = 64


class FileFormat(StrEnum):
    """Formats a file connector reads and writes."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A file, folder or glob, judged by a contract. ``ignore`` names columns that are not read.

    ``delimiter`` is what stands between the cells of a CSV file.
    """

    contract: str
    path: str
    format: FileFormat
    ignore: tuple[str, ...] = ()
    delimiter: str = ","
    where: Position | None = None


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
    the input; of several nobody promises which row is in which, nor where.
    """

    name: str
    zone: str
    path: str
    format: FileFormat
    where: Position | None = None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Pipeline:
    """source -> select/rename -> sinks. An empty ``select`` is every column of the contract."""

    name: str
    purpose: str
    source: SourceSpec
    sinks: tuple[SinkSpec, ...]
    select: tuple[Selection, ...] = ()
    description: str = ""
    where: Position | None = field(default=None, compare=False)
