"""Opening a sealed file as a whole: permitted, recorded, then written for its owner's eyes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockgate.access.action import Action
from lockgate.access.permit import Permit
from lockgate.access.resource import file as sealed_file
from lockgate.adapters.connectors.files.unseal import (
    SealedInput,
    parquet_batches,
    properties_of,
    refused,
    sealed_input,
    unseal_age,
    unseal_parquet,
)
from lockgate.assemble.clear_file import create_private, open_private
from lockgate.assemble.dataset_names import dataset_named
from lockgate.assemble.listed_contract import digests_of, run_folder
from lockgate.assemble.project_file import Project
from lockgate.assemble.released_file import OUTPUT_CONTRACT, RowRange
from lockgate.assemble.yaml_document import read_document
from lockgate.errors import EnvironmentFailed, IntegrityError, UsageError
from lockgate.keys.names import SEAL_PREFIX
from lockgate.labels.label import NOTHING
from lockgate.ledger.event import Unsealed
from lockgate.ledger.receipt import FileRecord
from lockgate.run.context import RunContext
from lockgate.run.key_table import for_unseal
from lockgate.run.opening import changed_meanwhile
from lockgate.run.reveal_door import recording
from lockgate.run.sealing import AGE, PARQUET, SealPlace
from lockgate.secret import SecretBytes

_WRITERS = {PARQUET: unseal_parquet, AGE: unseal_age}


@dataclass(frozen=True, slots=True)
class UnsealResult:
    """A file that was sealed: how many rows it has, and where it is plain now."""

    rows: int
    path: Path


def unseal(
    project: Project, context: RunContext, path: Path, purpose: str, to: Path
) -> UnsealResult:
    """Open a sealed file of a run folder into ``to`` (0600, must not exist).

    1. The contract beside the file says in which domain it was sealed; of another one no key fits.
    2. Permission ``unseal`` of that domain's dataset, by its name in the project, and zone.
    3. The folder's manifest lists this very file.
    4. The output's contract goes along, unless there is one: so its columns can be revealed.
    5. The record; then the plain file. Its columns are as protected as they were.

    Whatever fails leaves neither file. Raises UsageError, AuthorisationDenied, IntegrityError and
    EnvironmentFailed.
    """
    path = path.resolve()
    place, permit = _permitted(project, context, path, purpose)
    opened = _opened(context, place, permit, path, purpose)
    with opened as (sealed, keys), _contract_along(path, to):
        _record(context, place, sealed, tuple(sorted(keys)), purpose)
        _write(place, sealed, keys, to)
    return UnsealResult(sealed.rows, to)


def sealed_rows(
    project: Project,
    context: RunContext,
    path: Path,
    columns: tuple[str, ...],
    wanted: RowRange,
    purpose: str,
) -> Callable[[RunContext], Iterator[pa.RecordBatch]]:
    """Reads columns of a sealed Parquet file, from the start at every call; nothing is written.

    Permission ``unseal`` is asked at once; what is shown of the columns is the caller's to record.
    Calls after the first raise IntegrityError before any row if the file is not the same one.
    """
    place, permit = _permitted(project, context, path, purpose)
    first: list[tuple[str, str]] = []

    def read(_: RunContext) -> Iterator[pa.RecordBatch]:
        with _opened(context, place, permit, path, purpose) as (sealed, keys):
            first.append((sealed.run, sealed.digest))
            if first[-1] != first[0]:
                raise changed_meanwhile()
            before = 0
            for batch in parquet_batches(sealed, keys, columns, context.limits.batch_rows):
                yield wanted.of(batch, before)
                before += batch.num_rows
                if before >= wanted.last:
                    return

    return read


def decryption_properties(project: Project, context: RunContext, path: Path, purpose: str) -> Any:
    """What Arrow's readers take to read a sealed Parquet file; recorded as if it were unsealed."""
    path = path.resolve()
    place, permit = _permitted(project, context, path, purpose)
    if place.format != PARQUET:
        raise UsageError("only sealed Parquet has decryption properties", hint="lockgate unseal")
    with _opened(context, place, permit, path, purpose) as (sealed, keys):
        _record(context, place, sealed, tuple(sorted(keys)), purpose)
        return properties_of(sealed, keys)


def _permitted(
    project: Project, context: RunContext, path: Path, purpose: str
) -> tuple[SealPlace, Permit]:
    place = _place(path)
    name = place.domain.removeprefix(SEAL_PREFIX)
    of, _, where = name.rpartition(".")
    resource = sealed_file(name, dataset_named(project, of), where)
    return place, context.permit(Action.UNSEAL, resource, purpose)


@contextmanager
def _opened(
    context: RunContext, place: SealPlace, permit: Permit, path: Path, purpose: str
) -> Iterator[tuple[SealedInput, dict[int, SecretBytes]]]:
    """The file, proven to be its run's, and the keys that may open it; refusals are recorded."""
    with (
        recording(context, f"sealed file of {place.domain}", NOTHING, purpose),
        context.released(permit, for_unseal(place)) as keyed,
    ):
        keys = {one.number: one.key for one in place.opening_keys(keyed.keys)}
        with run_folder(path.parent) as folder:
            listed = keyed.under_digests(digests_of(keyed, folder))
        with sealed_input(path, listed.digest_key(), context.limits) as sealed:
            if not keys:
                raise refused()
            yield sealed, keys


def _place(path: Path) -> SealPlace:
    told = sealing_of(path)
    domain, kind = told.get("lockgate.seal_domain"), told.get("lockgate.sealed")
    if not told.get("lockgate.sealed"):
        raise UsageError("the file is not sealed", hint="its columns: lockgate reveal --file")
    if not isinstance(domain, str) or not domain.startswith(SEAL_PREFIX) or kind not in _WRITERS:
        raise refused()
    return SealPlace(domain, str(kind))


def sealing_of(path: Path) -> Mapping[str, Any]:
    """The custom properties of the output's contract beside a file, as a whole."""
    beside = path.parent / OUTPUT_CONTRACT
    if not beside.is_file():
        raise UsageError(
            "there is no output contract beside the file",
            hint=f"a file of a run folder has {OUTPUT_CONTRACT} next to it",
        )
    document = read_document(beside, str(beside)).data
    try:
        return {one["property"]: one["value"] for one in document.get("customProperties", [])}
    except (KeyError, TypeError, AttributeError):
        raise IntegrityError("the output contract beside the file was changed") from None


def _write(
    place: SealPlace, sealed: SealedInput, keys: Mapping[int, SecretBytes], to: Path
) -> None:
    made = create_private(to)
    failed = ""
    try:
        with made as out:
            _WRITERS[place.format](sealed, out, keys)
    except BaseException as error:
        with suppress(OSError):
            to.unlink()
        if not isinstance(error, OSError):
            raise
        failed = error.strerror or "it was refused"
    if failed:
        raise EnvironmentFailed(
            f"the unsealed file cannot be written: {failed}", hint="choose another place"
        )


@contextmanager
def _contract_along(path: Path, to: Path) -> Iterator[None]:
    """The contract beside the plain file to be; gone again if there comes none."""
    beside = to.parent / OUTPUT_CONTRACT
    if beside.exists():
        yield
        return
    content, made = (path.parent / OUTPUT_CONTRACT).read_bytes(), False
    failed = ""
    try:
        with open_private(beside) as out:
            made = True
            out.write(content)
    except OSError as error:
        failed = error.strerror or "it was refused"
    try:
        if failed:
            raise EnvironmentFailed(
                f"the contract cannot be put beside the unsealed file: {failed}",
                hint=f"choose a folder where {OUTPUT_CONTRACT} can be made",
            )
        yield
    except BaseException:
        if made:
            with suppress(OSError):
                beside.unlink()
        raise


def _record(
    context: RunContext,
    place: SealPlace,
    sealed: SealedInput,
    numbers: tuple[int, ...],
    purpose: str,
) -> None:
    file = FileRecord(name=sealed.name, size=sealed.size, rows=sealed.rows, digest=sealed.digest)
    event = Unsealed(
        run_id=sealed.run,
        domain=place.domain,
        file=file,
        key_numbers=numbers,
        **context.by(purpose),
    )
    with context.state.transaction():
        context.ledger.append(event)
