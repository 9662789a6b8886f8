"""The ledger's signing key in memory: Ed25519 (RFC 8032) from a 32-byte seed."""

from __future__ import annotations

from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lockgate.secret import SecretBytes

SEED_BYTES = 32


class SigningKey:
    """A ``Signer`` over a seed. It does not print, pickle or give the seed back."""

    __slots__ = ("_key", "_public")

    def __init__(self, seed: SecretBytes) -> None:
        """Raises ValueError unless the seed has 32 bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed.reveal())
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def public_key(self) -> bytes:
        """32 bytes, to be pinned in the project file."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return "SigningKey(***)"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a signing key cannot be pickled or copied")
