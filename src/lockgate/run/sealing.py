"""Keys of sealed files: which key seals what a sink writes, and how a file's own key is wrapped.

A sealed file is encrypted as a whole, on top of the treatments of its columns. Its key comes from
a reserved domain of the dataset and the zone: a new version seals new files, older ones open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockgate.errors import IntegrityError
from lockgate.kernel.binding import bind
from lockgate.kernel.interface import Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.names import SEAL_PREFIX
from lockgate.keys.ports import DerivedKey, Domain, KeyState, KeyUse
from lockgate.secret import SecretBytes

PARQUET, AGE = "parquet", "age"
_NONCE = 12
_USABLE = (KeyState.PRIMARY, KeyState.DECRYPT_ONLY)


@dataclass(frozen=True, slots=True)
class SealPlace:
    """What a seal's key is for: a reserved key domain, and one of the two formats."""

    domain: str
    format: str

    @classmethod
    def of(cls, dataset: str, zone: str, format: str) -> Self:
        """The place of what a dataset gives to a zone."""
        return cls(f"{SEAL_PREFIX}{dataset}.{zone}", format)

    def sealing_key(self, keyring: Keyring) -> DerivedKey:
        """The key that seals now; its domain is made on first use. Raises KeyUnavailable."""
        keyring.ensure_domain(Domain(self.domain, Normaliser.EXACT))
        return keyring.derive(self.domain, KeyUse.ENCRYPTION, self._info, 32)

    def opening_keys(self, keyring: Keyring) -> tuple[DerivedKey, ...]:
        """The keys that may open, newest first; none if nothing was ever sealed here."""
        if all(domain.name != self.domain for domain in keyring.domains()):
            return ()
        versions = [
            version.number
            for version in keyring.versions(self.domain)
            if version.use is KeyUse.ENCRYPTION and version.state in _USABLE
        ]
        return tuple(
            keyring.derive(self.domain, KeyUse.ENCRYPTION, self._info, 32, number)
            for number in sorted(versions, reverse=True)
        )

    @property
    def _info(self) -> tuple[str, ...]:
        return ("seal", self.format)


def wrap_file_key(file_key: bytes, key: SecretBytes, name: str) -> bytes:
    """AES-256-GCM (SP 800-38D) of a file's key, bound to the ``name`` that the file tells."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key.reveal()).encrypt(nonce, file_key, _bound(name))


def unwrap_file_key(wrapped: bytes, key: SecretBytes, name: str) -> bytes:
    """The file's key. Raises IntegrityError."""
    try:
        return AESGCM(key.reveal()).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _bound(name))
    except (InvalidTag, ValueError):
        raise IntegrityError("the file's key does not open") from None


def _bound(name: str) -> bytes:
    return bind("lockgate", "1", "seal", name)
