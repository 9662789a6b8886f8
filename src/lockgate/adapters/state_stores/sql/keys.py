"""Key domains and wrapped key versions in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables import key_counter, key_domains, key_versions
from lockgate.errors import IntegrityError, KeyUnavailable, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import Domain, KeyState, KeyUse, KeyVersion


class SqlKeyStore:
    """A ``KeyStore`` over ``key_domains``, ``key_versions`` and a counter that only grows."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One process changes keys at a time: the counter's row is the lock."""
        with self._connections.writing() as connection:
            connection.execute(select(key_counter.c.last).with_for_update())
            yield

    def domains(self) -> Sequence[Domain]:
        """All domains, by name."""
        with self._connections.reading() as connection:
            rows = connection.execute(select(key_domains)).all()
        return sorted((_domain(row) for row in rows), key=lambda domain: domain.name)

    def domain(self, name: str) -> Domain | None:
        """One domain, if it exists."""
        with self._connections.reading() as connection:
            query = select(key_domains).where(key_domains.c.name == name)
            row = connection.execute(query).first()
        return None if row is None else _domain(row)

    def versions(self, domain: str | None = None) -> Sequence[KeyVersion]:
        """Versions of one domain or of all, by number."""
        query = select(key_versions).order_by(key_versions.c.number)
        if domain is not None:
            query = query.where(key_versions.c.domain == domain)
        with self._connections.reading() as connection:
            rows = connection.execute(query).all()
        return [_version(row) for row in rows]

    def version(self, number: int) -> KeyVersion | None:
        """One version, if it exists."""
        with self._connections.reading() as connection:
            query = select(key_versions).where(key_versions.c.number == number)
            row = connection.execute(query).first()
        return None if row is None else _version(row)

    def add_domain(self, domain: Domain, versions: Sequence[KeyVersion]) -> None:
        """Add a domain with its first versions, all or nothing. Raises UsageError if it exists."""
        with self.transaction(), self._connections.writing() as connection:
            if self.domain(domain.name) is not None:
                raise UsageError(f"key domain {domain.name!r} exists already")
            connection.execute(
                insert(key_domains).values(name=domain.name, normaliser=domain.normaliser.value)
            )
            self.add_versions(versions)

    def add_versions(self, versions: Sequence[KeyVersion]) -> None:
        """Add versions to domains that exist. Raises UsageError if a number is taken."""
        with self.transaction(), self._connections.writing() as connection:
            for version in versions:
                if self.version(version.number) is not None:
                    raise UsageError(f"key number {version.number} is taken")
            if versions:
                connection.execute(insert(key_versions), [_values(v) for v in versions])

    def next_number(self) -> int:
        """A key number never handed out before."""
        with self._connections.writing() as connection:
            connection.execute(update(key_counter).values(last=key_counter.c.last + 1))
            return int(connection.execute(select(key_counter.c.last)).scalar_one())

    def last_number(self) -> int:
        """The highest key number that was ever handed out; 0 if none was."""
        with self._connections.reading() as connection:
            return int(connection.execute(select(key_counter.c.last)).scalar_one())

    def reserve_numbers(self, last: int) -> None:
        """Hand out no number up to ``last`` from now on."""
        with self._connections.writing() as connection:
            below = update(key_counter).where(key_counter.c.last < last)
            connection.execute(below.values(last=last))

    def rotate(self, new: KeyVersion) -> None:
        """In one transaction: ``new`` becomes primary, the primary before it decrypt-only."""
        before = (
            (key_versions.c.domain == new.domain)
            & (key_versions.c.use == new.use.value)
            & (key_versions.c.state == KeyState.PRIMARY.value)
        )
        with self.transaction(), self._connections.writing() as connection:
            connection.execute(
                update(key_versions).where(before).values(state=KeyState.DECRYPT_ONLY.value)
            )
            connection.execute(insert(key_versions).values(**_values(new)))

    def set_state(self, number: int, state: KeyState, destroy_at: datetime | None) -> None:
        """Change a version's state, wrapped bytes untouched. Raises KeyUnavailable if unknown."""
        self._change(number, state=state.value, destroy_at=destroy_at)

    def rewrap(self, number: int, service: str, wrapped: bytes) -> None:
        """Put other wrapped bytes of ``service`` in the place of a version's, and erase those.

        Raises KeyUnavailable if the version is unknown.
        """
        self._change(number, erase=True, service=service, wrapped=wrapped)

    def destroy(self, number: int) -> None:
        """Mark a version destroyed, erase its wrapped bytes. Raises KeyUnavailable if unknown."""
        gone = KeyState.DESTROYED.value
        self._change(number, erase=True, state=gone, wrapped=b"", destroy_at=None)

    def _change(self, number: int, *, erase: bool = False, **values: Any) -> None:
        with self.transaction(), self._connections.writing() as connection:
            one = update(key_versions).where(key_versions.c.number == number)
            if connection.execute(one.values(**values)).rowcount != 1:
                raise KeyUnavailable(f"there is no key number {number}")
            if erase:
                self._connections.erased()


def _domain(row: Row[Any]) -> Domain:
    return Domain(row.name, Normaliser(row.normaliser))


def _values(version: KeyVersion) -> dict[str, Any]:
    values = {name: getattr(version, name) for name in KeyVersion.__slots__}
    return {**values, "use": version.use.value, "state": version.state.value}


def _version(row: Row[Any]) -> KeyVersion:
    """Raises IntegrityError for what cannot have been written, without repeating it."""
    if not isinstance(row.wrapped, bytes | memoryview):
        raise _edited(row)
    with suppress(ValueError):
        return KeyVersion(
            number=row.number,
            domain=row.domain,
            use=KeyUse(row.use),
            version=row.version,
            state=KeyState(row.state),
            created_at=row.created_at,
            service=row.service,
            wrapped=bytes(row.wrapped),
            destroy_at=row.destroy_at,
        )
    raise _edited(row)


def _edited(row: Row[Any]) -> IntegrityError:
    return IntegrityError(
        f"key {row.number} is stored with a use, state or wrapped bytes that are none",
        hint="the state was changed: restore it from a backup",
    )
