"""A released file, held open while its successor is made and put in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import pyarrow as pa

from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.listing import AGE_SUFFIX
from lockgate.adapters.connectors.files.magic import ENCRYPTED_PARQUET
from lockgate.adapters.connectors.files.paths import Below, Roots
from lockgate.adapters.connectors.files.pinned_file import PinnedFile, Pins, pin
from lockgate.adapters.connectors.files.raw_stream import HashedFile, Unpacked, changed
from lockgate.adapters.connectors.files.rewrapping.beside import (
    listed,
    manifest_of,
    with_both,
    with_new,
    write_manifest,
)
from lockgate.adapters.connectors.files.rewrapping.reading import (
    Shape,
    parquet_pieces,
    text_pieces,
)
from lockgate.adapters.connectors.files.rewrapping.successor import FileSuccessor, successor_name
from lockgate.errors import Position, SourceError
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat
from lockgate.run.digests import same_digest
from lockgate.run.ports import InputFile, StagedFile
from lockgate.run.rewrap_ports import FilePiece, FrameColumn

_CODECS = {".gz": "gzip", ".zst": "zstd"}
_SKIP = 1 << 20


class ReleasedFile:
    """Implements ``run.rewrap_ports.StoredFile``. Its folder and itself are opened through roots.

    ``types`` are all its columns, in order, and what they are in JSON Lines.
    """

    def __init__(
        self,
        roots: Roots,
        place: Below,
        format: FileFormat,
        types: Mapping[str, pa.DataType],
        columns: Sequence[FrameColumn],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._roots = roots
        self._place = place
        self._types = dict(types)
        self._format = format
        self._limits = limits
        self._name = place.names[-1]
        self.columns = tuple(columns)
        self._codec = next((c for end, c in _CODECS.items() if self._name.endswith(end)), "")

    @property
    def shown(self) -> str:
        """Its path, as it was declared."""
        return self._place.shown

    @property
    def identity(self) -> str:
        """Its folder and name, resolved."""
        root = os.path.realpath(self._place.root)
        return "/".join((root, *self._place.names))

    @contextmanager
    def opened(self, digest_key: bytes) -> Iterator[None]:
        """Hold the file open. Raises PathRefused, SourceError."""
        fd, folder = self._roots.open_input(self._place)
        self._key = digest_key
        with folder:
            self._folder: Folder = folder
            try:
                self._like = os.fstat(fd)
                self._pins = self._pinned(fd)
            finally:
                os.close(fd)
            yield

    def _pinned(self, fd: int) -> Pins:
        return pin(fd, self.shown, self._key, pieces=True)

    def freeze(self) -> StagedFile:
        """The file as it is, listed by its manifest if there is one. Raises IntegrityError."""
        found = StagedFile(self._name, self._pins.size, 0, self._pins.digest)
        return listed(manifest_of(self._folder, self._limits), found, self.shown)

    def pieces(self, at: int = 0) -> Iterator[FilePiece]:
        """Its content from ``at`` on. Raises SourceError if the bytes changed."""
        return self._read(self._name, self._pins, at)

    def _read(self, name: str, pins: Pins, at: int) -> Iterator[FilePiece]:
        shape = self._shape()
        fd = self._folder.read(name)
        if self._codec:
            with closing(HashedFile(fd, self.shown, self._key)) as file:
                stream = Unpacked(file, self._limits)
                self._skip(stream, at)
                yield from text_pieces(stream, shape, self._limits, at)
                file.drain()
                file.verify(InputFile(self.shown, pins.size, pins.digest))
            return
        with closing(PinnedFile(fd, self.shown, self._key, pins)) as pinned:
            if self._format is FileFormat.PARQUET:
                yield from parquet_pieces(pinned, shape, self._limits, at)
            else:
                pinned.seek(at)
                yield from text_pieces(pinned, shape, self._limits, at)

    def _shape(self) -> Shape:
        columns = tuple(column.name for column in self.columns)
        keys = {name: self._types[name] for column in self.columns for name in column.record}
        return Shape(self._format, tuple(self._types), columns, keys, self.shown)

    def _skip(self, stream: Unpacked, size: int) -> None:
        while size > 0:
            found = len(stream.read(min(size, _SKIP)))
            if not found:
                raise changed(self.shown)
            size -= found

    def successor(self) -> FileSuccessor:
        """Take up the successor that is there, or begin one. Raises EnvironmentFailed."""
        return FileSuccessor(
            self._folder, self._name, self._key, self._codec, self._like, self._successor_pieces
        )

    def _successor_pieces(self, hidden: str) -> Iterator[FilePiece]:
        fd = self._folder.read(hidden)
        try:
            pins = self._pinned(fd)
        finally:
            os.close(fd)
        return self._read(hidden, pins, 0)

    def replace(self, old: StagedFile, new: StagedFile) -> None:
        """Put the successor in the file's place, durably, and say so in the manifest. Idempotent.

        Raises SourceError if the file is not what was frozen, or what follows it.
        """
        manifest = manifest_of(self._folder, self._limits)
        hidden = successor_name(self._name)
        try:
            if not same_digest(self._pins.digest, new.digest):
                self._require_unchanged()
                if manifest is not None:
                    write_manifest(self._folder, with_both(manifest, old, new))
                self._folder.replace(hidden, self._name)
                self._folder.sync()
            if manifest is not None:
                write_manifest(self._folder, with_new(manifest, new))
        except OSError as error:
            raise environment_failed(error, "replacing the file", self.shown) from None

    def _require_unchanged(self) -> None:
        fd = self._folder.read(self._name)
        try:
            now = os.fstat(fd)
        finally:
            os.close(fd)
        if _stamp(now) != _stamp(self._like):
            raise changed(self.shown)


def _stamp(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def is_sealed(roots: Roots, place: Below) -> bool:
    """Whether the file is sealed as a whole, by its name or its first bytes.

    Raises PathRefused, SourceError.
    """
    name = place.names[-1]
    if name.endswith(AGE_SUFFIX):
        return True
    fd, folder = roots.open_input(place)
    with os.fdopen(fd, "rb") as file, folder:
        return file.read(len(ENCRYPTED_PARQUET)) == ENCRYPTED_PARQUET


def not_released(shown: str) -> SourceError:
    """The refusal of a file that no run of a project released."""
    return SourceError(
        "there is no output contract beside the file: it was not released by this project",
        where=Position(shown),
        hint="a file of a run folder has _contract.odcs.yaml next to it",
    )
