"""The first rows of a file whose columns nobody declared yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from lockgate.adapters.connectors.files.csv_header import CsvDialect, check_columns
from lockgate.adapters.connectors.files.csv_reader import csv_names, read_csv
from lockgate.adapters.connectors.files.delimiter import guess_delimiter
from lockgate.adapters.connectors.files.jsonl_reader import read_jsonl
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.pinned_file import PinnedFile, pin
from lockgate.adapters.connectors.files.raw_stream import HashedFile, Unpacked
from lockgate.errors import Position, SourceError
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat
from lockgate.run.digests import UNKEPT
from lockgate.run.ports import Piece

Opened = Callable[[], AbstractContextManager[Unpacked]]


@dataclass(frozen=True, slots=True)
class FileSample:
    """At most ``proposal_sample_rows`` rows: CSV columns as utf8, the others typed."""

    table: pa.Table
    delimiter: str


def sample_file(path: str, file_format: FileFormat, roots: Roots, limits: Limits) -> FileSample:
    """The beginning of a file. Raises SourceError if it is not of that format."""
    place = roots.locate_input(path)
    if file_format is FileFormat.PARQUET:
        from lockgate.adapters.connectors.files.parquet_piece import batches_of, checked
        from lockgate.adapters.connectors.files.parquet_reader import open_parquet

        fd, folder = roots.open_input(place)
        folder.close()
        pins = pin(fd, path, UNKEPT, pieces=True)
        with closing(PinnedFile(fd, path, UNKEPT, pins)) as pinned:
            parquet = open_parquet(pinned, limits)
            names = parquet.schema_arrow.names
            check_columns(names, names, (), Position(path))
            found = (checked(batch, path) for batch in batches_of(parquet, names, path, limits))
            return FileSample(_first_rows(found, limits, parquet.schema_arrow), ",")

    @contextmanager
    def opened() -> Iterator[Unpacked]:
        fd, folder = roots.open_input(place)
        folder.close()
        with closing(HashedFile(fd, path, UNKEPT)) as file:
            yield Unpacked(file, limits)

    if file_format is FileFormat.JSONL:
        with opened() as stream:
            lines = _rows(read_jsonl(stream, path, limits))
            return FileSample(_json_table(lines, path, limits), ",")
    return _csv_sample(opened, path, limits)


def _csv_sample(opened: Opened, path: str, limits: Limits) -> FileSample:
    with opened() as stream:
        start = stream.read(limits.block_bytes)
    dialect = CsvDialect(guess_delimiter(start))
    with opened() as stream:
        names = csv_names(stream, path, dialect, limits)
    check_columns(names, names, (), Position(path))
    with opened() as stream:
        batches = _rows(read_csv(stream, path, names, (), dialect, limits))
        schema = pa.schema([pa.field(name, pa.string()) for name in names])
        return FileSample(_first_rows(batches, limits, schema), dialect.delimiter)


def _rows(pieces: Iterable[Piece]) -> Iterator[pa.RecordBatch]:
    return (raw.rows for piece in pieces for raw in piece.batches())


def _first_rows(batches: Iterable[pa.RecordBatch], limits: Limits, schema: pa.Schema) -> pa.Table:
    """The first ``proposal_sample_rows`` rows."""
    taken, left = [], limits.proposal_sample_rows
    for batch in batches:
        taken.append(batch.slice(0, left))
        left -= taken[-1].num_rows
        if left <= 0:
            break
    return pa.Table.from_batches(taken, schema=taken[0].schema if taken else schema)


def _json_table(batches: Iterable[pa.RecordBatch], path: str, limits: Limits) -> pa.Table:
    """Objects of the first lines as columns in order of first appearance; mixed types as text."""
    lines = _first_rows(batches, limits, pa.schema([("line", pa.string())]))
    columns: dict[str, None] = {}
    rows = []
    for line in lines.column("line").to_pylist():  # a sample, never the whole file
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
            columns.update(dict.fromkeys(row))
    if not columns:
        raise SourceError("no line of the file's beginning is a JSON object", where=Position(path))
    names = list(columns)
    check_columns(names, names, (), Position(path))
    return pa.table({name: _json_column([row.get(name) for row in rows]) for name in names})


def _json_column(values: list[object]) -> pa.Array:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds & {dict, list}:
        return pa.array([None if v is None else {"nested": True} for v in values])
    if kinds == {int, float}:
        return pa.array([None if v is None else float(str(v)) for v in values], pa.float64())
    if len(kinds) > 1:
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if v is None else str(v) for v in values], pa.string())
