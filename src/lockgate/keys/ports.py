"""What the keyring needs from the outside: a service that wraps, a store that remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lockgate.kernel.interface import Normaliser
from lockgate.secret import SecretBytes


class KeyService(Protocol):
    """Wraps data keys under a root key that never leaves it."""

    @property
    def id(self) -> str:
        """Stable name of the service and root key, stored beside what it wrapped."""
        ...

    def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
        """Wrap ``key`` bound to ``context``. Raises KeyUnavailable."""
        ...

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
        """Unwrap; raises KeyUnavailable if the root key or the context is another one."""
        ...

    def check(self) -> None:
        """May it wrap and unwrap, now? Raises KeyUnavailable if not."""
        ...


class KeyUse(StrEnum):
    """A domain's index key stays (joins); its encryption key has versions.

    Every domain has these two. A Fernet key is one that was imported.
    """

    INDEX = "index"
    ENCRYPTION = "encryption"
    FERNET = "fernet"


DOMAIN_USES = (KeyUse.INDEX, KeyUse.ENCRYPTION)


class KeyState(StrEnum):
    """NIST SP 800-57 key states that we use; what waits to be destroyed opens nothing."""

    PRIMARY = "primary"
    DECRYPT_ONLY = "decrypt-only"
    PENDING_DESTRUCTION = "to-be-destroyed"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One stored key version. ``number`` is unique in the keyring (1 .. 2**24 - 1).

    ``destroy_at`` is when its destruction is due, while it waits for that.
    """

    number: int
    domain: str
    use: KeyUse
    version: int
    state: KeyState
    created_at: datetime
    service: str
    wrapped: bytes
    destroy_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Domain:
    """A key domain: the unit of joining. Its normaliser never changes."""

    name: str
    normaliser: Normaliser


@dataclass(frozen=True, slots=True)
class DerivedKey:
    """A key derived for one purpose, and the number of the key version it came from."""

    number: int
    key: SecretBytes


class KeyAction(StrEnum):
    """What the keyring did to a key version."""

    CREATED = "created"
    ROTATED = "rotated"
    DESTRUCTION_SCHEDULED = "destruction-scheduled"
    DESTRUCTION_CANCELLED = "destruction-cancelled"
    DESTROYED = "destroyed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class KeyNotice:
    """What the keyring tells its recorder, inside the transaction that does it.

    ``purpose`` is empty where nobody was asked for one. ``destroy_at`` belongs to a scheduled
    destruction, ``from_service`` and ``to_service`` to a move.
    """

    action: KeyAction
    at: datetime
    domain: str
    use: KeyUse
    number: int
    version: int
    purpose: str = ""
    destroy_at: datetime | None = None
    from_service: str = ""
    to_service: str = ""


class KeyStore(Protocol):
    """Durable home of domains and wrapped versions."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside commit together, or none does. A nested call joins the outer one.

        Inside, no other process changes keys.
        """
        ...

    def domains(self) -> Sequence[Domain]:
        """All domains, by name."""
        ...

    def domain(self, name: str) -> Domain | None:
        """One domain, if it exists."""
        ...

    def versions(self, domain: str | None = None) -> Sequence[KeyVersion]:
        """Versions of one domain or of all, by number."""
        ...

    def version(self, number: int) -> KeyVersion | None:
        """One version, if it exists."""
        ...

    def add_domain(self, domain: Domain, versions: Sequence[KeyVersion]) -> None:
        """Add a domain with its first versions, all or nothing. Raises if it exists."""
        ...

    def add_versions(self, versions: Sequence[KeyVersion]) -> None:
        """Add versions to domains that exist. Raises UsageError if a number is taken."""
        ...

    def next_number(self) -> int:
        """A key number never handed out before."""
        ...

    def last_number(self) -> int:
        """The highest key number that was ever handed out; 0 if none was."""
        ...

    def reserve_numbers(self, last: int) -> None:
        """Hand out no number up to ``last`` from now on."""
        ...

    def rotate(self, new: KeyVersion) -> None:
        """In one transaction: ``new`` becomes primary, the primary before it decrypt-only."""
        ...

    def set_state(self, number: int, state: KeyState, destroy_at: datetime | None) -> None:
        """Change a version's state, wrapped bytes untouched. Raises KeyUnavailable if unknown."""
        ...

    def rewrap(self, number: int, service: str, wrapped: bytes) -> None:
        """Put other wrapped bytes of ``service`` in the place of a version's, and erase those.

        Raises KeyUnavailable if the version is unknown.
        """
        ...

    def destroy(self, number: int) -> None:
        """Mark a version destroyed, erase its wrapped bytes. Raises KeyUnavailable if unknown."""
        ...
