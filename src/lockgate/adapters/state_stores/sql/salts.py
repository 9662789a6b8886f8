"""Sealed salts of subjects in SQL: a batch of them is one statement, never one a person.

What is asked for goes to the database as one run of bytes, 16 a subject, which the statement
cuts. So there is no parameter a person, and one text serves SQLite and PostgreSQL.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Integer, LargeBinary, TextClause, bindparam, func, select, text

from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables import UtcTime, subject_salts
from lockgate.kernel.varlen import view
from lockgate.run.state_ports import SUBJECT_BYTES, SaltRows
from lockgate.run.subject_salts import salts_changed

_EACH = (
    "WITH RECURSIVE each (i) AS"
    " (SELECT 0 WHERE :count > 0 UNION ALL SELECT i + 1 FROM each WHERE i + 1 < :count) "
)
_ASKED = "substr(:asked, 1 + 16 * each.i, 16)"


def _statement(sql: str, *blobs: str) -> TextClause:
    given = [bindparam(name, type_=LargeBinary) for name in blobs]
    return text(_EACH + sql).bindparams(*given, bindparam("count", type_=Integer))


def _finding(column: str) -> TextClause:
    found = "SELECT each.i, s.subject_index, s.handle, s.sealed FROM each JOIN subject_salts s"
    return _statement(f"{found} ON s.{column} = {_ASKED}", "asked")


_OF_SUBJECTS = _finding("subject_index")
_OF_HANDLES = _finding("handle")
_ADD = _statement(
    "INSERT INTO subject_salts (subject_index, handle, sealed, created_at)"
    " SELECT substr(:asked, 1 + 16 * each.i, 16), substr(:handles, 1 + 16 * each.i, 16),"
    " substr(:sealed, 1 + :length * each.i, :length), :at FROM each WHERE true"
    " ON CONFLICT (subject_index) DO NOTHING",
    "asked",
    "handles",
    "sealed",
).bindparams(bindparam("at", type_=UtcTime), bindparam("length", type_=Integer))
# It begins with UPDATE: of what begins with WITH, SQLite counts no rows.
_DESTROY = text(
    "UPDATE subject_salts SET subject_index = NULL, sealed = NULL, shredded_at = :at"  # noqa: S608 - constants
    " WHERE sealed IS NOT NULL AND handle IN (" + _EACH + "SELECT " + _ASKED + " FROM each)"
).bindparams(
    bindparam("asked", type_=LargeBinary),
    bindparam("count", type_=Integer),
    bindparam("at", type_=UtcTime),
)


class SqlSubjectSaltStore:
    """A ``SubjectSaltStore`` over ``subject_salts``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._adding = threading.Lock()

    def of_subjects(self, indices: pa.FixedSizeBinaryArray) -> SaltRows:
        """Those of the subjects that have a salt, in the order asked for."""
        return self._find(_OF_SUBJECTS, indices)

    def of_handles(self, handles: pa.FixedSizeBinaryArray) -> SaltRows:
        """Those of the handles there are, destroyed ones too, in the order asked for."""
        return self._find(_OF_HANDLES, handles)

    def add(
        self,
        indices: pa.FixedSizeBinaryArray,
        handles: pa.FixedSizeBinaryArray,
        sealed: pa.BinaryArray,
        created_at: datetime,
    ) -> None:
        """Keep new salts, durably. A subject that has one, from whomever, keeps that one.

        Two writers meet in the order of the indices, so that neither waits for the other in turn.
        """
        order = pc.array_sort_indices(indices.cast(pa.binary()))
        given = {
            "asked": _joined(indices.take(order)),
            "handles": _joined(handles.take(order)),
            "sealed": _joined(sealed.take(order)),
            "length": len(sealed[0].as_py()) if len(sealed) else 0,
            "count": len(indices),
            "at": created_at,
        }
        with self._adding, self._connections.writing() as connection:
            connection.execute(_ADD, given)

    def destroy(self, handles: pa.FixedSizeBinaryArray, at: datetime) -> int:
        """Erase the salts, and whose they were; how many there were. What is gone stays gone."""
        given = {"asked": _joined(handles), "count": len(handles), "at": at}
        with self._connections.writing() as connection:
            done = connection.execute(_DESTROY, given)
            self._connections.erased()
            return int(done.rowcount)

    def live_handles(self, after: bytes, limit: int) -> pa.FixedSizeBinaryArray:
        """Handles with a salt, in order, from behind ``after`` on (b"" for all), a page of them."""
        column = subject_salts.c.handle
        query = select(column).where(subject_salts.c.sealed.is_not(None), column > after)
        with self._connections.reading() as connection:
            found = connection.execute(query.order_by(column).limit(limit)).scalars().all()
        return pa.array([bytes(one) for one in found], pa.binary(SUBJECT_BYTES))

    def count(self) -> tuple[int, int]:
        """How many subjects have a salt, and how many salts were destroyed."""
        query = select(func.count(subject_salts.c.sealed), func.count(subject_salts.c.shredded_at))
        with self._connections.reading() as connection:
            live, gone = connection.execute(query).one()
        return int(live), int(gone)

    def _find(self, query: TextClause, asked: pa.FixedSizeBinaryArray) -> SaltRows:
        """Asked for in the order of the database's index, so that it reads each page once."""
        order = pc.array_sort_indices(asked.cast(pa.binary()))
        given = {"asked": _joined(asked.take(order)), "count": len(asked)}
        with self._connections.reading() as connection:
            found = connection.execute(query, given).all()
        places, indices, handles, sealed = zip(*found, strict=True) if found else ((), (), (), ())
        asked_for = order.take(pa.array(places, pa.int32())).cast(pa.int32())
        back = pc.array_sort_indices(asked_for)
        return SaltRows(
            asked_for.take(back),
            _column(indices, pa.binary(SUBJECT_BYTES)).take(back),
            _column(handles, pa.binary(SUBJECT_BYTES)).take(back),
            _column(sealed, pa.binary()).take(back),
        )


def _column(values: Sequence[bytes | None], kind: pa.DataType) -> pa.Array:
    """Raises IntegrityError for what cannot have been written, without repeating it."""
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise salts_changed() from None


def _joined(parts: pa.Array) -> bytes:
    """The bytes of all parts behind one another; they are of one length and none is null."""
    return view(parts.cast(pa.binary()))[0].tobytes()
