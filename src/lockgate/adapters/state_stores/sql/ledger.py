"""Leaves, checkpoints and the head in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Boolean, Row, and_, func, insert, literal, or_, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables import (
    ledger_checkpoints,
    ledger_entries,
    ledger_head,
)
from lockgate.ledger.ports import LedgerHead, StoredCheckpoint, StoredEntry

_HASH_BYTES = 32

# Made once: making them takes longer than what SQLite does with them.
_HEAD = select(ledger_head)
_HEAD_LOCKED = _HEAD.with_for_update()
_ADD_LEAF = insert(ledger_entries)
_ADD_CHECKPOINT = insert(ledger_checkpoints)
_MOVE_HEAD = update(ledger_head)


class SqlLedgerStore:
    """A ``LedgerStore``: the head's row is the lock that puts all writers in one line."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @contextmanager
    def writing(self) -> Iterator[LedgerHead]:
        """Join or begin a write transaction, lock the ledger, give its head."""
        with self._connections.writing() as connection:
            yield _head(connection.execute(_HEAD_LOCKED).one())

    def append(self, entries: Sequence[StoredEntry], head: LedgerHead) -> None:
        """Inside ``writing``: add entries and their checkpoint, move the head."""
        leaves = [{"index": e.index, "leaf": e.leaf, "hash": e.hash} for e in entries]
        frontier = b"".join(head.frontier)
        with self._connections.writing() as connection:
            self._connections.recorded()
            connection.execute(_ADD_LEAF, leaves)
            connection.execute(_ADD_CHECKPOINT, {"size": head.size, "note": head.checkpoint})
            moved = {"size": head.size, "frontier": frontier, "checkpoint": head.checkpoint}
            connection.execute(_MOVE_HEAD, moved)

    def at_end(self, committed: Callable[[], None], undone: Callable[[], None]) -> None:
        """Inside ``writing``: call one of the two once the transaction has ended."""
        self._connections.at_end(committed, undone)

    def head(self) -> LedgerHead:
        """The head as committed, or as the open transaction has it."""
        with self._connections.reading() as connection:
            return _head(connection.execute(_HEAD).one())

    def read(self, start: int, count: int) -> Sequence[StoredEntry]:
        """Up to ``count`` entries with an index of ``start`` or more, in index order."""
        index = ledger_entries.c.index
        query = select(ledger_entries).where(index >= start).order_by(index).limit(count)
        with self._connections.reading() as connection:
            rows = connection.execute(query).all()
        return [StoredEntry(row[0], bytes(row[1]), bytes(row[2])) for row in rows]

    def find(self, start: int, texts: Sequence[Sequence[bytes]]) -> Sequence[StoredEntry]:
        """Entries from ``start`` on whose leaf holds every text of one of the groups, in order."""
        index, leaf = ledger_entries.c.index, ledger_entries.c.leaf
        held = or_(*(and_(*(_Holds(leaf, literal(text)) for text in group)) for group in texts))
        query = select(ledger_entries).where(index >= start, held).order_by(index)
        with self._connections.reading() as connection:
            rows = connection.execute(query).all()
        return [StoredEntry(row[0], bytes(row[1]), bytes(row[2])) for row in rows]

    def count(self, start: int) -> int:
        """How many entries there are from ``start`` on."""
        query = select(func.count()).where(ledger_entries.c.index >= start)
        with self._connections.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def checkpoints(self, start: int, count: int) -> Sequence[StoredCheckpoint]:
        """Up to ``count`` checkpoints of size ``start`` or more, in size order."""
        size = ledger_checkpoints.c.size
        query = select(ledger_checkpoints).where(size >= start).order_by(size).limit(count)
        with self._connections.reading() as connection:
            rows = connection.execute(query).all()
        return [StoredCheckpoint(row[0], row[1]) for row in rows]


class _Holds(GenericFunction[bool]):
    """Whether bytes hold other bytes: each database has its own function for that."""

    type = Boolean()
    inherit_cache = True
    name = "lockgate_holds"


@compiles(_Holds, "sqlite")
def _holds_sqlite(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    whole, part = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(instr({whole}, {part}) > 0)"


@compiles(_Holds, "postgresql")
def _holds_postgresql(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    whole, part = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(position({part} IN {whole}) > 0)"


def _head(row: Row[Any]) -> LedgerHead:
    joined = bytes(row.frontier)
    starts = range(0, len(joined), _HASH_BYTES)
    frontier = tuple(joined[start : start + _HASH_BYTES] for start in starts)
    return LedgerHead(int(row.size), frontier, row.checkpoint)
