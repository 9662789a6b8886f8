"""A released file and the contract beside it: which columns it has, how each was made, its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sample import sample_file
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.assemble.yaml_document import parse_document, read_bytes
from lockgate.contract.batches import RawBatch
from lockgate.contract.model import Mode
from lockgate.errors import IntegrityError, UsageError
from lockgate.limits import DEFAULT_LIMITS
from lockgate.pipeline.model import FileFormat
from lockgate.run.context import RunContext
from lockgate.run.opening import changed_meanwhile
from lockgate.run.ports import InputFile

OUTPUT_CONTRACT = "_contract.odcs.yaml"


@dataclass(frozen=True, slots=True)
class RowRange:
    """Rows ``first`` to ``last`` of a file, from 1, both included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last:
            raise UsageError("rows are FROM-TO, from 1 on", hint="for example 1-100")

    def of(self, batch: pa.RecordBatch, before: int) -> pa.RecordBatch:
        """The batch's rows inside the range, if ``before`` rows stand before the batch."""
        start = max(self.first - 1 - before, 0)
        end = min(self.last - before, batch.num_rows)
        return batch.slice(start, max(end - start, 0))


_JSON = {"integer": pa.int64()}
"""What is no text in a line of JSON, of all that protected columns and keys of rows can be."""
ALL_ROWS = RowRange(1, 2**62)


class ReleasedFile:
    """A data file of a run folder. Nothing that its contract says is believed before a proof."""

    def __init__(self, path: Path, foreign: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """With ``foreign`` the file is none of ours: how its columns were made, as somebody says.

        Raises UsageError without a contract beside the file, IntegrityError for a changed one.
        Of a format that is not read back, UsageError too.
        """
        self.path = path.resolve()
        if path.suffix == ".age":
            raise UsageError("the file is sealed", hint="first: lockgate unseal FILE --to FILE")
        self.sealed = _is_sealed(self.path)
        self.format = file_format(path)
        self._delimiter = ","
        self.contract = b""
        if foreign is None:
            self.contract = _contract(self.path)
            self._columns = _described(self.contract, self.path)
            return
        roots = Roots((self.path.parent,), (), base=self.path.parent)
        sample = sample_file(self.path.name, self.format, roots, DEFAULT_LIMITS)
        self._delimiter = sample.delimiter
        self._columns = {name: foreign.get(name, {}) for name in sample.table.column_names}

    @property
    def names(self) -> tuple[str, ...]:
        """The file's columns."""
        return tuple(self._columns)

    def made(self, column: str) -> Mapping[str, Any]:
        """What the contract says of a column, by property. Raises UsageError if it has none."""
        if column not in self._columns:
            raise UsageError(
                "the file has no such column", hint=f"columns: {', '.join(self._columns)}"
            )
        return self._columns[column]

    def rows(
        self, columns: tuple[str, ...], wanted: RowRange
    ) -> Callable[[RunContext], Iterator[pa.RecordBatch]]:
        """Reads the rows of some columns, from the start at every call.

        Calls after the first raise IntegrityError before any row if the file is not the same one.
        """
        frozen: list[Sequence[InputFile]] = []

        def read(context: RunContext) -> Iterator[pa.RecordBatch]:
            roots = Roots((self.path.parent,), (), base=self.path.parent)
            limits = context.limits
            source = FileSource(
                self.path.name,
                self.format,
                self.names,
                roots,
                limits=limits,
                delimiter=self._delimiter,
            )
            frozen.append(source.freeze(context.digest_key()))
            if frozen[-1] != frozen[0]:
                raise changed_meanwhile()
            before = 0
            for raw in source.batches():
                if raw.broken:
                    raise IntegrityError("the released file was changed: it has broken rows")
                batch = _picked(raw, columns, self._columns)
                yield wanted.of(batch, before)
                before += batch.num_rows
                if before >= wanted.last:
                    return

        return read


def _is_sealed(path: Path) -> bool:
    if path.suffix != ".parquet" or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PARE"  # Parquet modular encryption, encrypted footer


def file_format(path: Path) -> FileFormat:
    """The format that a file's name says. Raises UsageError."""
    suffixes = [suffix for suffix in path.suffixes if suffix not in (".gz", ".zst")]
    try:
        return FileFormat(suffixes[-1].removeprefix("."))
    except (IndexError, ValueError):
        raise UsageError("the file is neither .csv, .jsonl nor .parquet") from None


def _picked(
    raw: RawBatch, columns: tuple[str, ...], made: Mapping[str, Mapping[str, Any]]
) -> pa.RecordBatch:
    if raw.mode is not Mode.JSON:
        return raw.rows.select(list(columns))
    lines = pc.binary_join(
        pa.ListArray.from_arrays([0, raw.rows.num_rows], raw.rows.column("line")), "\n"
    )
    options = pa_json.ParseOptions(
        explicit_schema=pa.schema([(column, _json_type(made[column])) for column in columns]),
        unexpected_field_behavior="ignore",
    )
    data = lines[0].as_buffer()
    table = pa_json.read_json(
        pa.BufferReader(data), pa_json.ReadOptions(block_size=data.size + 1), options
    )
    arrays = [table.column(column).combine_chunks() for column in columns]
    return pa.RecordBatch.from_arrays(arrays, list(columns))


def _json_type(made: Mapping[str, Any]) -> pa.DataType:
    """What a line has in a column; text in a file that no contract describes."""
    return _JSON.get(made.get("logicalType", ""), pa.string())


def _contract(path: Path) -> bytes:
    """The output's contract beside the file. Raises UsageError without one."""
    beside = path.parent / OUTPUT_CONTRACT
    if not beside.is_file():
        raise UsageError(
            "there is no output contract beside the file",
            hint=f"a file of a run folder has {OUTPUT_CONTRACT} next to it",
        )
    return read_bytes(beside, str(beside))


def _described(contract: bytes, path: Path) -> dict[str, Mapping[str, Any]]:
    """By column, in the output's contract: its logical type and its custom properties."""
    document = parse_document(contract, str(path.parent / OUTPUT_CONTRACT)).data
    try:
        properties = document["schema"][0]["properties"]
        return {
            item["name"]: {
                "logicalType": item.get("logicalType"),
                **{p["property"]: p["value"] for p in item.get("customProperties", [])},
            }
            for item in properties
        }
    except (KeyError, IndexError, TypeError):
        raise IntegrityError("the output contract beside the file was changed") from None
