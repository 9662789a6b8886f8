"""SQLite state as it lies on disk: modes, migrations, locks, full disks, what is erased."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from lockgate.adapters.state_stores.sql import schema
from lockgate.adapters.state_stores.sql.connect import parse_postgres, postgres_engine
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.sql.tables import metadata
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.errors import ConfigurationError, EnvironmentFailed, LedgerUnwritable
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import Domain, KeyState, KeyUse, KeyVersion
from lockgate.run.state_ports import RunRecord, RunState
from lockgate.testing.ledgers import NOON, event, new_ledger, new_signing_key

CANARY = "canary-4f1e"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "project" / ".lockgate"


def run(name: str) -> RunRecord:
    return RunRecord(name, "nightly", "identity", "plan", RunState.STARTED, "os:ada@host", NOON)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestPrivacy:
    def test_every_file_is_its_owners_whatever_the_umask(self, folder: Path) -> None:
        before = os.umask(0)
        try:
            with open_state("sqlite", folder) as state, state.exclusive("nightly"):
                key = new_signing_key()
                new_ledger(state.ledger, key, FileWitness(folder / "checkpoint")).append(event())
                found = [folder, *folder.rglob("*")]
                modes = {path.name: mode(path) for path in found}
        finally:
            os.umask(before)

        folders = {path.name for path in found if path.is_dir()}
        assert {"state.db", "state.db-wal", "state.db-shm", "checkpoint"} <= modes.keys()
        assert modes == {name: 0o700 if name in folders else 0o600 for name in modes}

    @pytest.mark.parametrize("name", ["", "state.db", "state.db-wal"])
    def test_what_others_can_reach_is_refused_and_the_fix_named(
        self, folder: Path, name: str
    ) -> None:
        with open_state("sqlite", folder) as state:
            state.runs.add(run("a"))
            path = folder / name
            path.chmod(mode(path) | stat.S_IRGRP)
            with pytest.raises(EnvironmentFailed) as caught:
                open_state("sqlite", folder)

        assert caught.value.hint.startswith("chmod ")

    def test_a_link_in_place_of_the_database_is_refused(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True)
        (folder / "elsewhere.db").touch(0o600)
        (folder / "state.db").symlink_to(folder / "elsewhere.db")

        with pytest.raises(EnvironmentFailed, match="plain file"):
            open_state("sqlite", folder)

    def test_a_folder_of_another_user_is_refused(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder.mkdir(mode=0o700, parents=True)
        monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)

        with pytest.raises(EnvironmentFailed, match="another user"):
            open_state("sqlite", folder)

    def test_a_destroyed_key_is_nowhere_in_the_files(self, folder: Path) -> None:
        wrapped = bytes(range(200, 256)) * 2
        version = KeyVersion(
            1, "email", KeyUse.INDEX, 1, KeyState.PRIMARY, NOON, "memory:root", wrapped
        )
        with open_state("sqlite", folder) as state:
            state.keys.add_domain(Domain("email", Normaliser.EMAIL), (version,))
            assert any(wrapped in path.read_bytes() for path in folder.iterdir())
            state.keys.destroy(1)

            assert not any(wrapped in path.read_bytes() for path in folder.iterdir())


class TestSchema:
    def test_migrations_and_tables_say_the_same(self, folder: Path) -> None:
        open_state("sqlite", folder).close()
        engine = create_engine(f"sqlite:///{folder / 'state.db'}")
        with engine.connect() as connection:
            options = {"version_table": schema.VERSION_TABLE, "compare_type": True}
            difference = compare_metadata(
                MigrationContext.configure(connection, opts=options), metadata
            )
        engine.dispose()

        assert difference == []

    def test_every_migration_is_known(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
        scripts = ScriptDirectory.from_config(config)

        known = [script.revision for script in scripts.walk_revisions()][::-1]
        assert tuple(known) == schema.REVISIONS

    def test_a_newer_schema_is_refused(self, folder: Path) -> None:
        open_state("sqlite", folder).close()
        with sqlite3.connect(folder / "state.db") as database:
            database.execute(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
        database.close()

        with pytest.raises(EnvironmentFailed, match="newer version"):
            open_state("sqlite", folder)

    def test_a_migration_that_fails_leaves_nothing(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder.mkdir(mode=0o700, parents=True)
        path = folder / "state.db"
        path.touch(0o600)
        with sqlite3.connect(path) as database:  # stands in the migration's way, late
            database.execute("CREATE TABLE ledger_head (something)")
        database.close()

        with pytest.raises(EnvironmentFailed):
            open_state("sqlite", folder)
        with sqlite3.connect(path) as database:
            tables = database.execute("SELECT name FROM sqlite_master").fetchall()
        database.close()
        assert tables == [("ledger_head",)]

    def test_opening_a_current_state_does_not_import_alembic(self, folder: Path) -> None:
        open_state("sqlite", folder).close()
        script = f"""
            import sys
            from pathlib import Path
            from lockgate.adapters.state_stores.sql.store import open_state
            open_state("sqlite", Path({str(folder)!r})).close()
            print("alembic" in sys.modules)
        """

        assert child(script).stdout == "False\n"

    def test_what_is_no_database_is_refused(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True)
        path = folder / "state.db"
        path.touch(0o600)
        path.write_bytes(CANARY.encode() * 500)

        with pytest.raises(EnvironmentFailed, match="SQLITE_NOTADB") as caught:
            open_state("sqlite", folder)
        assert CANARY not in str(caught.value)


class TestFailures:
    def test_a_full_disk_is_an_error_without_parameters_and_undoes_the_ledger(
        self, folder: Path
    ) -> None:
        with open_state("sqlite", folder) as state:
            key = new_signing_key()
            ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
            ledger.append(event(0))
            state.runs.add(run("a"))

            def overfill() -> None:
                with state.transaction():
                    ledger.append(event(1))
                    fill(state, folder)

            with pytest.raises(EnvironmentFailed, match="SQLITE_FULL") as caught:
                overfill()

            assert "disk is full" in caught.value.hint
            assert CANARY not in repr(caught.value) + str(caught.value.__context__)
            assert ledger.verify().size == 1
            assert [path.name for path in folder.glob("checkpoint*")] == ["checkpoint"]

    def test_a_transaction_that_fails_with_the_ledger_in_it_is_the_ledgers_failure(
        self, folder: Path
    ) -> None:
        with open_state("sqlite", folder) as state:
            ledger = new_ledger(state.ledger, new_signing_key(), FileWitness(folder / "checkpoint"))

            def fail() -> None:
                with state.transaction():
                    ledger.append(event(0))
                    raise_inside(state)

            with pytest.raises(LedgerUnwritable):
                fail()
            assert ledger.verify().size == 0

    def test_a_missing_folder_that_cannot_be_made_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(EnvironmentFailed):
            open_state("sqlite", tmp_path / "file" / ".lockgate")


def fill(state: object, folder: Path) -> None:
    """Write more than the database may hold."""
    connection = state._connections._required().connection
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    state.runs.add(replace(run("b"), receipt_json=CANARY * 10_000))


def raise_inside(state: object) -> None:
    """A statement that the database refuses, inside a joined transaction."""
    with state._connections.writing() as connection:
        connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:hunter2@localhost/state",  # pragma: allowlist secret
        "postgresql://ada@localhost/state?password=hunter2",
        "mysql://localhost/hunter2",
        "postgresql+asyncpg://localhost/hunter2",
        "no url with hunter2",
    ],
)
def test_a_url_with_a_password_or_of_another_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_postgres(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada@db.example/state?sslmode=require",
        "postgresql://ada@/state?host=db.example&sslmode=disable",
        "postgresql://ada@/state?host=/run/postgresql,db.example&sslmode=prefer",
        "postgresql://ada@/state?service=prod&sslmode=allow",
    ],
)
def test_a_server_elsewhere_without_verified_tls_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="verify-full"):
        postgres_engine(url)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(ConfigurationError) as caught:
        postgres_engine("postgresql://ada@localhost/state")
    assert "lockgate[postgres]" in caught.value.hint


def child(script: str) -> subprocess.CompletedProcess[str]:
    """Run ``script`` in a Python of its own."""
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done


def test_a_time_without_a_zone_is_refused(folder: Path) -> None:
    with open_state("sqlite", folder) as state:
        with pytest.raises(EnvironmentFailed):
            state.runs.add(replace(run("a"), started_at=datetime(2024, 1, 1)))
        state.runs.add(replace(run("a"), started_at=datetime(2024, 1, 1, tzinfo=UTC)))

        assert state.runs.get("a").started_at.tzinfo is not None
