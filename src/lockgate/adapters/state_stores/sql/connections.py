"""One transaction a thread at a time; what is called inside another joins it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine

from lockgate.adapters.state_stores.sql.connect import ALONE, BUSY_SECONDS, WRITE
from lockgate.adapters.state_stores.sql.failures import database_errors
from lockgate.errors import EnvironmentFailed, LedgerUnwritable


@dataclass(slots=True)
class _Open:
    connection: Connection
    doomed: bool = False
    recorded: bool = False
    erased: bool = False
    committed: list[Callable[[], None]] = field(default_factory=list)
    undone: list[Callable[[], None]] = field(default_factory=list)


class Connections:
    """Hands the stores a connection: the thread's open transaction, or one of their own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._alone = engine.execution_options(**_single_statements(engine))
        self._local = threading.local()
        self.erased_bytes_remain = False
        """Whether a reader kept erased bytes in SQLite's files, until it ends."""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at its outermost end, or is undone by any exception.

        Raises EnvironmentFailed; LedgerUnwritable if the ledger was part of it.
        """
        joined = self._current()
        if joined is not None:
            try:
                with database_errors():
                    yield joined.connection
            except BaseException:
                joined.doomed = True  # even if the caller goes on: all together or none
                raise
            return
        with database_errors():
            connection = self.engine.connect().execution_options(**{WRITE: True})
        opened = _Open(connection)
        self._local.open = opened
        ended = opened.undone
        try:
            with connection, database_errors(), connection.begin():
                yield connection
                _refuse_doomed(opened)
            ended = opened.committed
        except EnvironmentFailed as error:
            if not opened.recorded or isinstance(error, LedgerUnwritable):
                raise
            raise LedgerUnwritable(error.message, hint=error.hint) from None
        finally:
            self._local.open = None
            for action in ended:
                action()
        if opened.erased:
            self.forget()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The open transaction's connection, or one that sees what was committed.

        For a single statement, which sees one moment: a transaction around it would give nothing,
        and take as long again.
        """
        opened = self._current()
        with database_errors():
            if opened is not None:
                yield opened.connection
                return
            with self._alone.connect() as connection:
                yield connection

    @contextmanager
    def reading_on(self) -> Iterator[Connection]:
        """The same for several statements that belong together."""
        opened = self._current()
        with database_errors():
            if opened is not None:
                yield opened.connection
                return
            with self.engine.connect() as connection, connection.begin():
                yield connection

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has one open."""
        return self._current() is not None

    def at_end(self, committed: Callable[[], None], undone: Callable[[], None]) -> None:
        """Call one of the two when the open transaction has ended."""
        opened = self._required()
        opened.committed.append(committed)
        opened.undone.append(undone)

    def recorded(self) -> None:
        """The open transaction now holds ledger entries: its failure is the ledger's."""
        self._required().recorded = True

    def erased(self) -> None:
        """The open transaction erases something that should not linger in a write-ahead log."""
        self._required().erased = True

    def forget(self, seconds: int = 2) -> None:
        """Fold SQLite's write-ahead log into the file and empty it, unless a reader holds it.

        It is waited for so many ``seconds``. ``erased_bytes_remain`` then says so; the next
        one to open the state tries again.
        """
        if self.engine.dialect.name == "sqlite":
            with database_errors(), self.engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                if raw is not None:
                    cursor = raw.cursor()
                    cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000}")
                    busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
                    self.erased_bytes_remain = bool(busy)

    def _required(self) -> _Open:
        opened = self._current()
        if opened is None:
            raise EnvironmentFailed("no transaction is open")
        return opened

    def _current(self) -> _Open | None:
        return getattr(self._local, "open", None)


def _single_statements(engine: Engine) -> dict[str, Any]:
    """Options of connections whose every statement is a transaction of its own."""
    if engine.dialect.name == "sqlite":
        return {ALONE: True}
    return {"isolation_level": "AUTOCOMMIT"}


def _refuse_doomed(opened: _Open) -> None:
    if opened.doomed:
        raise EnvironmentFailed("a step of the transaction failed, so none of it was kept")
