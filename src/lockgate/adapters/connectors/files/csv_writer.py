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

    ``opening`` is the header line.
    """

    def __init__(self, schema: pa.Schema) -> None:
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
        columns = [_cells(column) for column in batch.columns]
        return _written(self._schema, pa.RecordBatch.from_arrays(columns, schema=self._schema))


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
    return type.value_type if pa.types.is_dictionary(type) else type


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
