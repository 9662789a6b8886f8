"""A new file of a run folder: written once from front to back, hashed on the way, fsynced."""

from __future__ import annotations

import os

from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.write_back import WriteBack
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
            self._fd = folder.create(name)
        except OSError as error:
            raise environment_failed(error, "creating the file", self.shown) from None
        self._back = WriteBack(self._fd)

    def write(self, data: bytes | memoryview) -> int:
        """Write all of ``data``; nothing once the file is given up."""
        view = memoryview(data).cast("B")
        if self._given_up:  # Arrow's writers flush what they still hold when they are let go
            return len(view)
        self._hash.update(view)
        self.size += len(view)
        done = 0
        try:
            while done < len(view):
                done += os.write(self._fd, view[done:])
            self._back.given(done)
        except OSError as error:
            raise environment_failed(error, "writing", self.shown) from None
        return done

    def finish(self, rows: int) -> StagedFile:
        """Make the content durable, close, and describe the file."""
        try:
            self._back.wait()
            os.fsync(self._fd)
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
        return self._fd < 0

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
        if self._fd >= 0:
            self._back.stop()
            fd, self._fd = self._fd, -1
            os.close(fd)

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            self.release()
