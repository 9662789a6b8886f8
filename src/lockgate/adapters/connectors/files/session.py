"""One run's writing to a file sink: part files, documents, the manifest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa

from lockgate.adapters.connectors.files.csv_writer import CsvEncoder
from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.jsonl_writer import JsonlEncoder
from lockgate.adapters.connectors.files.manifest import MANIFEST_NAME, NEUTRALISED, Manifest
from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.adapters.connectors.files.parquet_writer import ParquetEncoder, ParquetWriter
from lockgate.adapters.connectors.files.part import BatchWriter, Encoder, Part
from lockgate.adapters.connectors.files.staged_run import StagedRun
from lockgate.adapters.connectors.files.text_writer import TextWriter
from lockgate.errors import ConfigurationError, IntegrityError, LockgateError, TreatmentFailed
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import ReleasedBatch, is_minted
from lockgate.run.ports import Prepared, StagedFile

_DOCUMENT = re.compile(r"_[a-z0-9][a-z0-9._-]{0,99}")
_SUFFIX = {FileFormat.CSV: ".csv", FileFormat.JSONL: ".jsonl", FileFormat.PARQUET: ".parquet"}
_PACKED = {"": "", "gzip": ".gz", "zstd": ".zst"}


@dataclass(frozen=True, slots=True)
class PartSettings:
    """What the part files of a session are."""

    sink: str
    format: FileFormat
    compression: str
    rows_per_file: int
    plan_digest: str
    schema: pa.Schema


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRows:
    """A released batch that ``session`` has checked."""

    batch: pa.RecordBatch
    session: FileSession

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.batch.num_rows)


class FileSession(StagedRun):
    """Implements ``run.ports.SinkSession``. After any failure nothing stays staged."""

    def __init__(
        self,
        folder: Folder,
        staging: Folder,
        run_id: str,
        settings: PartSettings,
        digest_key: bytes,
        limits: Limits,
    ) -> None:
        super().__init__(folder, run_id, digest_key, limits)
        self._inside = staging
        self._settings = settings
        self._encoder = _encoder(settings)
        self._part: Part | None = None
        self._writer: BatchWriter | None = None
        self._files: list[StagedFile] = []
        self._open = True

    @property
    def lanes(self) -> int:
        """Rows are written in input order."""
        return 1

    def prepare(self, released: ReleasedBatch) -> PreparedRows:
        """Check the batch.

        Raises IntegrityError for anything but a batch released for this plan and sink.
        """
        settings = self._settings
        if not is_minted(released):
            raise IntegrityError("a sink takes released batches only")
        if released.plan_digest != settings.plan_digest or released.sink != settings.sink:
            raise IntegrityError("the batch was released for another plan or sink")
        if not released.batch.schema.equals(settings.schema, check_metadata=False):
            raise IntegrityError("the batch does not have the columns this sink was opened for")
        return PreparedRows(released.batch, self)

    def write(self, prepared: Prepared) -> None:
        """Append rows, beginning another part file when one is full.

        Raises IntegrityError for anything but what this session prepared, EnvironmentFailed if
        the disk refuses.
        """
        if type(prepared) is not PreparedRows or prepared.session is not self:
            raise IntegrityError("a session writes what it has prepared only")
        self._or_discard(lambda: self._append(prepared.batch))

    def _append(self, rest: pa.RecordBatch) -> None:
        while rest.num_rows:
            part, writer = self._current()
            rows = rest.slice(0, self._settings.rows_per_file - part.rows)
            writer.append(self._encoder.encode(rows))
            part.rows += rows.num_rows
            rest = rest.slice(rows.num_rows)

    def stage(self, documents: dict[str, bytes]) -> Sequence[StagedFile]:
        """Finish the part files, write documents and manifest, fsync files and folders.

        Raises EnvironmentFailed if the disk refuses.
        """
        for name in documents:
            if not _DOCUMENT.fullmatch(name) or name == MANIFEST_NAME:
                raise ConfigurationError(
                    "a document's name begins with an underscore and is not taken"
                )
        self._or_discard(lambda: self._finish(documents))
        self._open = False
        self._verified = True
        self._inside.close()
        return tuple(self._files)

    def _finish(self, documents: dict[str, bytes]) -> None:
        if not self._files:
            self._current()
        self._finish_part()
        for name, content in documents.items():
            self._files.append(self._document(name, content))
        self._files.append(self._document(MANIFEST_NAME, self._manifest().to_json()))
        self._inside.sync()
        self._folder.sync()

    def publish(self) -> None:
        """Make the staged folder visible. Raises IntegrityError if it is not staged."""
        if self._open:
            raise IntegrityError("the run is not staged yet")
        super().publish()

    def discard(self) -> None:
        """Close and remove whatever is staged."""
        self._open = False
        self._verified = False
        self._writer = None
        if self._part is not None:
            self._part.file.release()
        self._part = None
        self._inside.close()
        super().discard()

    def _or_discard(self, step: Callable[[], None]) -> None:
        """Leave nothing staged behind a failure.

        What is raised instead is raised outside of handlers: Arrow's errors may
        quote data and would be kept as context.
        """
        if not self._open:
            raise IntegrityError("the session is closed")
        failed: LockgateError = TreatmentFailed(
            f"a released column cannot be written as {self._settings.format.value}",
            hint="write parquet, which holds every type",
        )
        done = False
        try:
            with suppress(pa.ArrowException):
                step()
                done = True
        except OSError as error:
            failed = environment_failed(error, "writing", self._folder.shown)
        except BaseException:
            self.discard()
            raise
        if not done:
            self.discard()
            raise failed

    def _current(self) -> tuple[Part, BatchWriter]:
        if self._part is not None and self._part.rows >= self._settings.rows_per_file:
            self._finish_part()
        if self._part is None or self._writer is None:
            settings = self._settings
            number = len(self._files)
            name = f"part-{number:05d}{_SUFFIX[settings.format]}{_PACKED[settings.compression]}"
            self._part = Part(OutFile(self._inside, name, self._key), settings.compression)
            self._writer = _writer(self._part, settings.schema, self._encoder)
        return self._part, self._writer

    def _finish_part(self) -> None:
        if self._part is not None and self._writer is not None:
            self._writer.close()
            self._files.append(self._part.finish())
        self._part = self._writer = None

    def _document(self, name: str, content: bytes) -> StagedFile:
        file = OutFile(self._inside, name, self._key)
        file.write(content)
        return file.finish(rows=0)

    def _manifest(self) -> Manifest:
        settings = self._settings
        csv = {"formulas": NEUTRALISED, "delimiter": ","}
        return Manifest(
            self._run_id,
            settings.plan_digest,
            settings.sink,
            settings.format.value,
            csv if settings.format is FileFormat.CSV else {},
            tuple(self._files),
        )


def _encoder(settings: PartSettings) -> Encoder:
    if settings.format is FileFormat.PARQUET:
        return ParquetEncoder()
    kind = CsvEncoder if settings.format is FileFormat.CSV else JsonlEncoder
    return kind(settings.schema)


def _writer(part: Part, schema: pa.Schema, encoder: Encoder) -> BatchWriter:
    if isinstance(encoder, CsvEncoder | JsonlEncoder):
        return TextWriter(part, encoder)
    return ParquetWriter(part, schema)
