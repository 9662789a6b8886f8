"""Reveal over a project: where a value may have come from, and whole columns of released files."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json

from lockgate.adapters.connectors.files import formulas
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.assemble.derived_columns import derived_columns
from lockgate.assemble.domains import column_domains
from lockgate.assemble.project_file import Project
from lockgate.assemble.yaml_document import read_document
from lockgate.contract.batches import RawBatch
from lockgate.contract.model import Column, Mode
from lockgate.errors import EnvironmentFailed, IntegrityError, UsageError
from lockgate.kernel.ff1 import Alphabet
from lockgate.kernel.frame import PREFIX
from lockgate.labels.label import LabelSet, join_all
from lockgate.pipeline.model import FileFormat
from lockgate.protect.treatment import Place
from lockgate.run.context import RunContext
from lockgate.run.reveal import Made, Origin, reveal_column, reveal_surrogates

OUTPUT_CONTRACT = "_contract.odcs.yaml"
FRAMED = ("tokenize", "encrypt")
SURROGATE = "fpe"


@dataclass(frozen=True, slots=True)
class RevealResult:
    """A revealed column: how many rows, and the file it was written to, or the values."""

    rows: int
    path: Path | None
    values: pa.ChunkedArray | None


def origins(project: Project) -> list[Origin]:
    """Every column of the project's contracts and of its steps, with its key domains."""
    return [_origin(project, *one) for one in _columns(project)]


def _columns(project: Project) -> Iterator[tuple[str, str, Column]]:
    """Name and id of what a column belongs to, and the column. Steps last: proving takes time."""
    for contract in project.contracts.values():
        yield from ((contract.name, contract.id, column) for column in contract.columns)
    yield from ((dataset, dataset, column) for dataset, column in derived_columns(project))


def texts_of(frames: Sequence[str | bytes]) -> list[str]:
    """Frames in text form. Raises UsageError for what is neither text nor bytes."""
    if not all(isinstance(frame, str | bytes) for frame in frames):
        raise UsageError("a frame is text (lkg1_…) or bytes, as Parquet holds it")
    return [
        frame
        if isinstance(frame, str)
        else PREFIX + base64.urlsafe_b64encode(frame).decode().rstrip("=")
        for frame in frames
    ]


def reveal_file(
    project: Project, context: RunContext, path: Path, column: str, purpose: str, to: Path | None
) -> RevealResult:
    """Turn ``column`` of a released file back, in the type its contract gives it.

    The output's contract beside the file says where the column came from; the project must hold
    that contract. With ``to`` (.csv or .parquet, must not exist) the values go to a 0600 file.
    """
    names, found = _described(path, column)
    origin, arrow_type = _source_column(project, found, column)
    values = _Values(context, path, tuple(names), column)
    if found["lockgate.treatment"] == SURROGATE:
        made = _made(found)
        revealed = reveal_surrogates(context, values, origin, made, arrow_type, purpose)
    else:
        revealed = reveal_column(context, values, origin, arrow_type, purpose)
    if to is None:
        clear = pa.chunked_array(list(revealed), arrow_type)
        return RevealResult(len(clear), None, clear)
    return RevealResult(_write(revealed, pa.schema([(column, arrow_type)]), to), to, None)


class _Values:
    """A released column's values, as often as asked for."""

    def __init__(
        self, context: RunContext, path: Path, names: tuple[str, ...], column: str
    ) -> None:
        self._context = context
        self._path = path.resolve()
        self._names = names
        self._column = column
        self._format = _format(path)

    def __call__(self) -> Iterator[pa.Array]:
        roots = Roots((self._path.parent,), (), base=self._path.parent)
        limits = self._context.limits
        source = FileSource(self._path.name, self._format, self._names, roots, limits=limits)
        source.freeze(self._context.digest_key())
        for raw in source.batches():
            if raw.broken:
                raise IntegrityError("the released file was changed: it has broken rows")
            yield self._pick(raw)

    def _pick(self, raw: RawBatch) -> pa.Array:
        if raw.mode is not Mode.JSON:
            return raw.rows.column(self._column)
        lines = pc.binary_join(
            pa.ListArray.from_arrays([0, raw.rows.num_rows], raw.rows.column("line")), "\n"
        )
        options = pa_json.ParseOptions(
            explicit_schema=pa.schema([(self._column, pa.string())]),
            unexpected_field_behavior="ignore",
        )
        data = lines[0].as_buffer()
        table = pa_json.read_json(
            pa.BufferReader(data), pa_json.ReadOptions(block_size=data.size + 1), options
        )
        return table.column(self._column).combine_chunks()


def _described(path: Path, column: str) -> tuple[list[str], Mapping[str, Any]]:
    """Column names of the output's contract, and the custom properties of one column."""
    beside = path.resolve().parent / OUTPUT_CONTRACT
    if not beside.is_file():
        raise UsageError(
            "there is no output contract beside the file",
            hint=f"a file of a run folder has {OUTPUT_CONTRACT} next to it",
        )
    document = read_document(beside, str(beside)).data
    try:
        properties = document["schema"][0]["properties"]
        custom = {
            item["name"]: {p["property"]: p["value"] for p in item.get("customProperties", [])}
            for item in properties
        }
    except (KeyError, IndexError, TypeError):
        raise IntegrityError("the output contract beside the file was changed") from None
    if column not in custom:
        raise UsageError("the file has no such column", hint=f"columns: {', '.join(custom)}")
    return list(custom), custom[column]


def _source_column(
    project: Project, found: Mapping[str, Any], column: str
) -> tuple[Origin, pa.DataType]:
    treatment = found.get("lockgate.treatment", "")
    if treatment not in (*FRAMED, SURROGATE):
        raise UsageError(
            f"column {column} cannot be turned back",
            hint=f"it was made by {treatment or 'no treatment'}; tokenize, encrypt and fpe reverse",
        )
    wanted = (found.get("lockgate.source_contract"), found.get("lockgate.id"))
    for name, dataset, source in _columns(project):
        if (dataset, source.id) == wanted:
            origin = _origin(project, name, dataset, source)
            return replace(origin, labels=_labels(project, origin)), source.arrow_type
    raise UsageError(
        f"column {column} comes from a contract or step that this project does not hold",
        hint="reveal it in the project that released it, with its pipeline as it was",
    )


def _made(found: Mapping[str, Any]) -> Made:
    number, alphabet = found.get("lockgate.key_number"), found.get("lockgate.alphabet")
    if not isinstance(number, int) or alphabet not in list(Alphabet):
        raise IntegrityError("the output contract beside the file was changed")
    return Made(number, Alphabet(alphabet))


def _origin(project: Project, name: str, dataset: str, column: Column) -> Origin:
    place = Place(dataset, column.id)
    return Origin(f"{name}.{column.name}", place, column_domains(project, column), column.labels)


def _labels(project: Project, origin: Origin) -> LabelSet:
    """The column's labels and those of every column that shares a key domain with it."""
    shared = [other.labels for other in origins(project) if other.domains & origin.domains]
    return join_all([origin.labels, *shared])


def _format(path: Path) -> FileFormat:
    suffixes = [suffix for suffix in path.suffixes if suffix not in (".gz", ".zst")]
    try:
        return FileFormat(suffixes[-1].removeprefix("."))
    except (IndexError, ValueError):
        raise UsageError("the file is neither .csv, .jsonl nor .parquet") from None


def _write(revealed: Iterator[pa.Array], schema: pa.Schema, to: Path) -> int:
    """Write to a new private file; a failed one is removed."""
    kind = _format(to)
    if kind is FileFormat.JSONL:
        raise UsageError("values are revealed into .csv or .parquet")
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise EnvironmentFailed(
            f"the file to reveal into cannot be made: {error.strerror}", hint="choose another"
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            if kind is FileFormat.PARQUET:
                import pyarrow.parquet as pq

                return _write_all(revealed, schema, pq.ParquetWriter(file, schema))
            plain = pa.schema(
                [(formulas.neutralise(pa.array(schema.names))[0].as_py(), schema.types[0])]
            )
            cells = (formulas.neutralise(v) if v.type == pa.string() else v for v in revealed)
            return _write_all(cells, plain, pa_csv.CSVWriter(file, plain))
    except BaseException:
        to.unlink(missing_ok=True)
        raise


def _write_all(revealed: Iterator[pa.Array], schema: pa.Schema, writer: Any) -> int:
    rows = 0
    with writer as out:
        for values in revealed:
            out.write_batch(pa.RecordBatch.from_arrays([values], schema=schema))
            rows += len(values)
    return rows
