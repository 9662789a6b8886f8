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
from lockgate.keys.names import SEAL_PREFIX
from lockgate.keys.ports import DerivedKey, Domain, KeyState, KeyUse
from lockgate.keys.released import ReleasedKeys
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

    def sealing_key(self, keys: ReleasedKeys) -> DerivedKey:
        """The key that seals now; its domain is made on first use. Raises KeyUnavailable."""
        keys.ensure_domain(Domain(self.domain, Normaliser.EXACT))
        return keys.derive(self.domain, KeyUse.ENCRYPTION, seal_info(self.format), 32)

    def opening_keys(self, keys: ReleasedKeys) -> tuple[DerivedKey, ...]:
        """The keys that may open, newest first; none if nothing was ever sealed here."""
        if all(domain.name != self.domain for domain in keys.domains()):
            return ()
        versions = [
            version.number
            for version in keys.versions(self.domain)
            if version.use is KeyUse.ENCRYPTION and version.state in _USABLE
        ]
        return tuple(
            keys.derive(self.domain, KeyUse.ENCRYPTION, seal_info(self.format), 32, number)
            for number in sorted(versions, reverse=True)
        )


def seal_info(format: str) -> tuple[str, ...]:
    """HKDF parts of the key that seals files of a format."""
    return ("seal", format)


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
