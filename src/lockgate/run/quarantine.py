"""Where rejected rows wait: one sealed file a run, under a key for its dataset and day.

Each record of the file is an Arrow IPC stream with one batch of RejectedRows. Destroying the
day's key is expiry. Nothing here decides who may look; the caller asks ``access`` first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.batches import BrokenRow, RawBatch, RowPositions
from lockgate.contract.model import Contract, Mode
from lockgate.errors import IntegrityError, KeyUnavailable, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import DerivedKey, Domain, KeyUse
from lockgate.keys.released import ReleasedKeys
from lockgate.run.ports import InputFile
from lockgate.run.rejected import RejectedRows
from lockgate.run.sealed_file import SealedWriter, read_sealed, sealed_key_number
from lockgate.run.state_ports import QuarantineRecord, QuarantineState

KIND = "quarantine"
PIPELINE = b"pipeline"
"""Under which the batches of a sealed file say whose run rejected their rows."""
LABELS = b"labels"
"""And under which, the labels of their contract's columns at that time (JSON)."""
QUARANTINE_INFO = ("quarantine",)
QUARANTINE_DOMAINS = "lockgate.quarantine."


def quarantine_domain(contract_id: str, day: datetime) -> str:
    """The reserved key domain of a dataset and day (UTC)."""
    return f"{QUARANTINE_DOMAINS}{contract_id}.{day:%Y-%m-%d}"


def quarantine_key(keys: ReleasedKeys, contract_id: str, day: datetime) -> DerivedKey:
    """The key that seals today's rejected rows of a dataset; made on first use."""
    name = quarantine_domain(contract_id, day)
    keys.ensure_domain(Domain(name, Normaliser.EXACT))
    return keys.derive(name, KeyUse.ENCRYPTION, QUARANTINE_INFO, 32)


class QuarantineWriter:
    """Collects the rejected rows of one run; nothing exists until the first one."""

    def __init__(self, path: Path, key: DerivedKey, run_id: str, pipeline: str) -> None:
        self.path = path
        self.key_number = key.number
        self.rows = 0
        self._staged = path.with_suffix(".part")
        self._key = key
        self._run_id = run_id
        self._pipeline = pipeline
        self._writer: SealedWriter | None = None

    def write(self, rejected: RejectedRows, contract: Contract) -> None:
        """Append a batch of rejected rows of that contract."""
        if not rejected.count:
            return
        if self._writer is None:
            self._writer = SealedWriter(
                self._staged, self._key.key, self._key.number, KIND, self._run_id
            )
        told = {
            **(rejected.table.schema.metadata or {}),
            PIPELINE: self._pipeline.encode(),
            LABELS: json.dumps({c.name: c.labels.texts() for c in contract.columns}).encode(),
        }
        self._writer.write(_to_ipc(rejected.table.replace_schema_metadata(told)))
        self.rows += rejected.count

    def stage(self) -> int:
        """Make what was written durable, still unpublished. Returns its size in bytes."""
        if self._writer is None:
            return 0
        self._writer.close()
        return self._staged.stat().st_size

    def discard(self) -> None:
        """Remove the unpublished file."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None


def publish_sealed(path: Path) -> None:
    """Move a staged sealed file to its place, durably. Idempotent."""
    staged = path.with_suffix(".part")
    if staged.exists():
        staged.replace(path)
        sync_folder(path.parent)


def discard_sealed(path: Path) -> None:
    """Remove a staged sealed file, if there is one."""
    path.with_suffix(".part").unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_waiting(record: QuarantineRecord) -> None:
    """Refuse rows that were replayed, discarded or have expired. Raises UsageError."""
    if record.state is QuarantineState.WAITING:
        return
    by = f" by run {record.replayed_by}" if record.replayed_by else ""
    raise UsageError(
        f"the rejected rows of run {record.run_id} are no longer there: {record.state}{by}",
        hint="`lockgate quarantine list` shows which still wait",
    )


def read_quarantine(path: Path, keys: ReleasedKeys, run_id: str) -> Iterator[RejectedRows]:
    """The rejected rows of a run. Raises KeyUnavailable once expired, IntegrityError if changed."""
    if not path.exists():
        raise IntegrityError("the quarantine's file is missing", hint="restore it from a backup")
    number = sealed_key_number(path)
    domain = keys.domain_of(number)
    if not domain.startswith(QUARANTINE_DOMAINS):
        raise KeyUnavailable("the file was not sealed by a quarantine key")
    key = keys.derive(domain, KeyUse.ENCRYPTION, QUARANTINE_INFO, 32, number=number)
    for record in read_sealed(path, lambda _: key.key, KIND, run_id):
        with pa.ipc.open_stream(pa.py_buffer(record)) as stream:
            for batch in stream:
                yield RejectedRows(batch)


@dataclass(frozen=True, slots=True)
class RejectedPiece:
    """One batch of rejected rows, to be judged again. Implements ``run.ports.Piece``."""

    table: pa.RecordBatch

    def batches(self) -> Iterator[RawBatch]:
        """One raw batch for each file that rows came from."""
        return _to_raw(self.table)


class QuarantineSource:
    """The rejected rows of one run as a Source, so that a replay goes through the same gate."""

    def __init__(self, path: Path, keys: ReleasedKeys, run_id: str) -> None:
        self._path = path
        self._keys = keys
        self._run_id = run_id

    def freeze(self, digest_key: bytes) -> Sequence[InputFile]:
        """The quarantine's file stands for its rows; its content is authenticated."""
        size = self._path.stat().st_size if self._path.exists() else 0
        return (InputFile(f"quarantine/{self._run_id}", size, self._run_id),)

    def mode(self) -> Mode:
        """The validation mode the rows were read in."""
        for rejected in read_quarantine(self._path, self._keys, self._run_id):
            return _mode(rejected.table)
        raise IntegrityError("the quarantine holds no rows")

    def pieces(self) -> Iterator[RejectedPiece]:
        """Rows as they were first read, each with its first position."""
        for rejected in read_quarantine(self._path, self._keys, self._run_id):
            yield RejectedPiece(rejected.table)


def _mode(table: pa.RecordBatch) -> Mode:
    return Mode(table.schema.metadata[b"mode"].decode())


def _to_raw(table: pa.RecordBatch) -> Iterator[RawBatch]:
    mode = _mode(table)
    for file in table.column("file").unique().to_pylist():
        part = table.filter(pc.equal(table.column("file"), file))
        whole = part.column("raw").is_null()
        judged, broken = part.filter(whole), part.filter(pc.invert(whole))
        values = judged.column("values")
        rows = pa.RecordBatch.from_arrays(values.flatten(), schema=pa.schema(list(values.type)))
        where = RowPositions(
            file,
            first_row=0,
            rows=judged.column("row"),
            lines=judged.column("line"),
            offsets=judged.column("offset"),
        )
        yield RawBatch(mode, rows, where, tuple(map(_to_broken, broken.to_pylist())))


def _to_broken(row: dict[str, Any]) -> BrokenRow:
    return BrokenRow(
        row=row["row"],
        line=row["line"] or 0,
        offset=row["offset"] or 0,
        reason=row["reasons"][0]["type"],
        raw=row["raw"],
    )


def _to_ipc(batch: pa.RecordBatch) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(out.getvalue())
