"""One part file, and what a format needs to write one: an encoder and a writer."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import pyarrow as pa

from lockgate.adapters.connectors.files.age_container import AgeWriter
from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.adapters.connectors.files.seal import FileSeal
from lockgate.run.ports import StagedFile

_BUFFER_BYTES = 1 << 20
Encoded: TypeAlias = "pa.Buffer | pa.RecordBatch"
"""Rows as a format's writer takes them: text formats their bytes, Parquet the batch itself."""


class Encoder(Protocol):
    """Brings batches of one schema into the form a writer takes. It knows no part file.

    All of a text format's work on values is done here, by any number of threads at once.
    """

    def encode(self, batch: pa.RecordBatch) -> Encoded:
        """The rows, encoded. Raises pa.ArrowException for what the format cannot hold."""
        ...


class BatchWriter(Protocol):
    """Writes one part file, in order, by one thread at a time."""

    def append(self, encoded: Encoded) -> None:
        """Append what the encoder made of some rows."""
        ...

    def close(self) -> None:
        """Write all that is buffered; the stream stays open."""
        ...

    def abandon(self) -> None:
        """Return once nothing writes to the stream any more, whatever came of it."""
        ...


class Part:
    """A part file being written. ``compression``: "", "gzip" or "zstd".

    ``seal``: what is written ends up in an age container.
    """

    def __init__(self, file: OutFile, compression: str = "", seal: FileSeal | None = None) -> None:
        self.file = file
        self.rows = 0
        self._sealed = None if seal is None else AgeWriter(file, seal.key, seal.recipients)
        target = self._sealed or file
        # Parquet writes many small pieces, and each that reaches Python waits for its lock.
        self.stream: pa.NativeFile = pa.BufferedOutputStream(
            pa.PythonFile(target, mode="w"), _BUFFER_BYTES
        )
        self.large: pa.NativeFile | OutFile | AgeWriter = target
        """For who gives large pieces only, instead of ``stream``."""
        if compression:
            self.large = self.stream = pa.CompressedOutputStream(self.stream, compression)

    def finish(self) -> StagedFile:
        """Write what is buffered, fsync, close."""
        self.stream.close()
        if self._sealed is not None:
            self._sealed.close()
        return self.file.finish(self.rows)

    def give_up(self) -> None:
        """Close the file and ignore what is written from now on."""
        if self._sealed is not None:
            self._sealed.give_up()
        self.file.give_up()
