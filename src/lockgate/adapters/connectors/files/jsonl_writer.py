"""JSON Lines out: one object a line, assembled column by column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adapters.connectors.files.cell_text import decoded
from lockgate.adapters.connectors.files.json_text import json_key, json_object, json_text
from lockgate.kernel.rendering import Rendering

_WRITE_ROWS = 8_192


class JsonlEncoder:
    """Turns batches of one schema into the bytes of their rows. Implements ``part.Encoder``.

    ``native`` writes the same bytes, sooner.
    """

    opening = pa.py_buffer(b"")

    def __init__(self, schema: pa.Schema, native: Rendering | None = None) -> None:
        self._native = native
        self._names = list(schema.names)
        self._keys = [json_key(name) for name in schema.names]

    def encode(self, batch: pa.RecordBatch) -> pa.Buffer:
        """The rows' lines. Raises pa.ArrowException for what an object cannot hold."""
        native = self._native if batch.num_columns and batch.num_rows else None
        found = None if native is None else self._natively(native, batch)
        if found is not None:
            return found
        stream = pa.BufferOutputStream()
        for at in range(0, batch.num_rows, _WRITE_ROWS):
            rows = batch.slice(at, _WRITE_ROWS)
            lines = json_object(self._names, rows.columns)
            stream.write(_text_bytes(pc.binary_join_element_wise(lines, "\n", "")))
        return stream.getvalue()

    def _natively(self, native: Rendering, batch: pa.RecordBatch) -> pa.Buffer | None:
        columns, bare = [], []
        for column in map(decoded, batch.columns):
            taken = native.takes(column.type)
            columns.append(column if taken else json_text(column))
            bare.append(not taken)
        return native.jsonl(self._keys, columns, bare)


def _text_bytes(lines: pa.StringArray) -> pa.Buffer:
    """All values of an array without nulls, one after the other, without copying."""
    _, offsets, data = lines.buffers()
    bounds = memoryview(offsets).cast("i")
    first, last = bounds[lines.offset], bounds[lines.offset + len(lines)]
    return data.slice(first, last - first)
