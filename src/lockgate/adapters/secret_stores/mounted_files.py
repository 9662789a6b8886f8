"""Secrets that Docker or Kubernetes put into a folder as files: ``secret://file/NAME``.

What is read is a plain file below the declared folder. Links may stand between, as Kubernetes
rotates by them (``NAME -> ..data/NAME``, ``..data -> ..TIMESTAMP``), as long as none leaves the
folder, and none to a ``.env``, which is for development and has a store of its own. The way is
looked up once and then opened part by part without following links, so nobody can turn it between
the look and the opening.

A file belongs to this user or to root and others cannot write it. Others can read it only where
the file system is mounted read-only: that is how both hand secrets into a container, with modes
0444 and 0644, where no other user is.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from lockgate.errors import SecretDenied, SecretMissing, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.fields import secret_of, text_of
from lockgate.secrets.ports import Lease

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
DOTENV = ".env"
_LOOKS = 5  # a folder of Kubernetes may be exchanged between a look and the opening


class MountedFileStore:
    """A ``SecretStore`` over a folder, each secret a file of its own."""

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self._folder = folder
        self._limits = limits

    def fetch(self, path: str, field: str) -> Lease:
        """The file's text without one newline at its end. Its version is when it was written.

        Raises SecretMissing; SecretDenied for a way out of the folder, another owner or a mode
        that lets others in; SecretUnavailable for what is no text.
        """
        for _ in range(_LOOKS):
            found = self._look(path)
            if found is not None:
                break
        else:
            raise SecretUnavailable("the file changed each time it was read", hint="try again")
        content, written = found
        text = text_of(content, self._limits)
        text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
        return Lease(secret_of(text, field, self._limits), f"{written:%Y-%m-%dT%H:%M:%S.%fZ}")

    def _look(self, path: str) -> tuple[bytes, datetime] | None:
        """Content and time of the file; None if it was exchanged on the way."""
        try:
            root = self._folder.resolve(strict=True)
            found = (root / path).resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            raise SecretMissing(
                f"there is no such file below {self._folder}", hint="is the secret mounted?"
            ) from None
        except (OSError, RuntimeError) as error:
            raise _refused(error) from None
        if not found.is_relative_to(root) or found == root:
            raise SecretDenied("a link leads out of the store's folder", hint="mount a plain file")
        if any(name.casefold().startswith(DOTENV) for name in (Path(path).name, found.name)):
            raise SecretDenied(
                f"a {DOTENV} file is none of this store's",
                hint=f"in development: store: dotenv; elsewhere no secret lies in {DOTENV}",
            )
        return self._read(root, found.relative_to(root).parts)

    def _read(self, root: Path, parts: tuple[str, ...]) -> tuple[bytes, datetime] | None:
        """Content and time of the file, opened part by part; None if a part has gone."""
        try:
            with ExitStack() as opened:
                at = os.open(root, _FOLDER)
                opened.callback(os.close, at)
                _check(os.fstat(at), at, folder=True)
                for part in parts[:-1]:
                    at = os.open(part, _FOLDER | getattr(os, "O_NOFOLLOW", 0), dir_fd=at)
                    opened.callback(os.close, at)
                    _check(os.fstat(at), at, folder=True)
                file = os.open(parts[-1], _FILE, dir_fd=at)
                opened.callback(os.close, file)
                about = os.fstat(file)
                _check(about, file, folder=False)
                content = _all(file, self._limits.secret_bytes + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refused(error) from None
        return content, datetime.fromtimestamp(about.st_mtime, UTC)


def _all(file: int, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := os.read(file, most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _check(about: os.stat_result, handle: int, *, folder: bool) -> None:
    """Raises SecretDenied unless nobody else could have written or, for a file, read it."""
    what = "the store's folder" if folder else "the file"
    if not folder and not stat.S_ISREG(about.st_mode):
        raise SecretDenied("it is not a plain file", hint="mount a plain file")
    if about.st_uid not in (0, os.getuid()):
        raise SecretDenied(f"{what} belongs to another user", hint="chown it to this user or root")
    others = about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    sticky = folder and about.st_mode & stat.S_ISVTX
    if others and not (sticky or _read_only(handle)):
        raise SecretDenied(f"{what} can be written by others", hint="chmod go-w, or 0600")
    if not folder and about.st_mode & (stat.S_IRGRP | stat.S_IROTH) and not _read_only(handle):
        raise SecretDenied(
            "the file can be read by others",
            hint="chmod 0600, or mount the folder read-only as containers do",
        )


def _read_only(handle: int) -> bool:
    return bool(os.fstatvfs(handle).f_flag & os.ST_RDONLY)


def _refused(error: OSError | RuntimeError) -> SecretUnavailable:
    number = error.errno if isinstance(error, OSError) else None
    why = os.strerror(number) if number else "a circle of links"
    kind = SecretDenied if isinstance(error, PermissionError) else SecretUnavailable
    return kind(f"the file could not be read: {why}")
