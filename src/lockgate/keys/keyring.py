"""The keyring: named key domains, their versions, and the keys derived from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from lockgate.errors import KeyUnavailable, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.derivation import derive_key
from lockgate.keys.fernet_keys import FernetKeys, fernet_material
from lockgate.keys.life import MAX_KEY_NUMBER, KeyLife
from lockgate.keys.names import check_domain_name, check_user_domain_name
from lockgate.keys.ports import (
    DerivedKey,
    Domain,
    KeyNotice,
    KeyService,
    KeyState,
    KeyStore,
    KeyUse,
    KeyVersion,
)
from lockgate.keys.versions import Versions
from lockgate.keys.wrapping import Wrapping, require_usable
from lockgate.secret import SecretBytes

__all__ = ["MAX_KEY_NUMBER", "Keyring"]

_ATTEMPTS = 3


class Keyring:
    """Key domains over a store, wrapped by a service.

    Unwrapped domain keys live as long as the keyring (a context manager), and
    nowhere else. What another process rotated or destroyed is seen at the next
    call. A creation or rotation that fails, be it in the service, the store or
    the recorder, leaves nothing behind. ``life`` is what changes keys;
    ``wrapping`` what opens them.
    """

    def __init__(
        self,
        store: KeyStore,
        service: KeyService,
        now: Callable[[], datetime],
        record: Callable[[KeyNotice], None] | None = None,
        *,
        project: str,
        previous: KeyService | None = None,
    ) -> None:
        """Keys are wrapped for ``project`` only; what ``previous`` wrapped opens too.

        ``record`` is called inside the transaction of each change, and refuses it by raising.
        """
        self._project = project
        self._versions = Versions(store)
        self.store = store
        self.wrapping = Wrapping(service, project, previous)
        self.life = KeyLife(store, self.wrapping, now, record)

    def check_service(self) -> None:
        """Raise KeyUnavailable unless the services at hand wrapped every key not destroyed.

        To be called when a project is opened: a wrong root key is refused before
        anything is read.
        """
        for version in self.store.versions():
            if version.state is not KeyState.DESTROYED:
                self.wrapping.service_of(version)

    def create_domain(self, domain: Domain) -> tuple[KeyVersion, ...]:
        """Make a user's domain: version 1 of its index key and of its encryption key.

        Raises UsageError for a reserved or malformed name, or if the domain exists.
        """
        check_user_domain_name(domain.name)
        return self.life.create((domain,))

    def ensure_domain(self, domain: Domain) -> None:
        """Make the domain, reserved or not, unless it exists.

        Raises UsageError if it exists with another normaliser: that never changes.
        """
        self.ensure_domains((domain,))

    def ensure_domains(self, domains: Sequence[Domain]) -> None:
        """Make those of the domains that do not exist, all of them or none."""
        for domain in domains:
            check_domain_name(domain.name)
        for left in reversed(range(_ATTEMPTS)):
            missing = [domain for domain in domains if not self._known(domain)]
            if not missing:
                return
            try:
                self.life.create(missing)
            except UsageError:
                if not left:
                    raise  # otherwise another process was faster with some of them

    def domains(self) -> Sequence[Domain]:
        """All domains, reserved ones included, by name."""
        return self.store.domains()

    def versions(self, domain: str | None = None) -> Sequence[KeyVersion]:
        """Key versions (wrapped) of one domain or of all, by number. Raises KeyUnavailable."""
        if domain is not None:
            self._versions.domain(domain)
        return self.store.versions(domain)

    def normaliser(self, domain: str) -> Normaliser:
        """How the domain brings text to its canonical form. Raises KeyUnavailable."""
        return self._versions.domain(domain).normaliser

    def domain_of(self, number: int) -> str:
        """The domain that key ``number`` belongs to. Raises KeyUnavailable."""
        return self._versions.numbered(number).domain

    def use_of(self, number: int) -> KeyUse:
        """What key ``number`` is for. Raises KeyUnavailable."""
        return self._versions.numbered(number).use

    def rotate(self, domain: str, purpose: str = "") -> KeyVersion:
        """A new primary version of the domain's encryption key; the old one decrypts only.

        The index key does not rotate: its tokens would stop joining. Raises KeyUnavailable.
        """
        new = self.life.rotate(domain, purpose)
        if new is None:
            raise KeyUnavailable(f"{domain!r} was not rotated")
        return new

    def destroy(self, number: int, purpose: str = "") -> None:
        """Erase a version's wrapped bytes at once: what it protected cannot be opened again.

        For keys whose data has ended with them, such as a quarantine's; what a person asks for
        waits (``life.schedule``). Copies in backups of the state live until those are destroyed.
        Destroying twice is the same as once. Raises KeyUnavailable if there is no such key.
        """
        self.life.destroy(number, purpose)

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
        KeyUnavailable if the key is missing, destroyed or waiting for that, of another
        domain or use, or wrapped by another service.
        """
        if number is None:
            version = self._versions.primary(domain, use)
        else:
            version = self._versions.numbered(number)
        if version.domain != domain or version.use is not use:
            raise KeyUnavailable(f"key {version.number} is not a {use.value} key of {domain!r}")
        require_usable(version)
        derived = derive_key(self.wrapping.unwrap(version), use, info, length)
        return DerivedKey(version.number, derived)

    def fernet_keys(self, domain: str) -> tuple[DerivedKey, ...]:
        """The domain's Fernet keys: the one that writes first, then those that open, newest first.

        Raises KeyUnavailable.
        """
        return FernetKeys(self._versions, self.wrapping).of(domain)

    def fernet_writer(self, domain: str) -> DerivedKey:
        """The Fernet key that the domain's tokens are made with. Raises KeyUnavailable."""
        return FernetKeys(self._versions, self.wrapping).writing(domain)

    def import_fernet(
        self, domain: str, key: SecretBytes, purpose: str, *, writes: bool
    ) -> KeyVersion:
        """Take over a Fernet key made elsewhere, to open its tokens and, with ``writes``, to write.

        Raises UsageError if the domain has it already, KeyUnavailable.
        """
        known = FernetKeys(self._versions, self.wrapping).imported(domain, key)
        if known is not None:
            raise UsageError(f"{domain!r} has this Fernet key already: key {known.number}")
        return self.life.import_fernet(domain, fernet_material(key), purpose, writes=writes)

    def close(self) -> None:
        """Forget every unwrapped key. The keyring opens none afterwards."""
        self.wrapping.close()

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

    def _known(self, domain: Domain) -> bool:
        """Whether the domain exists. Raises UsageError if it does with another normaliser."""
        known = self.store.domain(domain.name)
        if known is not None and known.normaliser is not domain.normaliser:
            raise UsageError(
                f"key domain {domain.name!r} was made with the normaliser {known.normaliser.value}",
                hint="a domain's normaliser never changes: use another domain",
            )
        return known is not None
