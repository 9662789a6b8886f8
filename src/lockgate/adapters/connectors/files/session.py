"""One run's writing to a file sink: part files, documents, the manifest."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import pyarrow as pa

from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.manifest import MANIFEST_NAME, NEUTRALISED, Manifest
from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.adapters.connectors.files.part_files import Chunk, PartFiles, PartSettings
from lockgate.adapters.connectors.files.staged_run import StagedRun
from lockgate.errors import ConfigurationError, IntegrityError, LockgateError, TreatmentFailed
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import ReleasedBatch, is_minted
from lockgate.run.ports import Prepared, StagedFile

_DOCUMENT = re.compile(r"_[a-z0-9][a-z0-9._-]{0,99}")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRows:
    """A released batch that a session has checked and encoded. That session writes it, once."""

    chunks: tuple[Chunk, ...]

    @property
    def rows(self) -> int:
        """How many rows."""
        return sum(chunk.rows for chunk in self.chunks)


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
        self._parts = PartFiles(staging, settings, digest_key)
        self._files: list[StagedFile] = []
        self._open = True
        self._failed: BaseException | None = None
        self._working: set[object] = set()
        # A lock of C: an interrupt cannot come between its being taken and its being held.
        self._changing = threading.Lock()
        self._prepared: set[PreparedRows] = set()

    @property
    def lanes(self) -> int:
        """How many part files may be written at once."""
        return self._settings.lanes

    @property
    def sealing(self) -> Mapping[str, str | int]:
        """How the part files are sealed, for the output's contract."""
        settings = self._settings
        return {} if settings.seal is None else settings.seal.describe(settings.format)

    def prepare(self, released: ReleasedBatch) -> PreparedRows:
        """Check and encode the batch.

        Raises IntegrityError for anything but a batch released for this plan and sink,
        TreatmentFailed for what the format cannot hold.
        """
        settings = self._settings
        if not is_minted(released):
            raise IntegrityError("a sink takes released batches only")
        if released.plan_digest != settings.plan_digest or released.sink != settings.sink:
            raise IntegrityError("the batch was released for another plan or sink")
        if not released.batch.schema.equals(settings.schema, check_metadata=False):
            raise IntegrityError("the batch does not have the columns this sink was opened for")
        # What cannot be encoded fails for itself: pieces before it may fail first.
        prepared = PreparedRows(self._translated(lambda: self._parts.encode(released.batch)))
        with self._changing:
            self._demand_open()
            self._prepared.add(prepared)
        return prepared

    def write(self, prepared: Prepared) -> None:
        """Append rows, beginning another part file when one is full.

        Raises IntegrityError for anything but what this session prepared and has not written
        yet, EnvironmentFailed if the disk refuses.
        """
        with self._changing:
            if type(prepared) is not PreparedRows or prepared not in self._prepared:
                raise IntegrityError("a session writes what it has prepared, once")
            self._prepared.remove(prepared)
        for chunk in prepared.chunks:
            self._or_discard(partial(self._parts.append, chunk))

    def stage(self, documents: dict[str, bytes]) -> Sequence[StagedFile]:
        """Finish the part files, write documents and manifest, fsync files and folders.

        Raises EnvironmentFailed if the disk refuses.
        """
        for name in documents:
            if not _DOCUMENT.fullmatch(name) or name == MANIFEST_NAME:
                raise ConfigurationError(
                    "a document's name begins with an underscore and is not taken"
                )
        if self._prepared:
            raise IntegrityError("rows that were prepared are not written")
        self._or_discard(lambda: self._finish(documents))
        self._open = False
        self._verified = True
        self._inside.close()
        return tuple(self._files)

    def _finish(self, documents: dict[str, bytes]) -> None:
        self._files = self._parts.finish()
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
        """Close and remove whatever is staged, once no thread works on it any more."""
        with self._changing:
            self._open = False
        while self._working:
            time.sleep(0.001)
        self._remove()

    def _remove(self) -> None:
        self._verified = False
        self._prepared.clear()
        self._parts.release()
        self._inside.close()
        super().discard()

    def _or_discard(self, step: Callable[[], _Made]) -> _Made:
        """Leave nothing staged behind a failure."""
        with self._at_work():
            return self._translated(step)

    def _translated(self, step: Callable[[], _Made]) -> _Made:
        """Do it, and say what failed in errors of ours.

        These are raised outside of handlers: Arrow's errors may quote data and would be kept as
        context.
        """
        failed: LockgateError = TreatmentFailed(
            f"a released column cannot be written as {self._settings.format.value}",
            hint="write parquet, which holds every type",
        )
        try:
            with suppress(pa.ArrowException):
                return step()
        except OSError as error:
            failed = environment_failed(error, "writing", self._folder.shown)
        raise failed

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Let a thread in, unless something failed. The last that leaves after that discards.

        An interrupt may come between any two steps: what was begun is ended all the same.
        """
        token = object()
        try:
            with self._changing:
                self._demand_open()
                self._working.add(token)
            yield
        except BaseException as error:
            with self._changing:
                if token in self._working and self._failed is None:
                    self._failed = error
            raise
        finally:
            with self._changing:
                was_in = token in self._working
                self._working.discard(token)
                last = was_in and self._failed is not None and not self._working
            if last:
                with suppress(LockgateError):  # what failed first says more
                    self.discard()

    def _demand_open(self) -> None:
        if self._failed is not None:
            raise self._failed
        if not self._open:
            raise IntegrityError("the session is closed")

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
