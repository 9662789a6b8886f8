"""CSV out: text in quotes, null bare and empty, formulas neutralised, CRLF-free.

Every text cell is quoted, so an empty string (``""``) differs from a null, and
no cell can be taken apart by a spreadsheet that splits at another delimiter.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv as pa_csv

from lockgate.adapters.connectors.files import formulas
from lockgate.adapters.connectors.files.cell_text import (
    cell_text,
    decoded,
    is_number,
    is_text,
)
from lockgate.errors import ConfigurationError
from lockgate.kernel.rendering import Rendering

_WRITE_ROWS = 8_192


def check_csv_schema(schema: pa.Schema) -> None:
    """Refuse nested columns, which CSV cannot hold. Raises ConfigurationError."""
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise ConfigurationError(
            "CSV holds no lists or structures: " + ", ".join(nested),
            hint="write jsonl or parquet, or leave the columns out",
        )


class CsvEncoder:
    """Turns batches of one schema into the bytes of their rows. Implements ``part.Encoder``.

    ``opening`` is the header line. ``native`` writes the same bytes, sooner.
    """

    def __init__(self, schema: pa.Schema, native: Rendering | None = None) -> None:
        self._native = native
        names = formulas.neutralise(pa.array(schema.names, pa.string())).to_pylist()
        self._schema = pa.schema(
            [
                pa.field(name, _bare_type(field.type))
                for name, field in zip(names, schema, strict=True)
            ]
        )
        self.opening = _written(self._schema, header=True)

    def encode(self, batch: pa.RecordBatch) -> pa.Buffer:
        """The rows' lines. Raises pa.ArrowException for what CSV cannot hold."""
        native = self._native if batch.num_columns else None
        lines = None if native is None else _natively(native, batch)
        if lines is not None:
            return lines
        columns = [_cells(column) for column in batch.columns]
        return _written(self._schema, pa.RecordBatch.from_arrays(columns, schema=self._schema))


def _natively(native: Rendering, batch: pa.RecordBatch) -> pa.Buffer | None:
    columns, bare = [], []
    for column in map(decoded, batch.columns):
        number = is_number(column.type)
        bare.append(number)
        if native.takes(column.type):
            columns.append(column)
        elif number:
            columns.append(column.cast(_bare_type(column.type)).cast(pa.string()))
        else:
            columns.append(cell_text(column))
    return native.csv(columns, bare)


def _written(
    schema: pa.Schema, batch: pa.RecordBatch | None = None, *, header: bool = False
) -> pa.Buffer:
    stream = pa.BufferOutputStream()
    options = pa_csv.WriteOptions(
        include_header=header, quoting_style="needed", batch_size=_WRITE_ROWS
    )
    with pa_csv.CSVWriter(stream, schema, write_options=options) as writer:
        if batch is not None:
            writer.write_batch(batch)
    return stream.getvalue()


def _plain(type: pa.DataType) -> pa.DataType:
    """The type of what ``decoded`` makes."""
    stored = type.storage_type if isinstance(type, pa.BaseExtensionType) else type
    value = stored.value_type if pa.types.is_dictionary(stored) else stored
    return value.value_type if pa.types.is_run_end_encoded(value) else value


def _bare_type(type: pa.DataType) -> pa.DataType:
    plain = _plain(type)
    if not is_number(plain):
        return pa.string()
    return pa.float32() if pa.types.is_float16(plain) else plain


def _cells(column: pa.Array) -> pa.Array:
    column = decoded(column)
    if is_number(column.type):
        return column.cast(_bare_type(column.type))
    text = column.cast(pa.string()) if is_text(column.type) else cell_text(column)
    return formulas.neutralise(text)
