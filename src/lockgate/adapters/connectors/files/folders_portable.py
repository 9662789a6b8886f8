"""The folder interface for systems without openat: every component is checked by lstat.

Weaker than ``FdFolder`` in one way, which is why it is only the fallback: a
folder swapped for a link between the check and the open is seen by the
comparison of the opened file with the checked one, not prevented by the kernel.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lockgate.adapters.connectors.files.folders import (
    _CREATE,
    _EXTEND,
    _READ,
    FILE_MODE,
    FOLDER_MODE,
    one_name,
    printable,
    refuse,
)


class PathFolder:
    """A folder held by its path and identity; the path is checked before each use."""

    __slots__ = ("_identity", "_path", "_shown")

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        self._shown = shown
        self._identity = _identity(path)

    @classmethod
    def root(cls, path: str) -> PathFolder:
        """Open a declared root. The root itself is trusted, links to it included."""
        resolved = Path(path).resolve(strict=True)
        if not resolved.is_dir():
            raise NotADirectoryError(20, "not a folder", path)
        return cls(resolved, path)

    @property
    def shown(self) -> str:
        return self._shown

    def _at(self, name: str) -> Path:
        if _identity(self._path) != self._identity or self._path.resolve() != self._path:
            raise refuse(stat.S_IFLNK, self._shown)
        return self._path / one_name(name)

    def names(self) -> list[str]:
        return sorted(path.name for path in self._path.iterdir())

    def kind(self, name: str) -> int:
        path = self._at(name)
        mode = os.lstat(path).st_mode
        if getattr(path, "is_junction", lambda: False)():
            return stat.S_IFLNK
        return stat.S_IFMT(mode)

    def folder(self, name: str) -> PathFolder:
        shown = f"{self._shown}/{printable(name)}"
        kind = self.kind(name)
        if kind != stat.S_IFDIR:
            raise refuse(kind, shown)
        return PathFolder(self._at(name), shown)

    def make_folder(self, name: str) -> None:
        self._at(name).mkdir(FOLDER_MODE)

    def read(self, name: str) -> int:
        shown = f"{self._shown}/{printable(name)}"
        kind = self.kind(name)
        if kind != stat.S_IFREG:
            raise refuse(kind, shown)
        path = self._at(name)
        checked = _identity(path)
        fd = os.open(path, _READ)
        opened = os.fstat(fd)
        if (opened.st_dev, opened.st_ino) != checked or not stat.S_ISREG(opened.st_mode):
            os.close(fd)
            raise refuse(stat.S_IFLNK, shown)
        return fd

    def create(self, name: str) -> int:
        return os.open(self._at(name), _CREATE, FILE_MODE)

    def extend(self, name: str) -> int:
        os.close(self.read(name))
        return os.open(self._at(name), _EXTEND)

    def replace(self, name: str, old_name: str) -> None:
        self._at(name).replace(self._at(old_name))

    def rename(self, name: str, new_name: str) -> None:
        self._at(name).rename(self._at(new_name))

    def remove(self, name: str) -> None:
        if self.kind(name) == stat.S_IFDIR:
            self._at(name).rmdir()
        else:
            self._at(name).unlink()

    def sync(self) -> None:
        """Folders cannot be synced on such systems; a rename there is durable by journal."""

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> PathFolder:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


def _identity(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino
