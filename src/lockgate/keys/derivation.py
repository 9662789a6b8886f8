"""From a domain key to the key of one purpose: HKDF-SHA256 (RFC 5869, SP 800-56C)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.kernel.binding import bind
from lockgate.keys.ports import KeyUse
from lockgate.secret import SecretBytes

DOMAIN_KEY_BYTES = 64


def new_domain_key() -> SecretBytes:
    """64 bytes from the operating system's generator."""
    return SecretBytes(secrets.token_bytes(DOMAIN_KEY_BYTES))


def derive_key(
    domain_key: SecretBytes, use: KeyUse, info: Sequence[str], length: int
) -> SecretBytes:
    """HKDF-SHA256 of ``domain_key``, salt empty, info bound part by part; ``length`` in bytes.

    Keys with different ``use`` or ``info`` are independent of each other.
    """
    bound = bind("lockgate", "1", use.value, *info)
    return SecretBytes(HKDF(SHA256(), length, None, bound).derive(domain_key.reveal()))
