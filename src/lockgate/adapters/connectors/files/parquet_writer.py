"""Parquet out, with settings per column.

A protected column is stored PLAIN, uncompressed, without dictionary and without
statistics: ciphertext does not compress, a dictionary would show how often each
token occurs at a glance, and statistics would repeat values in the footer.
Clear columns are dictionary-encoded and compressed with zstd. The footer holds
no metadata of ours.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.adapters.connectors.files.part import Part

PROTECTED = b"lockgate.protected"
_GROUP_ROWS = 262_144
_GROUP_BYTES = 64 << 20


class ParquetEncoder:
    """Implements ``part.Encoder``: Parquet's own writer takes the batches as they are."""

    def encode(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows."""
        return batch


class ParquetWriter:
    """Writes batches of one schema to a part file, in row groups of bounded size."""

    def __init__(self, part: Part, schema: pa.Schema) -> None:
        self._schema = bare_schema(schema)
        protected, clear = set(), []
        for field in schema:
            hidden = is_protected(field)
            for path in leaf_paths(field):
                if hidden:
                    protected.add(path)
                else:
                    clear.append(path)
        clear = [path for path in clear if path not in protected]
        self._writer = pq.ParquetWriter(
            part.stream,
            self._schema,
            compression={**dict.fromkeys(clear, "zstd"), **dict.fromkeys(protected, "none")},
            use_dictionary=clear,
            write_statistics=clear,
            store_schema=_needs_arrow_schema(self._schema),
            write_page_checksum=True,
            data_page_size=1 << 20,
        )
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def append(self, encoded: pa.RecordBatch) -> None:
        """Append rows; a row group is written once enough wait."""
        self._waiting.append(pa.RecordBatch.from_arrays(encoded.columns, schema=self._schema))
        self._rows += encoded.num_rows
        self._bytes += encoded.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._waiting, self._rows, self._bytes = [], 0, 0
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)

    def close(self) -> None:
        """Write the last row group and the footer."""
        self._flush()
        self._writer.close()


def is_protected(field: pa.Field) -> bool:
    """Whether the gate marked this column as protected."""
    return bool((field.metadata or {}).get(PROTECTED) == b"1")


def bare_schema(schema: pa.Schema) -> pa.Schema:
    """The schema without any metadata, nested fields included."""
    return pa.schema([pa.field(f.name, _bare(f.type), f.nullable) for f in schema])


def _bare(type: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(type):
        return pa.struct([pa.field(f.name, _bare(f.type), f.nullable) for f in type])
    if pa.types.is_list(type):
        inner = type.value_field
        return pa.list_(pa.field(inner.name, _bare(inner.type), inner.nullable))
    return type


def leaf_paths(field: pa.Field) -> Iterator[str]:
    """The dotted Parquet paths of a field's leaves."""
    sink = pa.BufferOutputStream()
    schema = pa.schema([field.remove_metadata()])
    with pq.ParquetWriter(sink, schema, store_schema=False):
        pass
    parquet = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    for number in range(len(parquet)):
        yield parquet.column(number).path


def _needs_arrow_schema(schema: pa.Schema) -> bool:
    """Durations have no Parquet type: only the stored Arrow schema (names and types) tells."""
    return any("duration" in str(field.type) for field in schema)
