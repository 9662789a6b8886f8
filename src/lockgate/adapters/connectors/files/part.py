"""One part file: the stream that a format's writer writes to, packed if asked."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from lockgate.adapters.connectors.files.out_file import OutFile
from lockgate.run.ports import StagedFile


class BatchWriter(Protocol):
    """What a format's writer does."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        ...

    def close(self) -> None:
        """Write all that is buffered; the stream stays open."""
        ...


class Part:
    """A part file being written. ``compression``: "", "gzip" or "zstd"."""

    def __init__(self, file: OutFile, compression: str = "") -> None:
        self.file = file
        self.rows = 0
        self.stream: pa.NativeFile = pa.PythonFile(file, mode="w")
        if compression:
            self.stream = pa.CompressedOutputStream(self.stream, compression)

    def finish(self) -> StagedFile:
        """Write what is buffered, fsync, close."""
        self.stream.close()
        return self.file.finish(self.rows)
