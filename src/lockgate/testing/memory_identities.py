"""Accounts, sessions and counted guesses in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockgate.access.identity_ports import Service, ServiceKey, Session, User
from lockgate.access.lockout import Guesses
from lockgate.errors import EnvironmentFailed, UsageError

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore


@dataclass(slots=True)
class Identities:
    """What a transaction keeps or undoes of the built-in issuer."""

    users: dict[str, User] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    keys: dict[str, ServiceKey] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    guesses: dict[str, Guesses] = field(default_factory=dict)

    def copy(self) -> Identities:
        """As it is now."""
        return Identities(
            dict(self.users),
            dict(self.services),
            dict(self.keys),
            dict(self.sessions),
            dict(self.guesses),
        )


class MemoryIdentityStore:
    """An ``IdentityStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state

    @property
    def _all(self) -> Identities:
        return self._state.tables.identities

    def hold(self) -> None:
        """One thread has this store anyway."""
        if not self._state.in_transaction:
            raise EnvironmentFailed("no transaction is open")

    def add_user(self, user: User) -> None:
        """Raises UsageError if the name is taken."""
        with self._state.transaction():
            if user.name in self._all.users:
                raise UsageError("a user of that name exists already")
            self._all.users[user.name] = user

    def user(self, name: str) -> User | None:
        """One user, if there is one."""
        return self._all.users.get(name)

    def users(self) -> Sequence[User]:
        """All, by name."""
        return [self._all.users[name] for name in sorted(self._all.users)]

    def put_user(self, user: User) -> None:
        """Put it in the place of the user of that name, if there is one."""
        with self._state.transaction():
            if user.name in self._all.users:
                self._all.users[user.name] = user

    def add_service(self, service: Service) -> None:
        """Raises UsageError if the name is taken."""
        with self._state.transaction():
            if service.name in self._all.services:
                raise UsageError("a service account of that name exists already")
            self._all.services[service.name] = service

    def service(self, name: str) -> Service | None:
        """One service account, if there is one."""
        return self._all.services.get(name)

    def services(self) -> Sequence[Service]:
        """All, by name."""
        return [self._all.services[name] for name in sorted(self._all.services)]

    def put_service(self, service: Service) -> None:
        """Put it in the place of the service account of that name, if there is one."""
        with self._state.transaction():
            if service.name in self._all.services:
                self._all.services[service.name] = service

    def add_service_key(self, key: ServiceKey) -> None:
        """Raises UsageError if there is a key of that ``kid``."""
        with self._state.transaction():
            if key.kid in self._all.keys:
                raise UsageError("this key is a service account's already")
            self._all.keys[key.kid] = key

    def service_keys(self, service: str) -> Sequence[ServiceKey]:
        """All of a service account, oldest first."""
        found = [key for key in self._all.keys.values() if key.service == service]
        return sorted(found, key=lambda key: (key.created_at, key.kid))

    def put_service_key(self, key: ServiceKey) -> None:
        """Put it in the place of the key of that ``kid``, if there is one."""
        with self._state.transaction():
            if key.kid in self._all.keys:
                self._all.keys[key.kid] = key

    def add_session(self, session: Session) -> None:
        """Remember a session, and forget those that expired before it started."""
        with self._state.transaction():
            kept = {
                one.id: one
                for one in self._all.sessions.values()
                if one.expires_at >= session.started_at
            }
            self._all.sessions = {**kept, session.id: session}

    def session(self, session_id: str) -> Session | None:
        """One session, if it is remembered."""
        return self._all.sessions.get(session_id)

    def sessions(self, principal: str | None = None) -> Sequence[Session]:
        """All, or all of a principal, oldest first."""
        kept = self._all.sessions.values()
        found = [one for one in kept if principal is None or one.principal == principal]
        return sorted(found, key=lambda session: (session.started_at, session.id))

    def swap_session(self, before: Session, after: Session) -> bool:
        """Put ``after`` in the place of ``before``, unless somebody changed it first."""
        with self._state.transaction():
            old = self.session(before.id)
            if old is None or old.seal != before.seal:
                return False
            self._all.sessions[before.id] = after
        return True

    def guesses(self, subject: str) -> Guesses | None:
        """What is remembered of guesses at an account, or from a source."""
        return self._all.guesses.get(subject)

    def set_guesses(self, subject: str, guesses_now: Guesses | None) -> None:
        """Remember that instead; None forgets."""
        with self._state.transaction():
            if guesses_now is None:
                self._all.guesses.pop(subject, None)
            else:
                self._all.guesses[subject] = guesses_now
