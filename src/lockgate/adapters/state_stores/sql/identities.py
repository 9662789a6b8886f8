"""Accounts, sessions and counted guesses of the built-in issuer in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, insert, select, text, update

from lockgate.access.identity_ports import Service, ServiceKey, Session, User
from lockgate.access.lockout import Guesses
from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables_identities import (
    guesses,
    service_keys,
    services,
    sessions,
    users,
)
from lockgate.errors import EnvironmentFailed, UsageError

_LOCK = 0x6C67_6964_656E_7469
"""Of PostgreSQL's advisory locks: the letters "lgidenti"."""


# Asked at every decision, and made once: making one takes as long as asking.
_USER = select(users).where(users.c.name == bindparam("key"))
_SERVICE = select(services).where(services.c.name == bindparam("key"))
_SESSION = select(sessions).where(sessions.c.id == bindparam("key"))


class SqlIdentityStore:
    """An ``IdentityStore`` over five tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def hold(self) -> None:
        """SQLite has one writer at a time anyway; PostgreSQL has an advisory lock for it."""
        if not self._connections.in_transaction:
            raise EnvironmentFailed("no transaction is open")
        with self._connections.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def add_user(self, user: User) -> None:
        """Raises UsageError if the name is taken."""
        self._add(users, user, users.c.name == user.name, "a user of that name exists already")

    def user(self, name: str) -> User | None:
        """One user, if there is one."""
        found = self._one(_USER, name)
        return None if found is None else _user(found)

    def users(self) -> Sequence[User]:
        """All, by name."""
        return sorted(map(_user, self._rows(users)), key=lambda user: user.name)

    def put_user(self, user: User) -> None:
        """Put it in the place of the user of that name; no password of before stays in the file."""
        one = users.c.name == user.name
        same = bool(self._rows(users, one & (users.c.password == user.password)))
        self._change(users, one, erase=not same, **_values(user))

    def add_service(self, service: Service) -> None:
        """Raises UsageError if the name is taken."""
        one = services.c.name == service.name
        self._add(services, service, one, "a service account of that name exists already")

    def service(self, name: str) -> Service | None:
        """One service account, if there is one."""
        found = self._one(_SERVICE, name)
        return None if found is None else _service(found)

    def services(self) -> Sequence[Service]:
        """All, by name."""
        found = map(_service, self._rows(services))
        return sorted(found, key=lambda service: service.name)

    def put_service(self, service: Service) -> None:
        """Put it in the place of the service account of that name, if there is one."""
        self._change(services, services.c.name == service.name, **_values(service))

    def add_service_key(self, key: ServiceKey) -> None:
        """Raises UsageError if there is a key of that ``kid``."""
        one = service_keys.c.kid == key.kid
        self._add(service_keys, key, one, "this key is a service account's already")

    def service_keys(self, service: str) -> Sequence[ServiceKey]:
        """All of a service account, oldest first."""
        rows = self._rows(service_keys, service_keys.c.service == service)
        return sorted(map(_service_key, rows), key=lambda key: (key.created_at, key.kid))

    def put_service_key(self, key: ServiceKey) -> None:
        """Put it in the place of the key of that ``kid``, if there is one."""
        self._change(service_keys, service_keys.c.kid == key.kid, **_values(key))

    def add_session(self, session: Session) -> None:
        """Remember a session, and forget those that expired before it started."""
        over = delete(sessions).where(sessions.c.expires_at < session.started_at)
        with self._connections.writing() as connection:
            connection.execute(over)
            connection.execute(insert(sessions).values(**_values(session)))

    def session(self, session_id: str) -> Session | None:
        """One session, if it is remembered."""
        found = self._one(_SESSION, session_id)
        return None if found is None else _session(found)

    def sessions(self, principal: str | None = None) -> Sequence[Session]:
        """All, or all of a principal, oldest first."""
        rows = self._rows(
            sessions, None if principal is None else sessions.c.principal == principal
        )
        return sorted(map(_session, rows), key=lambda session: (session.started_at, session.id))

    def swap_session(self, before: Session, after: Session) -> bool:
        """Put ``after`` in the place of ``before``, unless somebody changed it first."""
        one = (sessions.c.id == before.id) & (sessions.c.seal == before.seal)
        return self._change(sessions, one, **_values(after))

    def guesses(self, subject: str) -> Guesses | None:
        """What is remembered of guesses at an account, or from a source."""
        found = self._rows(guesses, guesses.c.subject == subject)
        if not found:
            return None
        return Guesses(**{name: found[0][name] for name in Guesses.__slots__})

    def set_guesses(self, subject: str, guesses_now: Guesses | None) -> None:
        """Remember that instead; None forgets."""
        one = guesses.c.subject == subject
        with self._connections.writing() as connection:
            if guesses_now is None:
                connection.execute(delete(guesses).where(one))
                return
            values = _values(guesses_now)
            if not connection.execute(update(guesses).where(one).values(**values)).rowcount:
                connection.execute(insert(guesses).values(subject=subject, **values))

    def _one(self, query: Select[Any], key: str) -> dict[str, Any] | None:
        with self._connections.reading() as connection:
            found = connection.execute(query, {"key": key}).mappings().first()
        return None if found is None else dict(found)

    def _rows(self, table: Table, condition: Any = None) -> list[dict[str, Any]]:
        query = select(table) if condition is None else select(table).where(condition)
        with self._connections.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _add(self, table: Table, record: Any, one: Any, taken: str) -> None:
        with self._connections.writing() as connection:
            if connection.execute(select(table).where(one)).first() is not None:
                raise UsageError(taken)
            connection.execute(insert(table).values(**_values(record)))

    def _change(self, table: Table, one: Any, *, erase: bool = False, **values: Any) -> bool:
        with self._connections.writing() as connection:
            changed = connection.execute(update(table).where(one).values(**values)).rowcount
            if erase and changed:
                self._connections.erased()
        return bool(changed)


def _values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _user(row: dict[str, Any]) -> User:
    return User(**{**row, "seal": bytes(row["seal"])})


def _service(row: dict[str, Any]) -> Service:
    return Service(**{**row, "keys": bytes(row["keys"]), "seal": bytes(row["seal"])})


def _service_key(row: dict[str, Any]) -> ServiceKey:
    return ServiceKey(**{**row, "public_key": bytes(row["public_key"]), "seal": bytes(row["seal"])})


def _session(row: dict[str, Any]) -> Session:
    return Session(**{**row, "refresh": bytes(row["refresh"]), "seal": bytes(row["seal"])})
