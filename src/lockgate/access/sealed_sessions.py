"""Log-ins that whoever writes the database cannot make, lengthen, or give to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lockgate.access.identity_ports import IdentityStore, Session
from lockgate.access.row_seal import SealKey, is_sealed, seal_of
from lockgate.errors import IntegrityError


class SealedSessions:
    """Sessions of an ``IdentityStore``, sealed when they are written and checked when read."""

    def __init__(self, store: IdentityStore, key: SealKey) -> None:
        self._store = store
        self._key = key

    def add(self, session: Session) -> Session:
        """Remember a session, and forget those that expired before it started."""
        sealed = self._sealed(session)
        self._store.add_session(sealed)
        return sealed

    def get(self, session_id: str) -> Session | None:
        """The session of that id. Raises IntegrityError for one that this project did not write."""
        found = self._store.session(session_id)
        if found is None or is_sealed(found, self._key):
            return found
        raise IntegrityError(
            "a session in the state was not written by this project",
            hint="`lockgate access verify` says what else was not; then log in again",
        )

    def of(self, principal: str) -> Sequence[Session]:
        """All of a principal, oldest first; those that do not verify stand for nobody."""
        return [one for one in self._store.sessions(principal) if is_sealed(one, self._key)]

    def is_genuine(self, session: Session) -> bool:
        """Whether this project wrote the row, now or once."""
        return is_sealed(session, self._key)

    def renewed(self, session: Session, refresh: bytes, entry: int) -> Session | None:
        """With another renewal hash; None if it was changed since it was read."""
        generation = session.generation + 1
        return self._swap(
            session, replace(session, refresh=refresh, generation=generation, entry=entry)
        )

    def ended(self, session: Session, at: datetime, entry: int) -> Session | None:
        """Over; None if it had ended before, or was changed since it was read."""
        if session.ended_at is not None:
            return None
        return self._swap(session, replace(session, ended_at=at, refresh=b"", entry=entry))

    def _swap(self, before: Session, after: Session) -> Session | None:
        sealed = self._sealed(after)
        return sealed if self._store.swap_session(before, sealed) else None

    def _sealed(self, session: Session) -> Session:
        return replace(session, seal=seal_of(session, self._key))
