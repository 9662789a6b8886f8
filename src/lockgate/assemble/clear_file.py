"""Revealed values into a new file that only its owner can read; a failed one is removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from lockgate.adapters.connectors.files import formulas
from lockgate.assemble.released_file import file_format
from lockgate.errors import EnvironmentFailed, UsageError
from lockgate.pipeline.model import FileFormat


def check_target(to: Path) -> None:
    """Raise UsageError unless values can be written into a file of that name."""
    if file_format(to) is FileFormat.JSONL:
        raise UsageError("values are revealed into .csv or .parquet")


def open_private(to: Path) -> IO[bytes]:
    """A new file with mode 0600. Raises OSError, also if there is one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(to, flags, 0o600), "wb")


def create_private(to: Path) -> IO[bytes]:
    """A new file with mode 0600. Raises EnvironmentFailed, also if there is one."""
    try:
        return open_private(to)
    except OSError as error:
        raise EnvironmentFailed(
            f"the file to reveal into cannot be made: {error.strerror}", hint="choose another"
        ) from None


def write_clear(revealed: Iterator[pa.RecordBatch], schema: pa.Schema, to: Path) -> int:
    """Write rows of ``schema`` as .csv or .parquet; how many there were."""
    made = create_private(to)
    try:
        with made as file:
            return _write(revealed, schema, file, file_format(to))
    except BaseException:
        with suppress(OSError):
            to.unlink()
        raise


def _write(
    revealed: Iterator[pa.RecordBatch], schema: pa.Schema, file: IO[bytes], kind: FileFormat
) -> int:
    if kind is FileFormat.PARQUET:
        import pyarrow.parquet as pq

        return _write_all(revealed, schema, pq.ParquetWriter(file, schema))
    names = formulas.neutralise(pa.array(schema.names, pa.string())).to_pylist()
    plain = pa.schema(list(zip(names, schema.types, strict=True)))
    cells = (_neutralised(rows) for rows in revealed)
    return _write_all(cells, plain, pa_csv.CSVWriter(file, plain))


def _neutralised(rows: pa.RecordBatch) -> pa.RecordBatch:
    columns = [formulas.neutralise(c) if c.type == pa.string() else c for c in rows.columns]
    return pa.RecordBatch.from_arrays(columns, rows.schema.names)


def _write_all(rows: Iterator[pa.RecordBatch], schema: pa.Schema, writer: Any) -> int:
    count = 0
    with writer as out:
        for batch in rows:
            out.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
            count += batch.num_rows
    return count
