"""The schema's version: checked at every opening, brought up to date when it is behind."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, String, column, inspect, select, table, text

from lockgate.adapters.state_stores.sql.connect import WRITE
from lockgate.adapters.state_stores.sql.failures import database_errors
from lockgate.errors import EnvironmentFailed

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""Every schema this version knows, oldest first."""

VERSION_TABLE = "lockgate_schema"
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6C6F636B67617465
"""Of PostgreSQL's advisory locks: the letters "lockgate"."""


def ensure_schema(engine: Engine) -> None:
    """Bring the schema to the newest revision; Alembic is imported only if it is behind.

    Raises EnvironmentFailed if a newer version of Lockgate made it.
    """
    with database_errors():
        with engine.connect() as connection, connection.begin():
            current = _revision(connection)
        if current == REVISIONS[-1]:
            return
        writing = engine.connect().execution_options(**{WRITE: True})
        with writing as connection, connection.begin():
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    query = select(column("version_num", String)).select_from(table(VERSION_TABLE))
    revision = connection.execute(query).scalar()
    if revision is not None and revision not in REVISIONS:
        raise EnvironmentFailed(
            "the state was written by a newer version of Lockgate",
            hint="use that version, or a state of this one",
        )
    return revision


def _upgrade(connection: Connection) -> None:
    """Inside one transaction and under a lock: SQLite's write lock, PostgreSQL's advisory one."""
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if _revision(connection) == REVISIONS[-1]:
        return
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
