"""An open folder that can only be left downwards, one plain name at a time.

``FdFolder`` walks by directory descriptors (openat, O_NOFOLLOW), so what was
checked is what is opened: a folder swapped for a symbolic link between the two
is refused by the kernel. ``folders_portable.PathFolder`` is the same where the
system has no such calls.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import Protocol

from lockgate.errors import PathRefused, Position

_DIRECTORY = (
    getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)
# O_NONBLOCK so that a FIFO put there between the check and the open cannot hang us.
_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_CREATE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_EXTEND = (
    os.O_RDWR
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
FOLDER_MODE = 0o700
FILE_MODE = 0o600


class Folder(Protocol):
    """An open folder. Names are single path components; ``shown`` is for error messages.

    Every method raises OSError as the system does, and PathRefused for what is
    not a plain file or folder.
    """

    @property
    def shown(self) -> str: ...

    def names(self) -> list[str]:
        """Names in the folder, sorted."""
        ...

    def kind(self, name: str) -> int:
        """The file type bits of ``name`` itself (no link is followed): ``S_IFREG`` and so on."""
        ...

    def folder(self, name: str) -> Folder:
        """Open the folder ``name``, which must not be a symbolic link."""
        ...

    def make_folder(self, name: str) -> None:
        """Create the folder ``name`` with mode 0700."""
        ...

    def read(self, name: str) -> int:
        """A descriptor of the regular file ``name``, for reading."""
        ...

    def create(self, name: str) -> int:
        """A descriptor of the new file ``name``, mode 0600; fails if it exists."""
        ...

    def extend(self, name: str) -> int:
        """A descriptor of the regular file ``name``, for reading and for writing at its end."""
        ...

    def rename(self, name: str, new_name: str) -> None:
        """Rename within the folder, atomically."""
        ...

    def replace(self, name: str, old_name: str) -> None:
        """Put ``name`` in the place of ``old_name``, atomically."""
        ...

    def remove(self, name: str) -> None:
        """Remove the file, link or empty folder ``name``."""
        ...

    def sync(self) -> None:
        """Make the folder's entries durable."""
        ...

    def close(self) -> None:
        """Close it. Closing again does nothing."""
        ...

    def __enter__(self) -> Folder: ...

    def __exit__(self, *unused: object) -> None: ...


def one_name(name: str) -> str:
    """``name`` if it is one plain path component, else PathRefused."""
    if name in ("", ".", "..") or "/" in name or "\0" in name or (os.sep in name):
        raise PathRefused("a path has a part that is not a plain name", hint="leave out '..'")
    return name


def printable(name: str) -> str:
    """A file name for people: undecodable bytes and control characters escaped."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def refuse(kind: int, shown: str) -> PathRefused:
    """The refusal for an entry of this kind."""
    words = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFDIR: "a folder",
        stat.S_IFREG: "a file",
    }
    return PathRefused(
        f"the path is or goes through {words.get(kind, 'something')}, where a plain file or "
        "folder is needed",
        where=Position(shown),
        hint="put the data itself below the declared root",
    )


class FdFolder:
    """A folder held by its descriptor."""

    __slots__ = ("_fd", "_shown")

    def __init__(self, fd: int, shown: str) -> None:
        self._fd = fd
        self._shown = shown

    @classmethod
    def root(cls, path: str) -> FdFolder:
        """Open a declared root. The root itself is trusted, links to it included."""
        return cls(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), path)

    @property
    def shown(self) -> str:
        return self._shown

    def _below(self, name: str) -> str:
        return f"{self._shown}/{printable(name)}"

    def names(self) -> list[str]:
        return sorted(os.listdir(self._fd))  # noqa: PTH208  # pathlib takes no descriptor

    def kind(self, name: str) -> int:
        one_name(name)
        return stat.S_IFMT(os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mode)

    def folder(self, name: str) -> FdFolder:
        one_name(name)
        try:
            fd = os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=self._fd)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise refuse(self.kind(name), self._below(name)) from None
            raise
        return FdFolder(fd, self._below(name))

    def make_folder(self, name: str) -> None:
        os.mkdir(one_name(name), FOLDER_MODE, dir_fd=self._fd)

    def read(self, name: str) -> int:
        kind = self.kind(name)  # opening a device can already act on it: look first
        if kind != stat.S_IFREG:
            raise refuse(kind, self._below(name))
        try:
            fd = os.open(name, _READ, dir_fd=self._fd)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                raise refuse(self.kind(name), self._below(name)) from None
            raise
        opened = stat.S_IFMT(os.fstat(fd).st_mode)
        if opened != stat.S_IFREG:
            os.close(fd)
            raise refuse(opened, self._below(name))
        return fd

    def create(self, name: str) -> int:
        return os.open(one_name(name), _CREATE, FILE_MODE, dir_fd=self._fd)

    def extend(self, name: str) -> int:
        os.close(self.read(name))
        return os.open(one_name(name), _EXTEND, dir_fd=self._fd)

    def replace(self, name: str, old_name: str) -> None:
        os.replace(one_name(name), one_name(old_name), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def rename(self, name: str, new_name: str) -> None:
        os.rename(one_name(name), one_name(new_name), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def remove(self, name: str) -> None:
        if self.kind(name) == stat.S_IFDIR:
            os.rmdir(name, dir_fd=self._fd)
        else:
            os.unlink(name, dir_fd=self._fd)

    def sync(self) -> None:
        os.fsync(self._fd)

    def close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def __enter__(self) -> FdFolder:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            self.close()


def remove_tree(folder: Folder, name: str) -> None:
    """Remove ``name`` and all below it, following no link. What is gone already is fine."""
    try:
        if folder.kind(name) == stat.S_IFDIR:
            with folder.folder(name) as inner:
                for each in inner.names():
                    remove_tree(inner, each)
        folder.remove(name)
    except FileNotFoundError:
        return
