"""Parquet out, in row groups of bounded size. The footer holds no metadata of ours."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.adapters.connectors.files.background import Background
from lockgate.adapters.connectors.files.parquet_settings import columns_of, writer_settings
from lockgate.adapters.connectors.files.part import Part

GROUP_ROWS = 131_072
GROUP_BYTES = 16 << 20


class ParquetEncoder:
    """Implements ``part.Encoder``: Parquet's own writer takes the batches as they are."""

    def encode(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows."""
        return batch


class ParquetWriter:
    """Writes batches of one schema to a part file; its settings come from the first row group.

    ``alone``: no other part file is written meanwhile. Then row groups are encoded and written on
    a thread of their own: whoever appends has other things to do, which others wait for.
    ``encryption_properties`` are Arrow's, for this file alone.
    """

    def __init__(
        self,
        part: Part,
        schema: pa.Schema,
        *,
        alone: bool = False,
        encryption_properties: Any = None,
    ) -> None:
        self._stream = part.stream
        self._sealed = encryption_properties
        self._columns = columns_of(schema)
        self._schema = bare_schema(schema)
        self._writer: pq.ParquetWriter | None = None
        self._background = Background("lockgate-parquet") if alone else None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def append(self, encoded: pa.RecordBatch) -> None:
        """Append rows; a row group is written once enough wait.

        Raises what went wrong with an earlier one, too.
        """
        self._waiting.append(pa.RecordBatch.from_arrays(encoded.columns, schema=self._schema))
        self._rows += encoded.num_rows
        self._bytes += encoded.nbytes
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            if self._background is None:
                self._write(self._taken())
            else:
                self._background.begin(partial(self._write, self._taken()))

    def _taken(self) -> pa.Table:
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._waiting, self._rows, self._bytes = [], 0, 0
        return table

    def _write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._stream,
                self._schema,
                store_schema=_needs_arrow_schema(self._schema),
                encryption_properties=self._sealed,
                **writer_settings(self._columns, table),
            )
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)

    def close(self) -> None:
        """Write the last row group and the footer."""
        if self._background is not None:
            self._background.wait()
            self._background.stop()
        self._write(self._taken())
        if self._writer is not None:
            self._writer.close()

    def abandon(self) -> None:
        """Wait until nothing is written any more."""
        if self._background is not None:
            self._background.stop()


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


def _needs_arrow_schema(schema: pa.Schema) -> bool:
    """Durations have no Parquet type: only the stored Arrow schema (names and types) tells."""
    return any("duration" in str(field.type) for field in schema)
