"""A released file in pieces of whole rows, from any of them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.adapters.connectors.files.csv_header import CsvDialect
from lockgate.adapters.connectors.files.csv_reader import csv_names
from lockgate.adapters.connectors.files.parquet_piece import READING, damaged
from lockgate.adapters.connectors.files.parquet_reader import open_parquet
from lockgate.adapters.connectors.files.pinned_file import PinnedFile
from lockgate.adapters.connectors.files.rewrapping.cells import Cells, LocatedPiece
from lockgate.adapters.connectors.files.rewrapping.csv_cells import locate_csv
from lockgate.adapters.connectors.files.rewrapping.jsonl_cells import locate_jsonl
from lockgate.adapters.connectors.files.rewrapping.parquet_cells import (
    chunk_bounds,
    locate_values,
    require_plain,
)
from lockgate.adapters.connectors.files.rows import cut
from lockgate.errors import IntegrityError, LimitExceeded, Position
from lockgate.kernel.splitting import splitting
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

Locate = Callable[[pa.Buffer], LocatedPiece]
Ender = Callable[[bytes, bool], int]


class Bytes(Protocol):
    """Where a text comes from."""

    def read(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """What the contract beside a file says of it: all columns, and which of them hold frames.

    ``keys`` are the columns that records are made of, and what they are in JSON Lines.
    """

    format: FileFormat
    names: tuple[str, ...]
    columns: tuple[str, ...]
    keys: Mapping[str, pa.DataType]
    shown: str


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Whole rows of a text. Implements ``run.rewrap_ports.FilePiece``."""

    data: pa.Buffer = field(repr=False)
    end: int
    locate: Locate

    def located(self) -> LocatedPiece:
        """Find the frames. Raises IntegrityError."""
        return self.locate(self.data)


@dataclass(frozen=True, slots=True)
class GroupPiece:
    """Some bytes of a Parquet file, with the row group in them if there is one. Owns ``file``."""

    file: PinnedFile
    metadata: pq.FileMetaData
    shape: Shape
    start: int
    end: int
    group: int | None

    def located(self) -> LocatedPiece:
        """Read the bytes and find the frames. Raises IntegrityError, SourceError."""
        with closing(self.file):
            return self._located()

    def _located(self) -> LocatedPiece:
        data, at = self.file.read_range(self.start, self.end)
        data = data[at : at + self.end - self.start] if at else data
        whole = pa.py_buffer(data).slice(0, self.end - self.start)
        if self.group is None:
            return LocatedPiece(whole, 0, {}, pa.binary())
        group = self.metadata.row_group(self.group)
        values = self._values(self.group)
        leaves = {group.column(i).path_in_schema: i for i in range(group.num_columns)}
        cells: dict[str, Cells] = {}
        for name in self.shape.columns:
            chunk = group.column(leaves[name])
            require_plain(chunk, name)
            start, end = chunk_bounds(chunk)
            column = values.column(name).combine_chunks().cast(pa.binary())
            cells[name] = locate_values(data, start - self.start, end - self.start, column)
        keys = {name: values.column(name).combine_chunks() for name in self.shape.keys}
        kind = values.schema.field(self.shape.columns[0]).type if self.shape.columns else None
        return LocatedPiece(whole, group.num_rows, cells, kind or pa.binary(), keys)

    def _values(self, group: int) -> pa.Table:
        columns = list(dict.fromkeys((*self.shape.columns, *self.shape.keys)))
        with suppress(pa.ArrowException, OSError, ValueError):
            source = pa.PythonFile(self.file, mode="r")
            parquet = pq.ParquetFile(source, metadata=self.metadata, **READING)
            return parquet.read_row_group(group, columns=columns, use_threads=False)
        raise damaged(self.shape.shown)  # out here: Arrow's errors may quote content


def text_pieces(stream: Bytes, shape: Shape, limits: Limits, at: int) -> Iterator[TextPiece]:
    """Pieces of a CSV or JSON Lines file from ``at`` on, where ``stream`` stands.

    A CSV file's header is a piece of its own. Raises IntegrityError if it does not name the
    contract's columns, LimitExceeded for a row past ``refused_row_bytes``.
    """
    csv = shape.format is FileFormat.CSV
    ender = _csv_ender() if csv else _line_ender
    locate = _locate(shape)
    rest, begun, last = b"", at, False
    while not last:
        more = stream.read(limits.block_bytes)
        last = len(more) < limits.block_bytes
        data = rest + more
        if csv and begun == 0 and data:
            header = _header_end(data)
            _check_names(data[:header], shape, limits)
            yield TextPiece(pa.py_buffer(data[:header]), header, _no_rows)
            data, begun = data[header:], header
        end = len(data) if last else ender(data, last)
        if end:
            begun += end
            yield TextPiece(pa.py_buffer(data[:end]), begun, locate)
        rest = data[end:]
        if len(rest) > limits.refused_row_bytes:
            raise LimitExceeded(
                "a row is longer than refused_row_bytes", where=Position(shape.shown)
            )


def parquet_pieces(file: PinnedFile, shape: Shape, limits: Limits, at: int) -> Iterator[GroupPiece]:
    """Pieces of a Parquet file from ``at`` on: what is before, each row group, what is behind.

    Raises SourceError for what is no Parquet, IntegrityError for other columns than the contract's,
    LimitExceeded for a row group past ``rewrap_group_bytes``.
    """
    metadata = open_parquet(file.again(), limits).metadata
    if tuple(metadata.schema.to_arrow_schema().names) != shape.names:
        raise other_columns(shape.shown)
    begun = 0
    for number in range(metadata.num_row_groups):
        start, end = _group_bounds(metadata.row_group(number))
        if end - start > limits.rewrap_group_bytes:
            raise LimitExceeded(
                "a row group is larger than rewrap_group_bytes", where=Position(shape.shown)
            )
        if not begun <= start <= end <= file.size:
            raise damaged(shape.shown)
        if begun >= at and start > begun:
            yield GroupPiece(file.again(), metadata, shape, begun, start, None)
        if start >= at:
            yield GroupPiece(file.again(), metadata, shape, start, end, number)
        begun = end
    if begun >= at:
        yield GroupPiece(file.again(), metadata, shape, begun, file.size, None)


def other_columns(shown: str) -> IntegrityError:
    """The refusal of a file whose columns are not those of the contract beside it."""
    return IntegrityError(
        "the file does not have the columns of the contract beside it", where=Position(shown)
    )


def _group_bounds(group: pq.RowGroupMetaData) -> tuple[int, int]:
    bounds = [chunk_bounds(group.column(number)) for number in range(group.num_columns)]
    return min(start for start, _ in bounds), max(end for _, end in bounds)


def _locate(shape: Shape) -> Locate:
    if shape.format is FileFormat.JSONL:
        return lambda data: locate_jsonl(data, shape.names, shape.columns, shape.keys)
    places = {name: shape.names.index(name) for name in shape.columns}
    keys = {name: shape.names.index(name) for name in shape.keys}
    return lambda data: locate_csv(data, len(shape.names), places, keys)


def _no_rows(data: pa.Buffer) -> LocatedPiece:
    return LocatedPiece(data, 0, {}, pa.string())


def _csv_ender() -> Ender:
    native = splitting()
    if native is None:
        return lambda data, last: cut(data, b",", last).consumed
    measure = native.measurer(b",")
    return lambda data, last: measure(data, last).consumed


def _line_ender(data: bytes, _last: bool) -> int:
    return data.rfind(b"\n") + 1


def _header_end(data: bytes) -> int:
    found = cut(data, b",", last=True)
    return int(found.starts[1]) if len(found.starts) > 1 else len(data)


def _check_names(header: bytes, shape: Shape, limits: Limits) -> None:
    found: Sequence[str] = csv_names(_Held(header), shape.shown, CsvDialect(",", True), limits)
    if tuple(found) != shape.names:
        raise other_columns(shape.shown)


class _Held:
    """Bytes in memory, as a stream of blocks."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        found, self._data = self._data[:size], self._data[size:]
        return found

    def read_on(self, rest: bytes, size: int) -> bytes:
        """``rest`` and ``size`` bytes more."""
        return rest + self.read(size)
