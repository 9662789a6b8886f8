"""Files that nobody but their owner may read: made so, and refused if they are not.

A private folder has mode 0700, a private file 0600; both belong to the user of
this process and neither is a symbolic link. Modes are set at creation, never
afterwards, so there is no moment in between. On Windows the folder's access
list, inherited from the user's profile, takes the place of the mode.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from lockgate.errors import EnvironmentFailed

_POSIX = hasattr(os, "getuid")
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
MAX_BYTES = 64 << 10


def private_folder(folder: Path) -> Path:
    """Make ``folder`` (and missing parents) with mode 0700, or check that it is private.

    Raises EnvironmentFailed.
    """
    failed = ""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        failed = _why(error)
    if failed:
        raise EnvironmentFailed(f"the private folder {folder} could not be made: {failed}")
    found = _lstat(folder)
    if found is None or not stat.S_ISDIR(found.st_mode):
        raise EnvironmentFailed(f"{folder} is not a folder", hint="move it away")
    _check_private(folder, found, "700")
    return folder


def create_private(path: Path, content: bytes, *, named_durably: bool = True) -> None:
    """Write a new private file, durably. Raises EnvironmentFailed if it exists or cannot be.

    Without ``named_durably`` a power cut may lose the file, never half of it.
    """
    handle = _open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    failed = ""
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if named_durably:
            sync_folder(path.parent)
    except OSError as error:
        failed = _why(error)
        path.unlink(missing_ok=True)
    if failed:
        raise EnvironmentFailed(f"{path} could not be written: {failed}")


def place_private(path: Path, content: bytes, *, replace: bool) -> bool:
    """Make a private file whole and at once: nobody sees it empty, and no crash leaves a half.

    With ``replace`` in the place of one that is there, else only if none is; whether it was made.
    Raises EnvironmentFailed.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    create_private(draft, content)
    failed, made = "", True
    try:
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)
        sync_folder(path.parent)
    except FileExistsError:
        made = False
    except OSError as error:
        failed = _why(error)
    finally:
        draft.unlink(missing_ok=True)
    if failed:
        raise EnvironmentFailed(f"{path} could not be written: {failed}")
    return made


def fill_private(path: Path, content: bytes) -> None:
    """Write over a private file of the same size, durably. Raises EnvironmentFailed.

    For what has to be recorded between the making of its file and its content.
    """
    handle = _open(path, os.O_WRONLY)
    failed = ""
    try:
        with os.fdopen(handle, "wb") as file:
            _check_file(path, os.fstat(file.fileno()))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        failed = _why(error)
    if failed:
        raise EnvironmentFailed(f"{path} could not be written: {failed}")


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the system can. Raises OSError."""
    if not _POSIX:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def ensure_private(path: Path) -> None:
    """Make an empty private file, or check that the one there is private."""
    if _lstat(path) is None:
        create_private(path, b"")
    check_private(path)


def check_private(path: Path) -> None:
    """Raises EnvironmentFailed, with the fix, unless ``path`` is a private plain file."""
    found = _lstat(path)
    if found is None:
        raise EnvironmentFailed(f"{path} does not exist")
    _check_file(path, found)


def read_private(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The content of a private file of at most ``limit`` bytes. Raises EnvironmentFailed.

    What is checked is the file that was opened, not the path it was opened by.
    """
    handle = _open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    failed, content = "", b""
    try:
        with os.fdopen(handle, "rb") as file:
            _check_file(path, os.fstat(file.fileno()))
            content = file.read(limit + 1)
    except OSError as error:
        failed = _why(error)
    if failed:
        raise EnvironmentFailed(f"{path} could not be read: {failed}")
    if len(content) > limit:
        raise EnvironmentFailed(f"{path} is larger than {limit} bytes")
    return content


def exists(path: Path) -> bool:
    """Whether anything, be it a broken link, is at ``path``."""
    return _lstat(path) is not None


def _open(path: Path, flags: int) -> int:
    failed = ""
    try:
        return os.open(path, flags | _NO_FOLLOW | _BINARY, 0o600)
    except OSError as error:
        failed = _why(error)
    raise EnvironmentFailed(f"{path} could not be opened: {failed}")


def _lstat(path: Path) -> os.stat_result | None:
    failed = ""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        failed = _why(error)
    raise EnvironmentFailed(f"{path} could not be looked at: {failed}")


def _check_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise EnvironmentFailed(f"{path} is not a plain file", hint="replace it by a plain file")
    _check_private(path, found, "600")


def _check_private(path: Path, found: os.stat_result, mode: str) -> None:
    if not _POSIX:
        return
    if found.st_uid != os.getuid():
        raise EnvironmentFailed(
            f"{path} belongs to another user", hint="run as the user who owns the project"
        )
    if found.st_mode & _OTHERS:
        raise EnvironmentFailed(
            f"{path} can be reached by other users", hint=f"chmod {mode} {path}"
        )


def _why(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link"
    return os.strerror(error.errno) if error.errno else type(error).__name__
