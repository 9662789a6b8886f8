"""Accounts, sessions and counted guesses in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
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

    def set_password(self, name: str, password: str, changed_at: datetime) -> None:
        """Put another PHC string in the place of a user's."""
        with self._state.transaction():
            if (user := self.user(name)) is not None:
                changed = replace(user, password=password, password_changed_at=changed_at)
                self._all.users[name] = changed

    def set_user_disabled(self, name: str, disabled_at: datetime | None) -> None:
        """Since when, or no longer."""
        with self._state.transaction():
            if (user := self.user(name)) is not None:
                self._all.users[name] = replace(user, disabled_at=disabled_at)

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

    def set_service_disabled(self, name: str, disabled_at: datetime | None) -> None:
        """Since when, or no longer."""
        with self._state.transaction():
            if (service := self.service(name)) is not None:
                self._all.services[name] = replace(service, disabled_at=disabled_at)

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

    def revoke_service_key(self, kid: str, at: datetime) -> None:
        """The first time stays."""
        with self._state.transaction():
            key = self._all.keys.get(kid)
            if key is not None and key.revoked_at is None:
                self._all.keys[kid] = replace(key, revoked_at=at)

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

    def sessions(self, principal: str) -> Sequence[Session]:
        """All of a principal, oldest first."""
        found = [one for one in self._all.sessions.values() if one.principal == principal]
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
