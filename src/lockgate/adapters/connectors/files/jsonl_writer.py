"""JSON Lines out: one object a line, assembled column by column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adapters.connectors.files.json_text import json_object
from lockgate.adapters.connectors.files.part import Part

_WRITE_ROWS = 8_192


class JsonlWriter:
    """Writes batches of one schema to a part file."""

    def __init__(self, part: Part, schema: pa.Schema) -> None:
        self._part = part
        self._names = list(schema.names)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        for at in range(0, batch.num_rows, _WRITE_ROWS):
            rows = batch.slice(at, _WRITE_ROWS)
            lines = json_object(self._names, rows.columns)
            lines = pc.binary_join_element_wise(lines, "\n", "")
            self._part.stream.write(text_bytes(lines))

    def close(self) -> None:
        """Nothing is buffered here."""


def text_bytes(lines: pa.StringArray) -> pa.Buffer:
    """All values of an array without nulls, one after the other, without copying."""
    _, offsets, data = lines.buffers()
    bounds = memoryview(offsets).cast("i")
    first, last = bounds[lines.offset], bounds[lines.offset + len(lines)]
    return data.slice(first, last - first)
