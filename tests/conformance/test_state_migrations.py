"""A state of every earlier schema is brought up to date, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from lockgate.adapters.private_files import private_folder
from lockgate.adapters.state_stores.sql import schema
from lockgate.adapters.state_stores.sql.connect import WRITE, postgres_engine, sqlite_engine
from lockgate.adapters.state_stores.sql.store import DATABASE_NAME, open_state
from lockgate.run.state_ports import RunRecord, RunState

NOW = datetime(2030, 1, 1, tzinfo=UTC)
RUN = RunRecord("r-1", "people", "i-1", "d-1", RunState.RELEASED, "os:ada@host", NOW)


def make_state(url: str, folder: Path, revision: str) -> None:
    """A state as the version with this schema left it, with a run in it."""
    private_folder(folder)
    engine = (
        sqlite_engine(folder / DATABASE_NAME) if url == "sqlite" else postgres_engine(url, None)
    )
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.exec_driver_sql(
            "INSERT INTO runs VALUES ('r-1', 'people', 'i-1', 'd-1', 'released', 'os:ada@host',"
            " '2030-01-01T00:00:00.000000Z', NULL, 0, 0, 0, '', '')"
        )
    engine.dispose()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("revision", schema.REVISIONS)
def test_a_state_of_this_schema_is_brought_up_to_date(
    database: str, revision: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = "sqlite"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").database()
    folder = tmp_path / ".lockgate"
    make_state(url, folder, revision)

    with open_state(url, folder) as state:
        assert state.runs.get("r-1") == RUN
        assert state.used_tokens.use("service:etl", "one", NOW + timedelta(minutes=5), NOW)
        assert not state.used_tokens.use("service:etl", "one", NOW + timedelta(minutes=5), NOW)
