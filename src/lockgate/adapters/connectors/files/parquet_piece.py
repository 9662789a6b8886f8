"""Rows of a Parquet file to raw batches, on any thread: row groups decoded, text proven UTF-8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.adapters.connectors.files.parquet_native import NativeColumns
from lockgate.adapters.connectors.files.pinned_file import PinnedFile
from lockgate.contract.batches import RawBatch, RowPositions
from lockgate.contract.model import Mode
from lockgate.errors import Position, SourceError
from lockgate.limits import Limits
from lockgate.run.rejected import plain_layout

READING = {
    "pre_buffer": False,
    "thrift_string_size_limit": 16 << 20,
    "thrift_container_size_limit": 1_000_000,
    "page_checksum_verification": True,
}
_BATCHES = 2  # of how many batches' rows a piece may consist
_BLOCKS = 16  # and of how many blocks' bytes


@dataclass(frozen=True, slots=True)
class Span:
    """Row groups that follow one another; ``small`` ones may be decoded as a whole."""

    groups: tuple[int, ...]
    rows: int
    small: bool


def spans_of(metadata: pq.FileMetaData, limits: Limits) -> Iterator[Span]:
    """All row groups in order, as many small ones together as a piece takes."""
    most_rows, most_bytes = _BATCHES * limits.batch_rows, _BLOCKS * limits.block_bytes
    waiting: list[int] = []
    rows = size = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        full = rows + group.num_rows > most_rows or size + group.total_byte_size > most_bytes
        if waiting and full:
            yield Span(tuple(waiting), rows, small=True)
            waiting, rows, size = [], 0, 0
        if group.num_rows > most_rows or group.total_byte_size > most_bytes:
            yield Span((number,), group.num_rows, small=False)
            continue
        waiting.append(number)
        rows += group.num_rows
        size += group.total_byte_size
    if waiting:
        yield Span(tuple(waiting), rows, small=True)


@dataclass(frozen=True, slots=True)
class GroupsPiece:
    """Row groups not decoded yet. Implements ``run.ports.Piece``; owns ``file``."""

    file: PinnedFile
    metadata: pq.FileMetaData
    span: Span
    expected: tuple[str, ...]
    first_row: int
    limits: Limits
    native: NativeColumns | None = None

    def batches(self) -> Iterator[RawBatch]:
        """The rows, decoded by the calling thread alone. Raises SourceError."""
        shown, row = self.file.shown, self.first_row
        with closing(self.file):
            known = self._known()
            for batch in self._decoded(known, shown):
                yield from ParquetPiece(batch, row, shown, frozenset(known)).batches()
                row += batch.num_rows

    def _known(self) -> dict[str, pa.Array]:
        """The columns that the native kernel reads."""
        if self.native is None:
            return {}
        most = _BLOCKS * self.limits.block_bytes
        return self.native.read(self.file, self.metadata, self.span.groups, most)

    def _decoded(self, known: Mapping[str, pa.Array], shown: str) -> Iterator[pa.RecordBatch]:
        """Batches of all columns: parts of those that are ``known``, and the others by Arrow."""
        groups, names = self.span.groups, list(self.expected)
        left = [name for name in names if name not in known]
        if known and not left:
            size = _batch_rows(self.metadata, groups, self.limits)
            whole = pa.RecordBatch.from_arrays([known[name] for name in names], names=names)
            for at in range(0, whole.num_rows, size):
                yield whole.slice(at, size)
            return
        parquet = self._opened()
        if parquet is None:
            raise damaged(shown)
        at = 0
        for batch in batches_of(parquet, left, shown, self.limits, groups, threads=False):
            count = batch.num_rows
            found = dict(zip(left, batch.columns, strict=True))
            found |= {name: column.slice(at, count) for name, column in known.items()}
            yield pa.RecordBatch.from_arrays([found[name] for name in names], names=names)
            at += count

    def _opened(self) -> pq.ParquetFile | None:
        with suppress(pa.ArrowException, OSError, ValueError):  # they may quote content
            source = pa.PythonFile(self.file, mode="r")
            return pq.ParquetFile(source, metadata=self.metadata, **READING)
        return None


@dataclass(frozen=True, slots=True)
class ParquetPiece:
    """Decoded rows, numbered from ``first_row``. Implements ``run.ports.Piece``.

    The text of ``proven`` columns is known to be UTF-8.
    """

    rows: pa.RecordBatch
    first_row: int
    shown: str
    proven: frozenset[str] = frozenset()

    def batches(self) -> Iterator[RawBatch]:
        """One raw batch. Raises SourceError where text is not UTF-8."""
        rows = checked(self.rows, self.shown, self.proven)
        yield RawBatch(Mode.PYTHON, rows, RowPositions(self.shown, self.first_row))


def checked(
    batch: pa.RecordBatch, shown: str, proven: frozenset[str] = frozenset()
) -> pa.RecordBatch:
    """The batch in plain layout, its text, as far as not ``proven``, found to be UTF-8.

    Raises SourceError.
    """
    with suppress(pa.ArrowException, UnicodeError):  # they may quote content
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name not in proven and not _is_ascii(column):
                column.validate(full=True)  # text from Parquet is not checked to be UTF-8
        return plain_layout(batch)
    raise damaged(shown)


def _is_ascii(column: pa.Array) -> bool:
    """Whether it is plain text and surely ASCII, which one look over all its bytes can tell."""
    if pa.types.is_string(column.type):
        kind: type[np.signedinteger] = np.int32
    elif pa.types.is_large_string(column.type):
        kind = np.int64
    else:
        return False
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return False
    bounds = np.frombuffer(offsets, kind)[column.offset : column.offset + len(column) + 1]
    if (np.diff(bounds) < 0).any() or bounds[0] < 0 or bounds[-1] > data.size:
        return False
    found = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    return bool(not len(found) or found.max() < 0x80)


def damaged(shown: str) -> SourceError:
    """The refusal of a Parquet file that cannot be parsed."""
    return SourceError(
        "the Parquet file is damaged or cut off",
        where=Position(shown),
        hint="copy the file again from where it comes from",
    )


def batches_of(
    parquet: pq.ParquetFile,
    expected: Sequence[str],
    shown: str,
    limits: Limits,
    groups: Sequence[int] | None = None,
    *,
    threads: bool = True,
) -> Iterator[pa.RecordBatch]:
    """Record batches of the expected columns, bounded in memory, not ``checked``.

    With ``threads``, columns are decoded on Arrow's own threads. Raises SourceError.
    """
    metadata = parquet.metadata
    groups = range(metadata.num_row_groups) if groups is None else groups
    size = _batch_rows(metadata, groups, limits)
    with suppress(pa.ArrowException, OSError, UnicodeError):  # they may quote content
        found = parquet.iter_batches(
            size, row_groups=list(groups), columns=list(expected), use_threads=threads
        )
        for batch in found:
            yield batch.select(list(expected))
        return
    raise damaged(shown)


def _batch_rows(metadata: pq.FileMetaData, groups: Sequence[int], limits: Limits) -> int:
    """Rows of a batch: as many batches as are needed, of equal size."""
    unpacked = sum(metadata.row_group(i).total_byte_size for i in groups)
    rows = sum(metadata.row_group(i).num_rows for i in groups)
    width = max(unpacked // max(rows, 1), 1)
    size = max(1, min(limits.batch_rows, _BLOCKS * limits.block_bytes // width))
    return -(-rows // max(-(-rows // size), 1)) or 1
