"""Reveal over a project: where a value may have come from, and columns of released files."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockgate.assemble.clear_file import check_target, write_clear
from lockgate.assemble.derived_columns import derived_columns
from lockgate.assemble.domains import column_domains
from lockgate.assemble.listed_contract import binds, with_listed_contract
from lockgate.assemble.project_file import Project
from lockgate.assemble.released_file import ALL_ROWS, ReleasedFile, RowRange
from lockgate.assemble.unsealing import sealed_rows
from lockgate.contract.model import Column
from lockgate.errors import IntegrityError, UsageError
from lockgate.kernel.ff1 import Alphabet
from lockgate.kernel.frame import PREFIX
from lockgate.labels.label import LabelSet, join_all
from lockgate.protect.treatment import Place
from lockgate.run.context import RunContext
from lockgate.run.opening import Frames, Made, Opener, Origin, Surrogates
from lockgate.run.opening_fernet import FernetColumn
from lockgate.run.reveal import reveal_columns
from lockgate.run.reveal_door import wanted_of

FERNET_START = b"gAAAAA"


@dataclass(frozen=True, slots=True)
class RevealResult:
    """Revealed columns: how many rows, and the file they were written to, or the values.

    ``shredded`` of the values are null because the person's key was destroyed.
    """

    rows: int
    path: Path | None
    table: pa.Table | None
    shredded: int = 0

    @property
    def values(self) -> pa.ChunkedArray | None:
        """The column, if one was asked for. Raises UsageError if there are several."""
        if self.table is None:
            return None
        if self.table.num_columns != 1:
            raise UsageError("several columns were revealed", hint="read them from .table")
        return self.table.column(0)


def origins(project: Project) -> list[Origin]:
    """Every column of the project's contracts and of its steps, with its key domains."""
    return [_origin(project, *one) for one in _columns(project)]


def _columns(project: Project) -> Iterator[tuple[str, str, Column]]:
    """Name and id of what a column belongs to, and the column. Steps last: proving takes time."""
    for name, contract in project.contracts.items():
        yield from ((name, contract.id, column) for column in contract.columns)
    yield from ((dataset, dataset, column) for dataset, column in derived_columns(project))


def texts_of(frames: Sequence[str | bytes]) -> list[str]:
    """Frames in text form. Raises UsageError for what is neither text nor bytes."""
    if not all(isinstance(frame, str | bytes) for frame in frames):
        raise UsageError("a frame is text (lkg1_…) or bytes, as Parquet holds it")
    return [frame if isinstance(frame, str) else _text_of(frame) for frame in frames]


def _text_of(frame: bytes) -> str:
    if frame.startswith(FERNET_START) and frame.isascii():
        return frame.decode("ascii")
    return PREFIX + base64.urlsafe_b64encode(frame).decode().rstrip("=")


def reveal_file(
    project: Project,
    context: RunContext,
    path: Path,
    columns: Sequence[str],
    purpose: str,
    to: Path | None = None,
    rows: RowRange = ALL_ROWS,
    fernet_of: str = "",
) -> RevealResult:
    """Turn columns of a released file back, each in the type its contract gives it.

    The output's contract beside the file says where the columns came from; the project must hold
    that contract. With ``to`` (.csv or .parquet, must not exist) the values go to a 0600 file.
    With ``fernet_of`` (``CONTRACT.COLUMN``) the file was written elsewhere, and the one column
    named has Fernet tokens of that column. Raises UsageError, AuthorisationDenied, IntegrityError
    and KeyUnavailable.
    """
    if not columns or len(set(columns)) != len(columns):
        raise UsageError("name each column once", hint="one column or several")
    if to is not None:
        check_target(to)
    file = ReleasedFile(path) if not fernet_of else _foreign(project, path, columns, fernet_of)
    found = [_column(project, file, name) for name in columns]
    schema = pa.schema([(name, kind) for name, (_, _, kind) in zip(columns, found, strict=True)])
    openers = [(origin, opener) for origin, opener, _ in found]
    framed = [opener for _, opener in openers if isinstance(opener, Frames)]
    needed = (*columns, *(name for opener in framed for name in opener.record))
    names = tuple(dict.fromkeys(needed))
    if file.sealed:
        read = sealed_rows(project, context, file.path, names, rows, purpose)
    else:
        read = file.rows(names, rows)
    if file.contract:
        read = with_listed_contract(read, file.path.parent, file.contract, framed)
    revealed = (
        pa.RecordBatch.from_arrays(arrays, schema=schema)
        for arrays in reveal_columns(context, read, openers, purpose)
    )
    if to is None:
        table = pa.Table.from_batches(list(revealed), schema)
        return RevealResult(table.num_rows, None, table, _shredded(framed))
    written = write_clear(revealed, schema, to)
    return RevealResult(written, to, None, _shredded(framed))


def _shredded(openers: Sequence[Frames]) -> int:
    return sum(opener.shredded for opener in openers)


def _column(project: Project, file: ReleasedFile, name: str) -> tuple[Origin, Opener, pa.DataType]:
    """Where a column came from, what opens it, and what type it then has."""
    made = file.made(name)
    treatment = made.get("lockgate.treatment", "")
    if treatment not in list(Made):
        how = treatment or "no treatment"
        raise UsageError(
            f"column {name} cannot be turned back",
            hint=f"it was made by {how}; {', '.join(Made)} reverse",
        )
    origin, source = _source(project, made, Made(treatment), name)
    kind = source.arrow_type
    if origin.made is Made.FERNET:
        return origin, FernetColumn(name, origin, kind, str(made.get("lockgate.domain"))), kind
    if origin.made is Made.SURROGATE:
        number, alphabet = made.get("lockgate.key_number"), made.get("lockgate.alphabet")
        if not isinstance(number, int) or alphabet not in list(Alphabet):
            raise IntegrityError("the output contract beside the file was changed")
        return origin, Surrogates(name, origin, kind, number, Alphabet(alphabet)), kind
    record = made.get("lockgate.record", [])
    if not isinstance(record, list) or any(column not in file.names for column in record):
        raise IntegrityError("the output contract beside the file was changed")
    must_bind = binds(project, source.labels)  # until the contract turns out to be the released one
    return origin, Frames(name, origin, kind, tuple(record), must_bind=must_bind), kind


def _foreign(project: Project, path: Path, columns: Sequence[str], fernet_of: str) -> ReleasedFile:
    """A file of Fernet tokens that another program wrote: what they are of is said by name."""
    if len(columns) != 1:
        raise UsageError("of a file written elsewhere one column is revealed at a time")
    found = [
        (contract, column)
        for contract in project.contracts.values()
        for column in contract.columns
        if f"{contract.name}.{column.name}" == fernet_of
    ]
    if len(found) != 1:
        raise UsageError(
            "there is no such column of a contract",
            hint="write CONTRACT.COLUMN, as in people.email",
        )
    ((contract, column),) = found
    domains = sorted(column_domains(project, column))
    if len(domains) != 1:
        raise UsageError(f"{fernet_of} has {len(domains)} key domains, not one")
    made = {
        "lockgate.treatment": Made.FERNET.value,
        "lockgate.source_contract": contract.id,
        "lockgate.id": column.id,
        "lockgate.domain": domains[0],
    }
    return ReleasedFile(path, {columns[0]: made})


def _source(
    project: Project, made: Mapping[str, Any], how: Made, name: str
) -> tuple[Origin, Column]:
    wanted = (made.get("lockgate.source_contract"), made.get("lockgate.id"))
    for owner, dataset, source in _columns(project):
        if (dataset, source.id) == wanted:
            origin = _origin(project, owner, dataset, source)
            return replace(origin, made=how, asked=_asked(project, origin, how)), source
    raise UsageError(
        f"column {name} comes from a contract or step that this project does not hold",
        hint="reveal it in the project that released it, with its pipeline as it was",
    )


def _origin(project: Project, name: str, dataset: str, column: Column) -> Origin:
    place = Place(dataset, column.id)
    domains = column_domains(project, column)
    return Origin(f"{name}.{column.name}", place, domains, ((name, column.labels),))


def _asked(project: Project, origin: Origin, how: Made) -> tuple[tuple[str, LabelSet], ...]:
    """The labels of every column that shares a key domain with this one, by dataset.

    Of a ciphertext, which opens as this column's only, all are asked of its own dataset.
    """
    shared = [other for other in origins(project) if other.domains & origin.domains]
    if how is Made.CIPHERTEXT:
        ((dataset, labels),) = origin.asked
        return ((dataset, join_all([labels, *(other.labels for other in shared)])),)
    return tuple((one.dataset, one.labels) for one in wanted_of(origin.name, [origin, *shared]))
