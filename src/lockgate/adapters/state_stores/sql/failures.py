"""Database errors in Lockgate's words: what failed and what to do, never a parameter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from lockgate.errors import EnvironmentFailed

_HINTS = {
    "SQLITE_FULL": "the disk is full: make room, then try again",
    "SQLITE_READONLY": "the state folder is read-only",
    "SQLITE_BUSY": "another process is writing the state: try again",
    "SQLITE_CORRUPT": "the state file is damaged: restore it from a backup",
    "SQLITE_NOTADB": "the state file is not a database: restore it from a backup",
    "SQLITE_CANTOPEN": "check that the state folder exists and is writable",
    "SQLITE_IOERR": "the disk reported an error",
    "53100": "the database server's disk is full",
    "55P03": "another process holds the lock: try again",
    "42501": "the database user lacks a permission on the state tables",
}


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn SQLAlchemy's errors into EnvironmentFailed.

    A driver's own message may quote what was being stored, so only the error's
    name goes on, and the original is not chained.
    """
    failed: SQLAlchemyError | None = None
    try:
        yield
    except SQLAlchemyError as error:
        failed = error
    if failed is not None:
        name = _name(failed)
        raise EnvironmentFailed(f"the state store failed: {name}", hint=_hint(name))


def _name(error: SQLAlchemyError) -> str:
    if isinstance(error, DBAPIError) and error.orig is not None:
        known = getattr(error.orig, "sqlite_errorname", None) or getattr(
            error.orig, "sqlstate", None
        )
        return str(known) if known else type(error.orig).__name__
    return type(error).__name__


def _hint(name: str) -> str:
    for known, hint in _HINTS.items():
        if name.startswith(known):
            return hint
    return "check that the database is up and reachable, then try again"
