"""What the built-in issuer remembers: users, service accounts, sessions, and who guesses.

Names and times only, and what verifies a credential without being one. Times are aware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lockgate.access.lockout import Guesses


@dataclass(frozen=True, slots=True)
class User:
    """A person with a password. ``password`` is a PHC string of Argon2id (RFC 9106).

    ``entry`` is an entry of the ledger behind which nothing is told of the account that the row
    does not say; ``seal`` proves that this project wrote it.
    """

    name: str
    password: str = field(repr=False)
    created_at: datetime
    password_changed_at: datetime
    disabled_at: datetime | None = None
    entry: int = 0
    seal: bytes = field(default=b"", repr=False)

    @property
    def principal(self) -> str:
        """As grants and the ledger name it."""
        return f"user:{self.name}"


@dataclass(frozen=True, slots=True)
class Service:
    """A service account; its keys are ``ServiceKey``, and ``keys`` digests their seals.

    ``entry`` and ``seal`` are as a user's.
    """

    name: str
    created_at: datetime
    disabled_at: datetime | None = None
    keys: bytes = field(default=b"", repr=False)
    entry: int = 0
    seal: bytes = field(default=b"", repr=False)

    @property
    def principal(self) -> str:
        """As grants and the ledger name it."""
        return f"service:{self.name}"


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """The public half of a service account's key: Ed25519, 32 bytes (RFC 8032).

    ``kid`` is its thumbprint (RFC 7638). ``seal`` proves that this project wrote the row.
    """

    kid: str
    service: str
    public_key: bytes
    created_at: datetime
    expires_at: datetime
    seal: bytes = field(repr=False)
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in. ``refresh`` is the keyed hash of the secret that renews it, b"" if none does.

    ``generation`` counts renewals. ``ended_at`` is when it was ended before ``expires_at``.
    ``entry`` is the ledger's entry of its last change; ``seal`` proves that this project wrote it.
    """

    id: str
    principal: str
    started_at: datetime
    expires_at: datetime
    refresh: bytes = field(default=b"", repr=False)
    generation: int = 0
    ended_at: datetime | None = None
    entry: int = 0
    seal: bytes = field(default=b"", repr=False)

    def lives(self, at: datetime) -> bool:
        """Whether tokens of it stand for its principal."""
        return self.ended_at is None and self.started_at <= at < self.expires_at


class IdentityStore(Protocol):
    """Accounts and sessions, by name and id. What is unknown is None, or changes nothing."""

    def hold(self) -> None:
        """Until the open transaction ends, nobody else in it gets past here.

        Whoever reads something to decide what to write asks first. Raises EnvironmentFailed
        outside a transaction.
        """
        ...

    def add_user(self, user: User) -> None:
        """Raises UsageError if the name is taken."""
        ...

    def user(self, name: str) -> User | None: ...

    def users(self) -> Sequence[User]:
        """All, by name."""
        ...

    def put_user(self, user: User) -> None:
        """Put it in the place of the user of that name, if there is one."""
        ...

    def add_service(self, service: Service) -> None:
        """Raises UsageError if the name is taken."""
        ...

    def service(self, name: str) -> Service | None: ...

    def services(self) -> Sequence[Service]:
        """All, by name."""
        ...

    def put_service(self, service: Service) -> None:
        """Put it in the place of the service account of that name, if there is one."""
        ...

    def add_service_key(self, key: ServiceKey) -> None:
        """Raises UsageError if there is a key of that ``kid``."""
        ...

    def service_keys(self, service: str) -> Sequence[ServiceKey]:
        """All of a service account, oldest first, revoked and expired ones too."""
        ...

    def put_service_key(self, key: ServiceKey) -> None:
        """Put it in the place of the key of that ``kid``, if there is one."""
        ...

    def add_session(self, session: Session) -> None:
        """Remember a session, and forget those that expired before it started."""
        ...

    def session(self, session_id: str) -> Session | None: ...

    def sessions(self, principal: str | None = None) -> Sequence[Session]:
        """All that are remembered, of a principal if one is named, oldest first."""
        ...

    def swap_session(self, before: Session, after: Session) -> bool:
        """Put ``after`` in the place of ``before``, unless somebody changed it first.

        Compares id and seal; of any number of callers at once exactly one is told True.
        """
        ...

    def guesses(self, subject: str) -> Guesses | None:
        """What is remembered of guesses at an account, or from a source."""
        ...

    def set_guesses(self, subject: str, guesses_now: Guesses | None) -> None:
        """Remember that instead; None forgets."""
        ...
