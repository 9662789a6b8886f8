"""One process at a time renews a log-in: a refresh token is good for one use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lockgate.adapters.private_files import ensure_private
from lockgate.errors import EnvironmentFailed
from lockgate.limits import DEFAULT_LIMITS

_PAUSE = 0.05


@contextmanager
def session_lock(path: Path, seconds: float = DEFAULT_LIMITS.remote_seconds) -> Iterator[None]:
    """Hold the system's lock on a private file, which stays behind.

    Raises EnvironmentFailed if another process holds it for longer than ``seconds``.
    """
    if not path.exists():
        try:
            ensure_private(path)
        except EnvironmentFailed:  # another process made it meanwhile, or cannot: opening tells
            ensure_private(path)
    until = time.monotonic() + seconds
    with path.open("r+b") as file:
        while not _locked(file):
            if time.monotonic() > until:
                raise EnvironmentFailed(
                    "another lockgate is renewing the log-in, and does not end",
                    hint="end it, then try again",
                )
            time.sleep(_PAUSE)
        yield


def _locked(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return _locked_on_windows(file)
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _locked_on_windows(file: IO[bytes]) -> bool:
    import msvcrt

    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True
