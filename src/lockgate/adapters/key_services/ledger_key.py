"""The ledger's signing key in a private file: a 32-byte Ed25519 seed as base64 text."""

from __future__ import annotations

import base64
import binascii
import secrets
from pathlib import Path

from lockgate.adapters.private_files import create_private, read_private
from lockgate.errors import EnvironmentFailed, KeyUnavailable
from lockgate.ledger.signing import SEED_BYTES, SigningKey
from lockgate.secret import SecretBytes


def create_ledger_key(path: Path) -> SigningKey:
    """Make a new key in a new file (0600). Raises EnvironmentFailed if the file exists."""
    seed = secrets.token_bytes(SEED_BYTES)
    create_private(path, base64.b64encode(seed) + b"\n")
    return SigningKey(SecretBytes(seed))


def load_ledger_key(path: Path) -> SigningKey:
    """The key in ``path``.

    Raises KeyUnavailable if the file is missing, reachable by others (the hint
    is how to mend that), or holds no key.
    """
    return SigningKey(read_seed(path, "the ledger's signing key"))


def read_seed(path: Path, what: str) -> SecretBytes:
    """32 bytes from a private file of base64 text. Raises KeyUnavailable about ``what``."""
    try:
        raw = base64.b64decode(read_private(path).strip(), validate=True)
    except EnvironmentFailed as error:
        raise KeyUnavailable(f"{what}: {error.message}", hint=error.hint) from None
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != SEED_BYTES:
        raise KeyUnavailable(
            f"{what}: {path} does not hold a key", hint="restore the file from a backup"
        )
    return SecretBytes(raw)
