"""Rows between steps: in memory while they are few, else in an encrypted file of this run only.

Batches are Arrow IPC messages, each one record of a sealed file (`run.sealed_file`) under a
key that was drawn for this run and is written nowhere. A process that is killed leaves
bytes that nobody can open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from lockgate.adapters.engines.local.spool_places import SpoolPlace, remove_leftovers
from lockgate.errors import EnvironmentFailed, IntegrityError, StepRefused
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.sealed_file import SealedWriter, read_sealed
from lockgate.secret import SecretBytes

_KIND = "spool"
_RECORD = 64 << 20


class MemorySpool:
    """Few rows, as they are."""

    def __init__(self, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
        self.schema = schema
        self.rows = sum(batch.num_rows for batch in batches)
        self._batches = batches

    def reader(self) -> pa.RecordBatchReader:
        """See Spool."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self._batches))


class SealedSpool:
    """Many rows, in a file that only ``key`` opens."""

    def __init__(self, path: Path, key: SecretBytes, schema: pa.Schema, rows: int) -> None:
        self.schema = schema
        self.rows = rows
        self._path = path
        self._key = key

    def reader(self) -> pa.RecordBatchReader:
        """See Spool. Raises IntegrityError for a file that was changed."""
        return pa.RecordBatchReader.from_batches(self.schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        rows = 0
        for record in read_sealed(self._path, lambda _: self._key, _KIND, self._path.name):
            batch = pa.ipc.read_record_batch(pa.py_buffer(record), self.schema)
            rows += batch.num_rows
            yield batch
        if rows != self.rows:
            raise IntegrityError("a spool holds another number of rows than were written")


class LocalSpoolWriter:
    """Collects batches; past ``spool_memory`` all of them go to the file."""

    def __init__(
        self, path_of: Callable[[], Path], key: SecretBytes, schema: pa.Schema, limits: Limits
    ) -> None:
        self._path_of = path_of
        self._key = key
        self._schema = schema
        self._limits = limits
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        self._rows = 0
        self._file: SealedWriter | None = None

    def append(self, batch: pa.RecordBatch) -> None:
        """See SpoolWriter."""
        if not batch.schema.equals(self._schema):
            raise IntegrityError("a batch has other columns than its spool")
        if not batch.num_rows:
            return
        self._rows += batch.num_rows
        if self._file is not None:
            self._seal(self._file, batch)
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > self._limits.spool_memory:
            self._spill()

    def finish(self) -> MemorySpool | SealedSpool:
        """See SpoolWriter."""
        if self._file is None:
            return MemorySpool(self._schema, self._held)
        file, failed = self._file, ""
        try:
            file.close()
        except OSError as error:
            failed = os.strerror(error.errno or 0)
        if failed:
            raise _unwritable(failed)
        return SealedSpool(file.path, self._key, self._schema, self._rows)

    def _spill(self) -> None:
        self._file = file = self._created()
        for batch in self._held:
            self._seal(file, batch)
        self._held.clear()

    def _created(self) -> SealedWriter:
        path, failed = self._path_of(), ""
        try:
            return SealedWriter(path, self._key, 0, _KIND, path.name, durable=False)
        except OSError as error:
            failed = os.strerror(error.errno or 0)
        raise _unwritable(failed)

    def _seal(self, file: SealedWriter, batch: pa.RecordBatch) -> None:
        pieces = max(1, -(-batch.nbytes // _RECORD))
        step = max(1, min(-(-batch.num_rows // pieces), self._limits.batch_rows))
        failed = ""
        try:
            for start in range(0, batch.num_rows, step):
                file.write(memoryview(batch.slice(start, step).serialize()).cast("B"))
        except OSError as error:
            failed = os.strerror(error.errno or 0)
        if failed:
            raise _unwritable(failed)


def _unwritable(why: str) -> EnvironmentFailed:
    return EnvironmentFailed(
        f"rows between steps could not be written: {why}",
        hint="free some space where the project's private folder is, and run again",
    )


class LocalSpoolFolder:
    """One run's spools: a private folder, and a key that lives in memory.

    The folder is made when the first row is written to it. What killed runs left is removed here.
    """

    def __init__(self, home: Path, run_id: str, limits: Limits = DEFAULT_LIMITS) -> None:
        self._root = home / _KIND
        self._run_id = run_id
        self._key = SecretBytes(os.urandom(32))
        self._limits = limits
        self._place: SpoolPlace | None = None
        self._count = 0
        remove_leftovers(self._root)

    def writer(self, name: str, schema: pa.Schema) -> LocalSpoolWriter:
        """See SpoolFolder. ``name`` is only for messages."""
        if any(pa.types.is_dictionary(field.type) for field in schema):
            raise StepRefused(f"{name}: dictionary columns are not kept between steps")
        return LocalSpoolWriter(self._next_path, self._key, schema, self._limits)

    def close(self) -> None:
        """See SpoolFolder."""
        self._key = SecretBytes(b"")
        if self._place is not None:
            self._place.remove()
            self._place = None

    def _next_path(self) -> Path:
        if self._place is None:
            self._place = SpoolPlace(self._root, self._run_id)
        self._count += 1
        return self._place.folder / f"{self._count}.sealed"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()
