"""Locks between processes that the system frees when their holder dies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, text

from lockgate.adapters.private_files import ensure_private, private_folder
from lockgate.adapters.state_stores.sql.failures import database_errors
from lockgate.errors import EnvironmentFailed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def file_lock(folder: Path, name: str) -> Iterator[None]:
    """Hold an operating-system lock on a file for ``name``. Raises EnvironmentFailed at once.

    The file stays behind: removing it would let two processes lock two files of one name.
    """
    path = private_folder(folder) / _file_name(name)
    ensure_private(path)
    with path.open("r+b") as file:
        if not _try_lock(file):
            raise _held(name)
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            _lock_windows(file)
    except OSError:
        return False
    return True


def _lock_windows(file: IO[bytes]) -> None:
    import msvcrt

    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]


@contextmanager
def advisory_lock(engine: Engine, name: str) -> Iterator[None]:
    """Hold a PostgreSQL session advisory lock on a connection of its own.

    The server frees it when the connection ends, however it ends; in good order it is
    freed before that, because a server may notice a closed connection late.
    """
    key = int.from_bytes(sha256(b"lockgate\x00" + name.encode()).digest()[:8], "big", signed=True)
    with database_errors():
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with database_errors():
            locking = text("SELECT pg_try_advisory_lock(:key)")
            locked = connection.execute(locking, {"key": key}).scalar()
        if not locked:
            raise _held(name)
        yield
    finally:
        with suppress(EnvironmentFailed), database_errors():
            connection.execute(text("SELECT pg_advisory_unlock_all()"))
        with suppress(EnvironmentFailed), database_errors():
            connection.detach()  # closed, not pooled: with the session goes the lock
            connection.close()


def _held(name: str) -> EnvironmentFailed:
    return EnvironmentFailed(
        f"another run of {name} is active", hint="wait until it ends, then try again"
    )


def _file_name(name: str) -> str:
    """Readable, unique, and safe as a file name whatever ``name`` is."""
    readable = re.sub(r"[^A-Za-z0-9-]", "_", name)[:40]
    return f"{readable}-{sha256(os.fsencode(name)).hexdigest()[:16]}.lock"
