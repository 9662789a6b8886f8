"""Which folders a project may read and write, and the only ways into them.

1. A path is taken apart into plain names; ``..`` is refused before anything is touched.
2. It must lie below a declared root; the root's own path is trusted. What is below a
   folder named ``.lockgate`` is out of bounds: keys, state and quarantine are there.
3. From the root on, each name is opened from its parent's descriptor without
   following links; the last one must be a regular file (reading) or a folder.

Who owns the rest: hard links cannot be told from plain files and are read; what
is mounted below a root is the administrator's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import FdFolder, Folder, one_name
from lockgate.adapters.connectors.files.folders_portable import PathFolder
from lockgate.errors import LimitExceeded, PathRefused, Position, SourceError
from lockgate.limits import DEFAULT_LIMITS, Limits

HAS_OPENAT = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")

OpenRoot = Callable[[str], Folder]
PRIVATE_FOLDER = ".lockgate"


def is_private(name: str) -> bool:
    """Whether a folder of this name is a project's own; in any case, as some systems see it."""
    return name.casefold() == PRIVATE_FOLDER


@dataclass(frozen=True, slots=True)
class Below:
    """A path taken apart: the root it lies below, the names from there, and as declared."""

    root: str
    names: tuple[str, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders below which files may be read and written.

    Relative paths, and relative roots, are taken from ``base`` (default: the working folder).
    """

    read: tuple[Path, ...]
    write: tuple[Path, ...]
    limits: Limits = DEFAULT_LIMITS
    unsafe_portable: bool = not HAS_OPENAT
    base: Path | None = None

    def locate_input(self, path: str) -> Below:
        """Where a path to read lies. Raises PathRefused outside every read root."""
        return self._locate(path, self.read, "read")

    def locate_output(self, path: str) -> Below:
        """Where a path to write lies. Raises PathRefused outside every write root."""
        return self._locate(path, self.write, "write")

    def open_root(self, root: str) -> Folder:
        """Open a declared root. Raises SourceError if it is not there."""
        try:
            return PathFolder.root(root) if self.unsafe_portable else FdFolder.root(root)
        except (FileNotFoundError, NotADirectoryError):
            raise SourceError(
                "the declared root is not a folder", where=Position(root), hint="create it"
            ) from None
        except OSError as error:
            raise environment_failed(error, "opening the root", root) from None

    def open_folder(self, below: Below, names: tuple[str, ...]) -> Folder:
        """Open the folder ``names`` below the root, following no link. Raises OSError too."""
        folder = self.open_root(below.root)
        for name in names:
            with folder:
                inner = folder.folder(name)
            folder = inner
        return folder

    def open_input(self, below: Below) -> tuple[int, Folder]:
        """A descriptor of a regular file, and its folder. Raises PathRefused, SourceError."""
        if not below.names:
            raise refuse_folder(below)
        try:
            folder = self.open_folder(below, below.names[:-1])
        except OSError as error:
            raise input_failed(error, below.shown) from None
        try:
            return folder.read(below.names[-1]), folder
        except OSError as error:
            folder.close()
            raise input_failed(error, below.shown) from None
        except PathRefused:
            folder.close()
            raise

    def open_output(self, path: str) -> Folder:
        """The folder to write into, created with mode 0700 where missing.

        Raises PathRefused, and EnvironmentFailed if the system refuses.
        """
        below = self.locate_output(path)
        folder = self.open_root(below.root)
        try:
            for name in below.names:
                with folder:
                    if not _exists(folder, name):
                        _make(folder, name)
                    inner = folder.folder(name)
                folder = inner
        except OSError as error:
            raise environment_failed(error, "creating the folder", below.shown) from None
        return folder

    def _locate(self, path: str, roots: tuple[Path, ...], verb: str) -> Below:
        given = Path(path)
        if not path or "\0" in path or ".." in given.parts:
            raise PathRefused(
                "a path must be plain: no '..' in it", where=Position(path.replace("\0", "\\0"))
            )
        start = self.base or Path.cwd()
        absolute = start / given
        best: tuple[str, tuple[str, ...]] | None = None
        for root in roots:
            for base in (start / root, (start / root).resolve()):
                if absolute.is_relative_to(base):
                    names = absolute.relative_to(base).parts
                    if best is None or len(names) < len(best[1]):
                        best = (str(base), names)
        if best is None:
            raise PathRefused(
                f"the path is outside every root the project may {verb}",
                where=Position(path),
                hint=f"declare its folder under roots.{verb} in lockgate.yaml",
            )
        if any(map(is_private, (*Path(best[0]).resolve().parts, *absolute.parts))):
            raise PathRefused(
                f"the path is inside {PRIVATE_FOLDER}, where keys and state are kept",
                where=Position(path),
                hint="choose a folder outside it",
            )
        if len(best[1]) > self.limits.path_depth:
            raise LimitExceeded("the path is deeper than path_depth", where=Position(path))
        return Below(best[0], tuple(one_name(name) for name in best[1]), path)


def input_failed(error: OSError, shown: str) -> Exception:
    """The error to raise when an input cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return SourceError("there is no such file", where=Position(shown), hint="check the path")
    return environment_failed(error, "reading", shown)


def refuse_folder(below: Below) -> SourceError:
    """The refusal of a folder where a file is needed."""
    return SourceError("this is a folder, not a file", where=Position(below.shown))


def _exists(folder: Folder, name: str) -> bool:
    try:
        return bool(folder.kind(name))
    except FileNotFoundError:
        return False


def _make(folder: Folder, name: str) -> None:
    try:
        folder.make_folder(name)
    except FileExistsError:  # another run was quicker; opening it still refuses a link
        return
    folder.sync()
