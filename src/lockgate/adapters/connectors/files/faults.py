"""What the operating system refuses, as one clear error: path, cause, what to do next."""

from __future__ import annotations

import errno

from lockgate.errors import EnvironmentFailed, Position

_CAUSES: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "free some space and run again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run again"),
    errno.EFBIG: ("the file grew past what this system allows", "raise the file size limit"),
    errno.EROFS: ("the file system is read-only", "choose a folder that can be written"),
    errno.EACCES: ("permission is denied", "check who owns the path and its mode"),
    errno.EPERM: ("the operation is not permitted", "check who owns the path and its mode"),
    errno.ENOTDIR: ("a part of the path is not a folder", "check the path"),
    errno.ENAMETOOLONG: ("the path is too long", "choose a shorter one"),
    errno.EMFILE: ("too many files are open", "raise the open file limit"),
    errno.ENFILE: ("too many files are open", "raise the open file limit"),
    errno.EIO: ("the device reported an input/output error", "check the disk"),
    errno.ENOENT: ("it is gone", "see whether something else removes files there"),
}


def environment_failed(error: OSError, doing: str, path: str) -> EnvironmentFailed:
    """The error to raise for ``error`` while ``doing`` (``writing``) something to ``path``."""
    cause, hint = _CAUSES.get(
        error.errno or 0, ("the operating system refused", "check the path and the disk")
    )
    return EnvironmentFailed(f"{doing} failed: {cause}", where=Position(path), hint=hint)
