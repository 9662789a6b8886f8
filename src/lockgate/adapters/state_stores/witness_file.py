"""The latest ledger checkpoint in a file beside the database."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from lockgate.adapters.private_files import create_private, exists, read_private, sync_folder
from lockgate.errors import EnvironmentFailed

_LITTER_SECONDS = 3_600


class FileWitness:
    """A ``CheckpointWitness`` in one private file, replaced whole.

    It survives a database that is rolled back or cut short; it does not survive
    someone who changes both. Copies in run folders and elsewhere do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._swept = False

    def latest(self) -> str:
        """The checkpoint held; the empty string if there is no file. Raises EnvironmentFailed."""
        if not exists(self._path):
            return ""
        return read_private(self._path).decode("utf-8", "replace")

    def prepare(self, checkpoint: str, size: int) -> _Prepared:
        """Write ``checkpoint`` to a file of its own. Raises EnvironmentFailed."""
        self._sweep()
        own = f"{self._path.name}.{os.getpid()}-{threading.get_ident()}"
        waiting = self._path.with_name(own)
        try:
            waiting.unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentFailed(f"{waiting} could not be replaced: {error.strerror}") from None
        create_private(waiting, checkpoint.encode(), named_durably=False)
        return _Prepared(self._path, waiting, size)

    def _sweep(self) -> None:
        """Remove, once, what processes that died before publishing left behind long ago."""
        if self._swept:
            return
        self._swept = True
        with suppress(OSError):
            for left in self._path.parent.glob(f"{self._path.name}.*-*"):
                if left.stat().st_mtime < time.time() - _LITTER_SECONDS:
                    left.unlink()


class _Prepared:
    def __init__(self, path: Path, waiting: Path, size: int) -> None:
        self._path = path
        self._waiting = waiting
        self._size = size

    def publish(self) -> None:
        if not self._waiting.exists():
            return  # a later checkpoint of the same transaction took this one's place
        first = not exists(self._path)
        if not first and _size(read_private(self._path)) >= self._size:
            self.discard()
            return
        self._waiting.replace(self._path)
        if first:  # one that is lost is taken for one that was removed
            sync_folder(self._path.parent)

    def discard(self) -> None:
        with suppress(OSError):  # litter of this process, overwritten by its next checkpoint
            self._waiting.unlink(missing_ok=True)


def _size(note: bytes) -> int:
    """The size a checkpoint claims; 0 for what is no checkpoint, so that it is replaced."""
    lines = note.split(b"\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() else 0
