"""The state store: several stores over one database, and what opens it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from lockgate.access.grant_ports import AccessStore
from lockgate.access.identity_ports import IdentityStore
from lockgate.access.ports import UsedTokens
from lockgate.adapters.private_files import private_folder
from lockgate.adapters.state_stores.sql.access import SqlAccessStore
from lockgate.adapters.state_stores.sql.connect import postgres_engine, sqlite_engine
from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.identities import SqlIdentityStore
from lockgate.adapters.state_stores.sql.keys import SqlKeyStore
from lockgate.adapters.state_stores.sql.ledger import SqlLedgerStore
from lockgate.adapters.state_stores.sql.locks import advisory_lock, file_lock
from lockgate.adapters.state_stores.sql.quarantine import SqlQuarantineStore
from lockgate.adapters.state_stores.sql.reveals import SqlRevealStore
from lockgate.adapters.state_stores.sql.runs import SqlRunStore
from lockgate.adapters.state_stores.sql.salts import SqlSubjectSaltStore
from lockgate.adapters.state_stores.sql.schema import ensure_schema
from lockgate.adapters.state_stores.sql.used_tokens import SqlUsedTokens
from lockgate.keys.ports import KeyStore
from lockgate.ledger.ports import LedgerStore
from lockgate.run.state_ports import QuarantineStore, RevealStore, RunStore, SubjectSaltStore
from lockgate.secrets.resolver import BoundSecret

SQLITE = "sqlite"
DATABASE_NAME = "state.db"


def open_state(url: str, folder: Path, password: BoundSecret | None = None) -> SqlStateStore:
    """Open the state at ``url``: the word ``sqlite``, or a postgresql:// URL without password.

    ``password`` is asked for at every new connection to PostgreSQL.

    ``folder`` is the project's private folder (made with mode 0700 if missing);
    SQLite's file lies in it. Missing tables are made and old ones migrated.
    Raises EnvironmentFailed, and ConfigurationError for a URL that is refused.
    """
    private_folder(folder)
    file = folder / DATABASE_NAME
    engine = sqlite_engine(file) if url == SQLITE else postgres_engine(url, password)
    try:
        ensure_schema(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlStateStore(engine, folder)


class SqlStateStore:
    """A ``StateStore`` over an engine whose schema is current. A context manager."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._connections = Connections(engine)
        if (folder / f"{DATABASE_NAME}-wal").exists():
            self._connections.forget(seconds=0)
        self.runs: RunStore = SqlRunStore(self._connections)
        self.quarantine: QuarantineStore = SqlQuarantineStore(self._connections)
        self.keys: KeyStore = SqlKeyStore(self._connections)
        self.salts: SubjectSaltStore = SqlSubjectSaltStore(self._connections)
        self.ledger: LedgerStore = SqlLedgerStore(self._connections)
        self.reveals: RevealStore = SqlRevealStore(self._connections)
        self.used_tokens: UsedTokens = SqlUsedTokens(self._connections)
        self.access: AccessStore = SqlAccessStore(self._connections)
        self.identities: IdentityStore = SqlIdentityStore(self._connections)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside commit together, or none does. A nested call joins the outer one.

        Raises EnvironmentFailed; LedgerUnwritable if the ledger was part of it.
        """
        with self._connections.writing():
            yield

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""
        return self._connections.in_transaction

    @property
    def erased_bytes_remain(self) -> bool:
        """Whether what was erased is still in the state's files, until their readers end."""
        return self._connections.erased_bytes_remain

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock ``name`` against every other process; the system frees it on death."""
        if self._engine.dialect.name == "postgresql":
            return advisory_lock(self._engine, name)
        return file_lock(self._folder / "locks", name)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
