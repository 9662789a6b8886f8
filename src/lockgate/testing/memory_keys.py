"""Key domains and versions in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lockgate.errors import KeyUnavailable, UsageError
from lockgate.keys.ports import Domain, KeyState, KeyVersion

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore


class MemoryKeyStore:
    """A ``KeyStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside are kept together, or none is."""
        return self._state.transaction()

    def domains(self) -> Sequence[Domain]:
        """All domains, by name."""
        return [domain for _, domain in sorted(self._state.tables.domains.items())]

    def domain(self, name: str) -> Domain | None:
        """One domain, if it exists."""
        return self._state.tables.domains.get(name)

    def versions(self, domain: str | None = None) -> Sequence[KeyVersion]:
        """Versions of one domain or of all, by number."""
        versions = [version for _, version in sorted(self._state.tables.versions.items())]
        return [version for version in versions if domain in (None, version.domain)]

    def version(self, number: int) -> KeyVersion | None:
        """One version, if it exists."""
        return self._state.tables.versions.get(number)

    def add_domain(self, domain: Domain, versions: Sequence[KeyVersion]) -> None:
        """Add a domain with its first versions, all or nothing. Raises UsageError if it exists."""
        with self.transaction():
            if domain.name in self._state.tables.domains:
                raise UsageError(f"key domain {domain.name!r} exists already")
            self._state.tables.domains[domain.name] = domain
            self._state.tables.versions.update({v.number: v for v in versions})

    def add_versions(self, versions: Sequence[KeyVersion]) -> None:
        """Add versions to domains that exist. Raises UsageError if a number is taken."""
        with self.transaction():
            for version in versions:
                if version.number in self._state.tables.versions:
                    raise UsageError(f"key number {version.number} is taken")
                self._state.tables.versions[version.number] = version

    def next_number(self) -> int:
        """A key number never handed out before."""
        with self.transaction():
            self._state.tables.last_number += 1
            return self._state.tables.last_number

    def last_number(self) -> int:
        """The highest key number that was ever handed out; 0 if none was."""
        return self._state.tables.last_number

    def reserve_numbers(self, last: int) -> None:
        """Hand out no number up to ``last`` from now on."""
        with self.transaction():
            self._state.tables.last_number = max(last, self._state.tables.last_number)

    def rotate(self, new: KeyVersion) -> None:
        """In one transaction: ``new`` becomes primary, the primary before it decrypt-only."""
        with self.transaction():
            versions = self._state.tables.versions
            for old in self.versions(new.domain):
                if old.use is new.use and old.state is KeyState.PRIMARY:
                    versions[old.number] = replace(old, state=KeyState.DECRYPT_ONLY)
            versions[new.number] = new

    def set_state(self, number: int, state: KeyState, destroy_at: datetime | None) -> None:
        """Change a version's state, wrapped bytes untouched. Raises KeyUnavailable if unknown."""
        self._change(number, state=state, destroy_at=destroy_at)

    def rewrap(self, number: int, service: str, wrapped: bytes) -> None:
        """Put other wrapped bytes of ``service`` in the place of a version's.

        Raises KeyUnavailable if the version is unknown.
        """
        self._change(number, service=service, wrapped=wrapped)

    def destroy(self, number: int) -> None:
        """Mark a version destroyed, erase its wrapped bytes. Raises KeyUnavailable if unknown."""
        self._change(number, state=KeyState.DESTROYED, wrapped=b"", destroy_at=None)

    def _change(self, number: int, **changes: Any) -> None:
        with self.transaction():
            old = self.version(number)
            if old is None:
                raise KeyUnavailable(f"there is no key number {number}")
            self._state.tables.versions[number] = replace(old, **changes)
