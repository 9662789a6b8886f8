"""JSON Lines out: one object a line, assembled column by column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adapters.connectors.files.json_text import json_object

_WRITE_ROWS = 8_192


class JsonlEncoder:
    """Turns batches of one schema into the bytes of their rows. Implements ``part.Encoder``."""

    opening = pa.py_buffer(b"")

    def __init__(self, schema: pa.Schema) -> None:
        self._names = list(schema.names)

    def encode(self, batch: pa.RecordBatch) -> pa.Buffer:
        """The rows' lines. Raises pa.ArrowException for what an object cannot hold."""
        stream = pa.BufferOutputStream()
        for at in range(0, batch.num_rows, _WRITE_ROWS):
            rows = batch.slice(at, _WRITE_ROWS)
            lines = json_object(self._names, rows.columns)
            stream.write(_text_bytes(pc.binary_join_element_wise(lines, "\n", "")))
        return stream.getvalue()


def _text_bytes(lines: pa.StringArray) -> pa.Buffer:
    """All values of an array without nulls, one after the other, without copying."""
    _, offsets, data = lines.buffers()
    bounds = memoryview(offsets).cast("i")
    first, last = bounds[lines.offset], bounds[lines.offset + len(lines)]
    return data.slice(first, last - first)
