"""Where runs keep their spools: a folder each, held by a lock that the system frees on death.

A folder whose lock nobody holds belongs to a run that was killed. What is in it can be
opened by nobody any more, and goes when the next run begins.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from lockgate.adapters.private_files import private_folder
from lockgate.errors import EnvironmentFailed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_LOCK = "lock"
_ATTEMPTS = 5


class SpoolPlace:
    """One run's folder, from when it is made until ``remove``."""

    def __init__(self, root: Path, run_id: str) -> None:
        self.folder = private_folder(root) / run_id
        self._handle = self._held()

    def remove(self) -> None:
        """Delete the folder, then let the lock go."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._handle)

    def _held(self) -> int:
        """The open lock. Another run may clear the folder away before it is held: then again."""
        for _ in range(_ATTEMPTS):
            private_folder(self.folder)
            with suppress(FileNotFoundError):
                handle = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                if _lock(handle) and _is_there(self.folder / _LOCK, handle):
                    return handle
                os.close(handle)
        raise EnvironmentFailed(f"the folder {self.folder} is in use by another process")


def remove_leftovers(root: Path) -> None:
    """Delete the folders of killed runs; those of living ones stay."""
    if fcntl is None or not root.is_dir():
        return
    for folder in root.iterdir():
        with suppress(OSError):
            handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                if _lock(handle):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)


def _lock(handle: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_there(path: Path, handle: int) -> bool:
    found, held = path.stat(), os.fstat(handle)
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
