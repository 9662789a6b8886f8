"""The data files of a session: up to so many lanes, each a part file written by one thread at once.

A lane opens a file when it first gets rows, and it gets rows only while the lanes opened before it
are busy: what one thread can write alone becomes one file. Arrow's Parquet is loaded with the first
Parquet file only: it brings 8 MB of libraries along.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from lockgate.adapters.connectors.files.csv_writer import CsvEncoder
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.jsonl_writer import JsonlEncoder
from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.adapters.connectors.files.part import BatchWriter, Encoded, Encoder, Part
from lockgate.adapters.connectors.files.seal import FileSeal
from lockgate.adapters.connectors.files.text_writer import TextWriter
from lockgate.kernel.rendering import rendering
from lockgate.pipeline.model import FileFormat
from lockgate.run.ports import StagedFile

_SUFFIX = {FileFormat.CSV: ".csv", FileFormat.JSONL: ".jsonl", FileFormat.PARQUET: ".parquet"}
_PACKED = {"": "", "gzip": ".gz", "zstd": ".zst"}


@dataclass(frozen=True, slots=True)
class PartSettings:
    """What the part files of a session are."""

    sink: str
    format: FileFormat
    compression: str
    rows_per_file: int
    lanes: int
    plan_digest: str
    schema: pa.Schema
    run_id: str = ""
    seal: FileSeal | None = None

    @property
    def suffix(self) -> str:
        """What the files' names end with."""
        sealed = ".age" if self.seal and self.format is not FileFormat.PARQUET else ""
        return _SUFFIX[self.format] + _PACKED[self.compression] + sealed


@dataclass(frozen=True, slots=True)
class Chunk:
    """Encoded rows that go into one file together; at most ``rows_per_file``."""

    encoded: Encoded
    rows: int


@dataclass(slots=True, eq=False)
class _Lane:
    """One file after another. ``number`` is the open one's."""

    order: int
    number: int = -1
    part: Part | None = None
    writer: BatchWriter | None = None


@dataclass(slots=True)
class _Shared:
    """What lanes share, under ``free``'s lock."""

    free: threading.Condition = field(default_factory=threading.Condition)
    idle: list[_Lane] = field(default_factory=list)
    lanes: list[_Lane] = field(default_factory=list)
    files: dict[int, StagedFile] = field(default_factory=dict)
    opened: int = 0


class PartFiles:
    """Part files of one run folder, named in the order in which they were opened, without gaps.

    ``encode`` and ``append`` may be called by several threads; the rest by one, once they are done.
    """

    def __init__(self, folder: Folder, settings: PartSettings, digest_key: bytes) -> None:
        self._folder = folder
        self._settings = settings
        self._key = digest_key
        self._encoder = _encoder(settings)
        self._shared = _Shared()

    def encode(self, batch: pa.RecordBatch) -> tuple[Chunk, ...]:
        """The batch, in chunks that fit into a file. Raises pa.ArrowException."""
        size = self._settings.rows_per_file
        slices = [batch.slice(at, size) for at in range(0, batch.num_rows, size)]
        return tuple(Chunk(self._encoder.encode(rows), rows.num_rows) for rows in slices)

    def append(self, chunk: Chunk) -> None:
        """Write to a lane that nobody writes to. Raises OSError, EnvironmentFailed."""
        with self._taken() as lane:
            part = lane.part
            if part is not None and part.rows + chunk.rows > self._settings.rows_per_file:
                self._finish(lane)
            part, writer = self._opened(lane)
            writer.append(chunk.encoded)
            part.rows += chunk.rows

    @contextmanager
    def _taken(self) -> Iterator[_Lane]:
        """The first lane that is idle, for as long as the block."""
        shared = self._shared
        with shared.free:
            while not shared.idle and len(shared.lanes) == self._settings.lanes:
                shared.free.wait()
            if not shared.idle:
                lane = _Lane(len(shared.lanes))
                shared.lanes.append(lane)
            else:
                lane = min(shared.idle, key=lambda each: each.order)
                shared.idle.remove(lane)
        try:
            yield lane
        finally:  # after a failure too: the session is given up, and nobody may wait for it
            with shared.free:
                shared.idle.append(lane)
                shared.free.notify()

    def _opened(self, lane: _Lane) -> tuple[Part, BatchWriter]:
        if lane.part is None or lane.writer is None:
            settings = self._settings
            with self._shared.free:
                lane.number = self._shared.opened
                self._shared.opened += 1
            name = f"part-{lane.number:05d}{settings.suffix}"
            file = OutFile(self._folder, name, self._key)
            sealed = settings.seal if settings.format is not FileFormat.PARQUET else None
            lane.part = Part(file, settings.compression, sealed)
            lane.writer = _writer(lane.part, settings, self._encoder)
        return lane.part, lane.writer

    def _finish(self, lane: _Lane) -> None:
        if lane.part is not None and lane.writer is not None:
            lane.writer.close()
            staged = lane.part.finish()
            with self._shared.free:
                self._shared.files[lane.number] = staged
        lane.part = lane.writer = None

    def finish(self) -> list[StagedFile]:
        """Finish what is open, all at once; no rows at all make one file. In order of names."""
        shared = self._shared
        if not shared.opened:
            shared.lanes.append(_Lane(0))
            self._opened(shared.lanes[0])
        if len(shared.lanes) == 1:
            self._finish(shared.lanes[0])
        else:
            with ThreadPoolExecutor(len(shared.lanes)) as pool:
                list(pool.map(self._finish, shared.lanes))
        return [shared.files[number] for number in range(shared.opened)]

    def release(self) -> None:
        """Give up the files that are still open."""
        for lane in self._shared.lanes:
            if lane.writer is not None:
                lane.writer.abandon()
            if lane.part is not None:
                lane.part.give_up()
            lane.part = lane.writer = None


def _encoder(settings: PartSettings) -> Encoder:
    if settings.format is FileFormat.PARQUET:
        from lockgate.adapters.connectors.files.parquet_writer import ParquetEncoder

        return ParquetEncoder()
    kind = CsvEncoder if settings.format is FileFormat.CSV else JsonlEncoder
    return kind(settings.schema, rendering())


def _writer(part: Part, settings: PartSettings, encoder: Encoder) -> BatchWriter:
    if isinstance(encoder, CsvEncoder | JsonlEncoder):
        return TextWriter(part, encoder)
    from lockgate.adapters.connectors.files.parquet_writer import ParquetWriter

    properties = None
    if settings.seal is not None:
        from lockgate.adapters.connectors.files.parquet_seal import seal_properties

        seal = settings.seal
        properties = seal_properties(seal.number, seal.key, settings.run_id, part.file.name)
    return ParquetWriter(
        part, settings.schema, alone=settings.lanes == 1, encryption_properties=properties
    )
