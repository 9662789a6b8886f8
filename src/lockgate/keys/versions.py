"""Looking up stored key versions: the primary of a use, one by number, those of a domain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lockgate.errors import KeyUnavailable, UsageError
from lockgate.keys.ports import Domain, KeyState, KeyStore, KeyUse, KeyVersion
from lockgate.keys.wrapping import require_usable

_TO_PROTECT = {
    KeyUse.INDEX: "protect with another key domain; what was released under {domain} opens",
    KeyUse.ENCRYPTION: "lockgate keys rotate {domain}",
    KeyUse.FERNET: "import a Fernet key that writes",
}
_MISSING = "run `lockgate keys list`, or restore the state the data was protected with"


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions in a store, as they are at the moment of each call."""

    store: KeyStore

    def domain(self, name: str) -> Domain:
        """The domain. Raises KeyUnavailable if there is none of that name."""
        domain = self.store.domain(name)
        if domain is None:
            raise KeyUnavailable(f"there is no key domain {name!r}", hint=_MISSING)
        return domain

    def numbered(self, number: int) -> KeyVersion:
        """The version of that key number. Raises KeyUnavailable if there is none."""
        version = self.store.version(number)
        if version is None:
            raise KeyUnavailable(f"there is no key number {number}", hint=_MISSING)
        return version

    def require_usable(self, numbers: Iterable[int]) -> None:
        """Raises KeyUnavailable unless each of these keys still opens what it protected."""
        for number in numbers:
            require_usable(self.numbered(number))

    def of_use(self, domain: str, use: KeyUse) -> list[KeyVersion]:
        """A domain's versions of one use, oldest first."""
        found = [version for version in self.store.versions(domain) if version.use is use]
        return sorted(found, key=lambda version: version.version)

    def encryption(self, domain: str, version: int) -> KeyVersion:
        """That version of the domain's encryption key. Raises UsageError if there is none."""
        return self.placed(domain, KeyUse.ENCRYPTION, version)

    def placed(self, domain: str, use: KeyUse, version: int) -> KeyVersion:
        """That version of one of the domain's keys. Raises UsageError if there is none."""
        self.domain(domain)
        for one in self.of_use(domain, use):
            if one.version == version:
                return one
        raise UsageError(
            f"{domain!r} has no version {version} of its {use.value} key",
            hint=f"lockgate keys list {domain}",
        )

    def primary(self, domain: str, use: KeyUse) -> KeyVersion:
        """The version that protects. Raises KeyUnavailable if there is not exactly one.

        And if a newer version lies beside it: nothing in a keyring's life leaves that behind, so
        somebody put an older key in its place.
        """
        self.domain(domain)
        versions = self.of_use(domain, use)
        primary = [version for version in versions if version.state is KeyState.PRIMARY]
        if len(primary) == 1 and primary[0] is versions[-1]:
            return primary[0]
        if len(primary) == 1:
            raise KeyUnavailable(
                f"the primary {use.value} key of {domain!r} is not its newest version",
                hint="the state was changed: restore it from a backup",
            )
        if not primary and versions and versions[-1].state is KeyState.DECRYPT_ONLY:
            raise KeyUnavailable(
                f"the {use.value} key of {domain!r} came back to open only: it protects nothing",
                hint=_TO_PROTECT[use].format(domain=domain),
            )
        for version in versions:
            require_usable(version)
        raise KeyUnavailable(f"{domain!r} has {len(primary)} primary {use.value} keys, not one")

    def to_rotate(self, domain: str) -> KeyVersion:
        """The version that a rotation replaces: the primary encryption key.

        Or the newest, if that was destroyed or came back to open only, and the domain's index key
        opens. Raises KeyUnavailable.
        """
        versions = self.of_use(domain, KeyUse.ENCRYPTION)
        protects = any(version.state is KeyState.PRIMARY for version in versions)
        newest = versions[-1].state if versions else None
        if newest is KeyState.DESTROYED or (newest is KeyState.DECRYPT_ONLY and not protects):
            for index in self.of_use(domain, KeyUse.INDEX):
                require_usable(index)
            return versions[-1]
        return self.primary(domain, KeyUse.ENCRYPTION)

    def state_before(self, version: KeyVersion) -> KeyState:
        """The state that a version had before it was set to be destroyed.

        The newest of its use protected, since only a whole domain's primary can be set so; all
        older ones decrypted only. An imported key comes back to open, whatever it did before.
        """
        if version.use is KeyUse.FERNET:
            return KeyState.DECRYPT_ONLY
        newest = self.of_use(version.domain, version.use)[-1]
        return KeyState.PRIMARY if newest.number == version.number else KeyState.DECRYPT_ONLY
