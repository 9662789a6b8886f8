"""Engines: SQLite with the settings that make it durable and private, PostgreSQL over TLS."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from lockgate.adapters.private_files import check_private, ensure_private, exists
from lockgate.errors import ConfigurationError
from lockgate.secrets.resolver import BoundSecret

WRITE = "lockgate_write"
"""Execution option of a connection that is about to write: SQLite then locks at once."""

ALONE = "lockgate_alone"
"""Of one that reads by a single statement: SQLite then begins no transaction around it."""

BUSY_SECONDS = 30
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "secure_delete = ON",
    f"busy_timeout = {BUSY_SECONDS * 1000}",
)


def sqlite_engine(path: Path) -> Engine:
    """An engine over a private file, made if missing. Raises EnvironmentFailed."""
    ensure_private(path)
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if exists(side):
            check_private(side)
    url = URL.create("sqlite+pysqlite", database=str(path))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing: ``_begin_sqlite`` does
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get(ALONE, False):
        writing = options.get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def postgres_engine(text: str, password: BoundSecret | None = None) -> Engine:
    """An engine from a URL without a password. Raises ConfigurationError.

    A server on another machine is reached by TLS with its name verified, or not at all.
    ``password`` is resolved when a connection is made; one that fails is asked for anew, once.
    """
    url = parse_postgres(text)
    arguments: dict[str, Any] = {"connect_timeout": 10, "application_name": "lockgate"}
    if not _is_local(url):
        mode = url.query.get("sslmode", "verify-full")
        if mode != "verify-full":
            raise ConfigurationError(
                "a state database on another machine needs sslmode=verify-full",
                hint="drop sslmode from the URL, and set sslrootcert to the server's authority",
            )
        arguments["sslmode"] = "verify-full"
    try:
        engine = create_engine(
            url, hide_parameters=True, connect_args=arguments, pool_size=2, pool_pre_ping=True
        )
    except ModuleNotFoundError:
        raise ConfigurationError(
            "state in PostgreSQL needs the driver psycopg", hint="pip install 'lockgate[postgres]'"
        ) from None
    if password is not None:
        event.listen(engine, "do_connect", _with_password(password))
    return engine


def _with_password(password: BoundSecret) -> Callable[..., Any]:
    """Connects with the password as it stands; if that fails, with another if there is one now.

    libpq does not say in a code that a password was wrong, so any failure asks the store again.
    """

    def connect(dialect: Any, record: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        tried = password.now()
        try:
            return dialect.connect(*arguments, **named, password=tried.reveal())
        except dialect.loaded_dbapi.OperationalError:
            other = password.after(tried)
            if other is None:
                raise
        return dialect.connect(*arguments, **named, password=other.reveal())

    return connect


def parse_postgres(text: str) -> URL:
    """The URL with psycopg as its driver. Raises ConfigurationError, without repeating it."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ConfigurationError("the state URL is malformed") from None
    if url.get_backend_name() != "postgresql" or url.drivername not in (
        "postgresql",
        "postgresql+psycopg",
    ):
        raise ConfigurationError("state is kept in `sqlite` or at a postgresql:// URL")
    if url.password is not None or "password" in url.query:
        raise ConfigurationError(
            "the state URL holds a password",
            hint="take it out; state: {url: …, password: secret://STORE/PATH}, or PGPASSFILE",
        )
    return url.set(drivername="postgresql+psycopg")


def _is_local(url: URL) -> bool:
    """Whether every server that libpq might choose is on this machine."""
    if "service" in url.query or "PGSERVICE" in os.environ:
        return False
    named = [url.host] if url.host else []
    for parameter in ("host", "hostaddr"):
        given = url.query.get(parameter, ())
        named += given.split(",") if isinstance(given, str) else given
    if not named:
        named = [os.environ[name] for name in ("PGHOST", "PGHOSTADDR") if name in os.environ]
    return all(host.startswith("/") or host in _LOOPBACK for host in named)
