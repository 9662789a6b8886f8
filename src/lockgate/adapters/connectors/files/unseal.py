"""Opening sealed files of a run folder: into a plain file that only its owner can read.

The folder's manifest must list the file by name, size and keyed digest: who could write here but
has no key of the project can neither exchange files nor cut them. Whatever is wrong, one error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from lockgate.adapters.connectors.files.age_container import open_container
from lockgate.adapters.connectors.files.manifest import read_manifest
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.pinned_file import pin
from lockgate.errors import IntegrityError, LockgateError, UsageError
from lockgate.limits import Limits
from lockgate.run.digests import same_digest
from lockgate.secret import SecretBytes

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class SealedInput:
    """A sealed file, open and proven to be what its run wrote."""

    file: IO[bytes]
    name: str
    run: str
    size: int
    digest: str
    rows: int


@contextmanager
def sealed_input(path: Path, digest_key: bytes, limits: Limits) -> Iterator[SealedInput]:
    """Open a sealed file of a run folder. Raises IntegrityError, PathRefused, UsageError."""
    roots = Roots((path.parent,), (), base=path.parent)
    fd, folder = roots.open_input(roots.locate_input(path.name))
    with os.fdopen(fd, "rb") as file:
        try:
            manifest = read_manifest(folder, limits.config_bytes)
        finally:
            folder.close()
        if manifest is None:
            raise UsageError(
                "there is no manifest beside the sealed file",
                hint="unseal it in its run folder, or take the whole folder along",
            )
        pins = pin(file.fileno(), path.name, digest_key)
        listed = [one for one in manifest.files if one.name == path.name]
        if len(listed) != 1 or listed[0].size != pins.size:
            raise refused()
        if not same_digest(listed[0].digest, pins.digest):
            raise refused()
        file.seek(0)
        yield SealedInput(file, path.name, manifest.run, pins.size, pins.digest, listed[0].rows)


def refused() -> IntegrityError:
    """The one error, whatever is wrong with a sealed file."""
    return IntegrityError(
        "the sealed file does not open",
        hint="it was changed, cut or exchanged, or its key is not in this project any more",
    )


def unseal_age(sealed: SealedInput, out: IO[bytes], keys: Mapping[int, SecretBytes]) -> int:
    """Write an age container's content; the number of the key that opened it."""
    try:
        return list(keys)[open_container(sealed.file, out, list(keys.values()))]
    except IntegrityError:
        raise refused() from None


def unseal_parquet(sealed: SealedInput, out: IO[bytes], keys: Mapping[int, SecretBytes]) -> int:
    """Write a sealed Parquet file's rows as a plain one, row group by row group.

    Plain pages without dictionaries or statistics: its columns may still be protected. Returns the
    number of the key that opened it. Raises IntegrityError, and OSError for ``out``.
    """
    import pyarrow.parquet as pq

    used: list[int] = []
    parquet = _read(partial(_parquet, sealed, keys, used))
    with pq.ParquetWriter(
        out,
        parquet.schema_arrow,
        compression="snappy",
        use_dictionary=False,
        write_statistics=False,
    ) as writer:
        for number in range(parquet.num_row_groups):
            group = _read(partial(parquet.read_row_group, number))
            writer.write_table(group, row_group_size=max(group.num_rows, 1))
    return used[0]


def parquet_batches(
    sealed: SealedInput, keys: Mapping[int, SecretBytes], columns: Sequence[str], most: int
) -> Iterator[pa.RecordBatch]:
    """Some columns of a sealed Parquet file, ``most`` rows at a time. Raises IntegrityError."""
    parquet = _read(partial(_parquet, sealed, keys, []))
    batches = _read(partial(parquet.iter_batches, most, columns=list(columns)))
    while (batch := _read(partial(next, batches, None))) is not None:
        yield batch.select(list(columns))


def properties_of(
    sealed: SealedInput, keys: Mapping[int, SecretBytes], used: list[int] | None = None
) -> Any:
    """Arrow's ``decryption_properties`` of the file: they open it, and no other."""
    from lockgate.adapters.connectors.files.parquet_seal import open_properties

    def key_of(number: int) -> SecretBytes:
        if number not in keys:
            raise refused()
        if used is not None:
            used.append(number)
        return keys[number]

    return open_properties(key_of, sealed.run, sealed.name)


def _parquet(
    sealed: SealedInput, keys: Mapping[int, SecretBytes], used: list[int]
) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    properties = properties_of(sealed, keys, used)
    return pq.ParquetFile(sealed.file, decryption_properties=properties)


def _read(step: Callable[[], _Read]) -> _Read:
    """Do it, or raise the one error: outside of handlers, as Arrow's own may quote data."""
    with suppress(pa.ArrowException, OSError, LockgateError, ValueError):
        return step()
    raise refused()
