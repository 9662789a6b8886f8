"""The keyring: named key domains, their versions, and the keys derived from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from lockgate.errors import KeyUnavailable, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.derivation import derive_key, new_domain_key
from lockgate.keys.names import check_domain_name, check_user_domain_name
from lockgate.keys.ports import (
    DerivedKey,
    Domain,
    KeyAction,
    KeyNotice,
    KeyService,
    KeyState,
    KeyStore,
    KeyUse,
    KeyVersion,
)
from lockgate.secret import SecretBytes

MAX_KEY_NUMBER = 2**24 - 1
"""A frame holds a key number in three bytes."""

_MISSING = "run `lockgate keys list`, or restore the state the data was protected with"


class Keyring:
    """Key domains over a store, wrapped by a service.

    Unwrapped domain keys live as long as the keyring (a context manager), and
    nowhere else. What another process rotated or destroyed is seen at the next
    call. A creation or rotation that fails, be it in the service, the store or
    the recorder, leaves nothing behind.
    """

    def __init__(
        self,
        store: KeyStore,
        service: KeyService,
        now: Callable[[], datetime],
        record: Callable[[KeyNotice], None] | None = None,
        *,
        project: str,
    ) -> None:
        """Keys are wrapped for ``project`` only.

        ``record`` is called inside the transaction of each change, and refuses it by raising.
        """
        self._store = store
        self._service = service
        self._project = project
        self._now = now
        self._record = record
        self._unwrapped: dict[int, tuple[bytes, SecretBytes]] = {}
        self._closed = False

    def check_service(self) -> None:
        """Raise KeyUnavailable unless this service wrapped every key that is not destroyed.

        To be called when a project is opened: a wrong root key is refused before
        anything is read.
        """
        for version in self._store.versions():
            if version.state is not KeyState.DESTROYED:
                self._check_service_of(version)

    def create_domain(self, domain: Domain) -> tuple[KeyVersion, ...]:
        """Make a user's domain: version 1 of its index key and of its encryption key.

        Raises UsageError for a reserved or malformed name, or if the domain exists.
        """
        check_user_domain_name(domain.name)
        return self._create(domain)

    def ensure_domain(self, domain: Domain) -> None:
        """Make the domain, reserved or not, unless it exists.

        Raises UsageError if it exists with another normaliser: that never changes.
        """
        known = self._store.domain(domain.name)
        if known is None:
            check_domain_name(domain.name)
            with self._store.transaction():
                known = self._store.domain(domain.name)
                if known is None:
                    self._create(domain)
                    return
        if known.normaliser is not domain.normaliser:
            raise UsageError(
                f"key domain {domain.name!r} was made with the normaliser {known.normaliser.value}",
                hint="a domain's normaliser never changes: use another domain",
            )

    def domains(self) -> Sequence[Domain]:
        """All domains, reserved ones included, by name."""
        return self._store.domains()

    def versions(self, domain: str | None = None) -> Sequence[KeyVersion]:
        """Key versions (wrapped) of one domain or of all, by number. Raises KeyUnavailable."""
        if domain is not None:
            self._domain(domain)
        return self._store.versions(domain)

    def normaliser(self, domain: str) -> Normaliser:
        """How the domain brings text to its canonical form. Raises KeyUnavailable."""
        return self._domain(domain).normaliser

    def domain_of(self, number: int) -> str:
        """The domain that key ``number`` belongs to. Raises KeyUnavailable."""
        return self._version(number).domain

    def rotate(self, domain: str) -> KeyVersion:
        """A new primary version of the domain's encryption key; the old one decrypts only.

        The index key does not rotate: its tokens would stop joining. Raises KeyUnavailable.
        """
        with self._store.transaction():
            self._domain(domain)
            used = [v.version for v in self._of_use(domain, KeyUse.ENCRYPTION)]
            new = self._new_version(domain, KeyUse.ENCRYPTION, max(used, default=0) + 1)
            self._store.rotate(new)
            self._tell(KeyAction.ROTATED, new)
        return new

    def destroy(self, number: int) -> None:
        """Erase a version's wrapped bytes: what it protected cannot be opened again.

        Copies in backups of the state live until those are destroyed. Destroying
        twice is the same as once. Raises KeyUnavailable if there is no such key.
        """
        with self._store.transaction():
            version = self._version(number)
            if version.state is not KeyState.DESTROYED:
                self._store.destroy(number)
                self._tell(KeyAction.DESTROYED, version)
        self._unwrapped.pop(number, None)

    def derive(
        self,
        domain: str,
        use: KeyUse,
        info: Sequence[str],
        length: int,
        number: int | None = None,
    ) -> DerivedKey:
        """A key of ``length`` bytes for one purpose (docs/reference/keys.md).

        Without ``number``, from the primary version: the only one that protects.
        With it, from that very version, to open what it protected. Raises
        KeyUnavailable if the key is missing, destroyed, of another domain or use,
        or wrapped by another service.
        """
        version = self._primary(domain, use) if number is None else self._version(number)
        if version.domain != domain or version.use is not use:
            raise KeyUnavailable(f"key {version.number} is not a {use.value} key of {domain!r}")
        derived = derive_key(self._unwrap(version), use, info, length)
        return DerivedKey(version.number, derived)

    def close(self) -> None:
        """Forget every unwrapped key. The keyring opens none afterwards."""
        self._unwrapped.clear()
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Keyring({self._project!r})"

    def _create(self, domain: Domain) -> tuple[KeyVersion, ...]:
        with self._store.transaction():
            if self._store.domain(domain.name) is not None:
                raise UsageError(f"key domain {domain.name!r} exists already")
            versions = tuple(self._new_version(domain.name, use, 1) for use in KeyUse)
            self._store.add_domain(domain, versions)
            for version in versions:
                self._tell(KeyAction.CREATED, version)
        return versions

    def _new_version(self, domain: str, use: KeyUse, version: int) -> KeyVersion:
        number = self._store.next_number()
        if number > MAX_KEY_NUMBER:
            raise KeyUnavailable("the keyring has handed out all its key numbers")
        wrapped = self._service.wrap(new_domain_key(), self._context(domain, use, version))
        return KeyVersion(
            number=number,
            domain=domain,
            use=use,
            version=version,
            state=KeyState.PRIMARY,
            created_at=self._now(),
            service=self._service.id,
            wrapped=wrapped,
        )

    def _context(self, domain: str, use: KeyUse, version: int) -> dict[str, str]:
        """What a wrapped key is bound to: moved elsewhere in the store, it does not unwrap."""
        place = {"project": self._project, "domain": domain}
        return {**place, "use": use.value, "version": str(version)}

    def _unwrap(self, version: KeyVersion) -> SecretBytes:
        if self._closed:
            raise KeyUnavailable("the keyring is closed")
        if version.state is KeyState.DESTROYED:
            raise KeyUnavailable(
                f"key {version.number} of {version.domain!r} was destroyed",
                hint="what it protected cannot be opened any more",
            )
        cached = self._unwrapped.get(version.number)
        if cached is not None and cached[0] == version.wrapped:
            return cached[1]
        self._check_service_of(version)
        context = self._context(version.domain, version.use, version.version)
        key = self._service.unwrap(version.wrapped, context)
        self._unwrapped[version.number] = (version.wrapped, key)
        return key

    def _check_service_of(self, version: KeyVersion) -> None:
        if version.service != self._service.id:
            raise KeyUnavailable(
                f"key {version.number} of {version.domain!r} was wrapped under another root key",
                hint="use the root key or passphrase that this state was made with",
            )

    def _domain(self, name: str) -> Domain:
        domain = self._store.domain(name)
        if domain is None:
            raise KeyUnavailable(f"there is no key domain {name!r}", hint=_MISSING)
        return domain

    def _of_use(self, domain: str, use: KeyUse) -> list[KeyVersion]:
        return [version for version in self._store.versions(domain) if version.use is use]

    def _primary(self, domain: str, use: KeyUse) -> KeyVersion:
        self._domain(domain)
        versions = self._of_use(domain, use)
        primary = [version for version in versions if version.state is KeyState.PRIMARY]
        if len(primary) == 1:
            return primary[0]
        if any(version.state is KeyState.DESTROYED for version in versions):
            raise KeyUnavailable(f"the {use.value} key of {domain!r} was destroyed")
        raise KeyUnavailable(f"{domain!r} has {len(primary)} primary {use.value} keys, not one")

    def _version(self, number: int) -> KeyVersion:
        version = self._store.version(number)
        if version is None:
            raise KeyUnavailable(f"there is no key number {number}", hint=_MISSING)
        return version

    def _tell(self, action: KeyAction, version: KeyVersion) -> None:
        if self._record is not None:
            self._record(
                KeyNotice(
                    action=action,
                    at=self._now(),
                    domain=version.domain,
                    use=version.use,
                    number=version.number,
                    version=version.version,
                )
            )
