"""Flat columns of row groups, read by the native kernel where it can.

A column is taken only if its Parquet type and its Arrow type are a pair that both read alike. What
the kernel gives no answer for (another encoding or codec, damage) is Arrow's to read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.adapters.connectors.files.pinned_file import PIECE, PinnedFile
from lockgate.kernel.column_chunks import ColumnChunk, ColumnChunks, column_chunks

_LEAST_ROWS = 1_024  # of a row group: below, a call a column costs more than it saves
_FIXED = {
    ("INT32", pa.int32()): "int32",
    ("INT32", pa.date32()): "int32",
    ("INT64", pa.int64()): "int64",
    ("DOUBLE", pa.float64()): "float64",
    ("BYTE_ARRAY", pa.string()): "text",
}


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    place: int
    kind: str
    width: int
    optional: bool
    arrow_type: pa.DataType


class NativeColumns:
    """The columns of one file that the native kernel is asked for. Any thread."""

    def __init__(self, chunks: ColumnChunks, columns: Sequence[_Column]) -> None:
        self._chunks = chunks
        self._columns = tuple(columns)

    def read(
        self, file: PinnedFile, metadata: pq.FileMetaData, groups: Sequence[int], most: int
    ) -> dict[str, pa.Array]:
        """By name, the whole columns of row groups that follow one another, text proven UTF-8.

        No column, and no run of chunks in the file, takes more than ``most`` bytes. Raises
        SourceError if the file changed.
        """
        if sum(metadata.row_group(i).num_rows for i in groups) < _LEAST_ROWS * len(groups):
            return {}
        parts = [self._group(file, metadata.row_group(number), most) for number in groups]
        if len(parts) == 1:
            return parts[0]
        names = [name for name in parts[0] if all(name in part for part in parts)]
        return {name: pa.concat_arrays([part[name] for part in parts]) for name in names}

    def _group(
        self, file: PinnedFile, group: pq.RowGroupMetaData, most: int
    ) -> dict[str, pa.Array]:
        found: dict[str, pa.Array] = {}
        placed = [(_chunk(group, column), column) for column in self._columns]
        there = [(chunk, column) for chunk, column in placed if chunk is not None]
        there = [(chunk, column) for chunk, column in there if 0 <= chunk.start < chunk.end]
        for together in _runs(there, file.size, most):
            start = together[0][0].start
            data, at = file.read_range(start, max(chunk.end for chunk, _ in together))
            asked = [
                replace(chunk, start=chunk.start - start + at, end=chunk.end - start + at)
                for chunk, _ in together
            ]
            made = self._chunks.read(data, asked, group.num_rows, most)
            for values, (_, column) in zip(made, together, strict=True):
                if values is not None:
                    same = values.type == column.arrow_type
                    found[column.name] = values if same else values.view(column.arrow_type)
        return found


def native_columns(parquet: pq.ParquetFile, expected: Sequence[str]) -> NativeColumns | None:
    """Those of the expected columns that the native kernel may be asked for; None if none."""
    chunks = column_chunks()
    if chunks is None:
        return None
    schema = parquet.schema
    leaves = [schema.column(place) for place in range(len(schema))]
    paths = Counter(leaf.path for leaf in leaves)
    fields = {field.name: field.type for field in parquet.schema_arrow}
    columns = []
    for place, leaf in enumerate(leaves):
        flat = not leaf.max_repetition_level and leaf.max_definition_level <= 1
        if not flat or paths[leaf.path] > 1 or leaf.path not in expected:
            continue
        arrow_type = fields.get(leaf.path)
        kind = _kind(leaf, arrow_type)
        if kind:
            optional = leaf.max_definition_level == 1
            columns.append(_Column(leaf.path, place, kind, leaf.length, optional, arrow_type))
    return NativeColumns(chunks, columns) if columns else None


def _kind(leaf: pq.ColumnSchema, arrow_type: pa.DataType | None) -> str:
    """What the kernel calls the column; empty if it does not take it."""
    if arrow_type is None:
        return ""
    if pa.types.is_decimal128(arrow_type):
        fixed = leaf.physical_type == "FIXED_LEN_BYTE_ARRAY" and leaf.logical_type.type == "DECIMAL"
        return "decimal" if fixed else ""
    if pa.types.is_timestamp(arrow_type):
        micros = leaf.physical_type == "INT64" and arrow_type.unit == "us"
        return "int64" if micros else ""
    return _FIXED.get((leaf.physical_type, arrow_type), "")


def _chunk(group: pq.RowGroupMetaData, column: _Column) -> ColumnChunk | None:
    """Where a column's pages are."""
    chunk = group.column(column.place)
    if chunk.file_path or chunk.num_values != group.num_rows:
        return None
    start = chunk.data_page_offset
    if chunk.dictionary_page_offset:  # some writers say 0 where there is none
        start = min(start, chunk.dictionary_page_offset)
    end = start + chunk.total_compressed_size
    return ColumnChunk(start, end, chunk.compression, column.kind, column.width, column.optional)


def _runs(
    placed: Sequence[tuple[ColumnChunk, _Column]], size: int, most: int
) -> Iterator[list[tuple[ColumnChunk, _Column]]]:
    """Chunks that lie near each other in the file, to be read together."""
    run: list[tuple[ColumnChunk, _Column]] = []
    for chunk, column in sorted(placed, key=lambda each: (each[0].start, each[0].end)):
        if chunk.end > size or chunk.end - chunk.start > most:
            continue
        if run and (
            chunk.start > max(each.end for each, _ in run) + PIECE
            or chunk.end - run[0][0].start > most
        ):
            yield run
            run = []
        run.append((chunk, column))
    if run:
        yield run
