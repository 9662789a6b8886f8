"""Fernet keys of a domain: one derived from each version of its encryption key, and imported ones.

An imported key is a version of its own use. Its wrapped material is as long as every domain key's:
the key, then random bytes that nobody uses. It opens; and if it was imported to write, it is what
the domain's tokens are made with from then on.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from contextlib import suppress
from dataclasses import dataclass

from lockgate.errors import KeyUnavailable, UsageError
from lockgate.keys.derivation import DOMAIN_KEY_BYTES, derive_key
from lockgate.keys.ports import DerivedKey, KeyState, KeyUse, KeyVersion
from lockgate.keys.versions import Versions
from lockgate.keys.wrapping import Wrapping
from lockgate.secret import SecretBytes, SecretText

FERNET_KEY_BYTES = 32
_INFO = ("fernet",)
_USABLE = (KeyState.PRIMARY, KeyState.DECRYPT_ONLY)


@dataclass(frozen=True, slots=True)
class FernetKeys:
    """The Fernet keys of domains, as their versions are at the moment of each call."""

    versions: Versions
    wrapping: Wrapping

    def of(self, domain: str) -> tuple[DerivedKey, ...]:
        """The domain's keys that may be used: the one that writes first, then newest first.

        Versions that are destroyed or wait for that are left out. Raises KeyUnavailable, also if
        there is none that writes.
        """
        writer = self.writer(domain)
        rest = [
            version
            for use in (KeyUse.FERNET, KeyUse.ENCRYPTION)
            for version in self.versions.of_use(domain, use)
            if version.state in _USABLE and version.number != writer.number
        ]
        rest.sort(key=lambda version: -version.number)
        return tuple(DerivedKey(v.number, self._key(v)) for v in (writer, *rest))

    def writing(self, domain: str) -> DerivedKey:
        """The key that writes, alone. Raises KeyUnavailable."""
        version = self.writer(domain)
        return DerivedKey(version.number, self._key(version))

    def writer(self, domain: str) -> KeyVersion:
        """The imported version that writes, else the primary version of the encryption key."""
        imported = self.versions.of_use(domain, KeyUse.FERNET)
        primary = [version for version in imported if version.state is KeyState.PRIMARY]
        if len(primary) > 1:
            raise KeyUnavailable(f"{domain!r} has {len(primary)} Fernet keys that write")
        return primary[0] if primary else self.versions.primary(domain, KeyUse.ENCRYPTION)

    def imported(self, domain: str, key: SecretBytes) -> KeyVersion | None:
        """The version that holds this very key, if it was imported and is not destroyed."""
        for version in self.versions.of_use(domain, KeyUse.FERNET):
            if version.state in _USABLE and self._key(version) == key:
                return version
        return None

    def _key(self, version: KeyVersion) -> SecretBytes:
        material = self.wrapping.unwrap(version)
        if version.use is KeyUse.FERNET:
            return SecretBytes(material.reveal()[:FERNET_KEY_BYTES])
        return derive_key(material, KeyUse.ENCRYPTION, _INFO, FERNET_KEY_BYTES)


def parse_fernet_key(text: SecretText) -> SecretBytes:
    """The 32 bytes that a Fernet key's text stands for. Raises UsageError, without repeating it."""
    key = b""
    with suppress(binascii.Error, ValueError):
        key = base64.b64decode(text.reveal().strip(), altchars=b"-_", validate=True)
    if len(key) != FERNET_KEY_BYTES:
        raise UsageError(
            "this is no Fernet key", hint="one is 44 characters: 32 bytes in base64url with padding"
        )
    if any(key == key[:size] * (FERNET_KEY_BYTES // size) for size in (1, 2, 4, 8, 16)):
        raise UsageError("this Fernet key repeats itself", hint="make one at random")
    return SecretBytes(key)


def fernet_material(key: SecretBytes) -> SecretBytes:
    """What is wrapped for an imported key."""
    return SecretBytes(key.reveal() + secrets.token_bytes(DOMAIN_KEY_BYTES - FERNET_KEY_BYTES))
