"""Parquet in: typed columns as they are, bounded batches, positions by row.

Parquet reads here and there: a PinnedFile sees to it that what is parsed is what
was frozen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.adapters.connectors.files import magic
from lockgate.adapters.connectors.files.blocks import refuse_other_format
from lockgate.adapters.connectors.files.csv_header import check_columns
from lockgate.adapters.connectors.files.parquet_native import native_columns
from lockgate.adapters.connectors.files.parquet_piece import (
    READING,
    GroupsPiece,
    ParquetPiece,
    batches_of,
    damaged,
    spans_of,
)
from lockgate.adapters.connectors.files.pinned_file import PinnedFile
from lockgate.errors import LimitExceeded, Position, SourceError
from lockgate.limits import Limits
from lockgate.run.ports import Piece

_FOOTER_BYTES = 64 << 20
_STREAM_BYTES = 1 << 20


def read_parquet(
    file: PinnedFile, expected: Sequence[str], ignore: Sequence[str], limits: Limits
) -> Iterator[Piece]:
    """Pieces of a Parquet file, columns in ``expected`` order. Raises SourceError.

    Row groups of usual size are decoded by whoever takes the piece, larger ones here.
    """
    parquet = open_parquet(file, limits)
    check_columns(parquet.schema_arrow.names, expected, ignore, Position(file.shown))
    native = native_columns(parquet, expected)
    row = 1
    for span in spans_of(parquet.metadata, limits):
        if span.small:
            ours = file.again()
            yield GroupsPiece(ours, parquet.metadata, span, tuple(expected), row, limits, native)
        else:
            at = row
            for batch in batches_of(parquet, expected, file.shown, limits, span.groups):
                yield ParquetPiece(batch, at, file.shown)
                at += batch.num_rows
        row += span.rows


def open_parquet(file: PinnedFile, limits: Limits) -> pq.ParquetFile:
    """The file's metadata, within limits. Raises SourceError, LimitExceeded."""
    where = Position(file.shown)
    head = file.read(magic.HEAD_BYTES)
    file.seek(-min(8, file.size), 2)
    tail = file.read(8)
    if magic.ENCRYPTED_PARQUET in (head[:4], tail[4:]):
        raise SourceError("the Parquet file is encrypted", where=where, hint="decrypt it first")
    if head[:4] != magic.PARQUET:
        if head[:2] == magic.GZIP or head[:4] == magic.ZSTD:
            raise SourceError(
                "the Parquet file is packed with gzip or zstd as a whole",
                where=where,
                hint="unpack it first: Parquet compresses inside",
            )
        refuse_other_format(head, "Parquet", file.shown)
        raise SourceError("this is not a Parquet file", where=where, hint="check its format")
    if tail[4:] != magic.PARQUET:
        raise damaged(file.shown)
    if int.from_bytes(tail[:4], "little") > _FOOTER_BYTES:
        raise LimitExceeded("the Parquet footer is larger than 64 MiB", where=where)
    file.seek(0)
    parquet: pq.ParquetFile | None = None
    with suppress(pa.ArrowException, OSError, ValueError, OverflowError):
        parquet = pq.ParquetFile(
            pa.PythonFile(file, mode="r"), buffer_size=_STREAM_BYTES, **READING
        )
    if parquet is None:  # raised out here: Arrow's errors may quote content, as context too
        raise damaged(file.shown)
    _check_bounds(parquet.metadata, limits, where)
    return parquet


def _check_bounds(metadata: pq.FileMetaData, limits: Limits, where: Position) -> None:
    if metadata.num_columns > limits.columns:
        raise LimitExceeded("the file has more columns than columns allows", where=where)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        packed = sum(group.column(i).total_compressed_size for i in range(group.num_columns))
        allowed = max(limits.decompressed_ratio_floor, limits.decompressed_ratio * packed)
        if group.total_byte_size > allowed:
            raise LimitExceeded(
                "a row group unpacks to more than decompressed_ratio times its size", where=where
            )
