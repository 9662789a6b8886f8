"""Keys of service accounts: the private half in a file of its own, the public half in the state."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from lockgate.access.identity_ports import Service, ServiceKey
from lockgate.adapters.identity_providers.local.key_files import public_half
from lockgate.adapters.key_services.ledger_key import read_seed
from lockgate.adapters.private_files import create_private
from lockgate.assemble.local_issuer import LocalIssuer
from lockgate.errors import UsageError
from lockgate.ledger.signing import SEED_BYTES
from lockgate.secret import SecretBytes

_WHAT = "the service account's key"


def make_key_file(path: Path) -> bytes:
    """Write a new Ed25519 key's private half into a new private file; the public half.

    Raises EnvironmentFailed if the file exists.
    """
    seed = secrets.token_bytes(SEED_BYTES)
    create_private(path, base64.b64encode(seed) + b"\n")
    return public_half(SecretBytes(seed))


def read_key_file(path: Path) -> SecretBytes:
    """The private half in a private file. Raises KeyUnavailable."""
    return read_seed(path, _WHAT)


def parse_public_key(text: str) -> bytes:
    """32 bytes from base64 text. Raises UsageError."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != SEED_BYTES:
        raise UsageError(
            "this is no public key", hint="base64 of the 32 bytes of an Ed25519 public key"
        )
    return raw


def new_key(issuer: LocalIssuer, service: str, public_key: bytes, days: int) -> ServiceKey:
    """A key of a service account from now on. Raises UsageError for a life beyond the limit."""
    from lockgate.adapters.identity_providers.tokens.sign import key_id

    if not 1 <= days <= issuer.limits.service_key_days:
        raise UsageError(f"a key lives for 1 to {issuer.limits.service_key_days} days")
    at = issuer.record.now()
    return ServiceKey(
        key_id(public_key), service, public_key, at, at + timedelta(days=days), seal=b""
    )


def usable_keys(issuer: LocalIssuer, service: Service, at: datetime) -> dict[str, bytes]:
    """Public keys by ``kid`` that log a service account in: in time, not revoked.

    Raises IntegrityError if they are not those that this project wrote last.
    """
    return {
        key.kid: key.public_key
        for key in issuer.accounts.keys(service)
        if key.revoked_at is None and key.created_at <= at < key.expires_at
    }
