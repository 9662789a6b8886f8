"""A new file of a run folder: written once from front to back, hashed on the way, fsynced."""

from __future__ import annotations

import pyarrow as pa

from lockgate.adapters.connectors.files.disk_writer import DiskWriter
from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.run.digests import KeyedDigest
from lockgate.run.ports import StagedFile


class OutFile:
    """A writable file object that pyarrow's writers take. Raises EnvironmentFailed."""

    def __init__(self, folder: Folder, name: str, digest_key: bytes) -> None:
        self.name = name
        self.shown = f"{folder.shown}/{name}"
        self.size = 0
        self._given_up = False
        self._hash = KeyedDigest(digest_key)
        try:
            fd = folder.create(name)
        except OSError as error:
            raise environment_failed(error, "creating the file", self.shown) from None
        self._disk = DiskWriter(fd, self._hash)

    def write(self, data: bytes | memoryview | pa.Buffer) -> int:
        """Take all of ``data``; nothing once the file is given up.

        That the disk refused it may be told by a later call.
        """
        view = memoryview(data).cast("B")
        if self._given_up:  # Arrow's writers flush what they still hold when they are let go
            return len(view)
        self.size += len(view)
        try:
            self._disk.give(view)
        except OSError as error:
            raise environment_failed(error, "writing", self.shown) from None
        return len(view)

    def finish(self, rows: int) -> StagedFile:
        """Make the content durable, close, and describe the file."""
        try:
            self._disk.finish()
        except OSError as error:
            raise environment_failed(error, "writing to the disk", self.shown) from None
        finally:
            self.release()
        return StagedFile(self.name, self.size, rows, self._hash.hexdigest())

    def tell(self) -> int:
        """Bytes written so far."""
        return self.size

    def flush(self) -> None:
        """Nothing is buffered here."""

    @property
    def closed(self) -> bool:
        """For pyarrow, which asks."""
        return self._disk.closed

    def writable(self) -> bool:
        """For pyarrow, which asks."""
        return True

    def close(self) -> None:
        """For pyarrow, which closes what it wrote to: the descriptor stays open until fsynced."""

    def give_up(self) -> None:
        """Close the descriptor and ignore what is written from now on."""
        self._given_up = True
        self.release()

    def release(self) -> None:
        """Close the descriptor. Closing again does nothing."""
        self._disk.close()

    def __del__(self) -> None:
        if hasattr(self, "_disk"):
            self.release()
