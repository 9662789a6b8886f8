"""The two keys of the built-in issuer, in private files (0600) beside the ledger's key.

``access.key`` seals what the state holds about who may: passwords, renewals, public keys. It stays.
``issuer.key`` signs tokens, and rotates: the public half of the one before it stands in
``issuer.previous`` until the last token that it signed has expired.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from lockgate.adapters.key_services.ledger_key import read_seed
from lockgate.adapters.private_files import create_private, exists, read_private, sync_folder
from lockgate.errors import EnvironmentFailed, KeyUnavailable
from lockgate.ledger.signing import SEED_BYTES, SigningKey
from lockgate.secret import SecretBytes

ACCESS_KEY: Final = "access.key"
ISSUER_KEY: Final = "issuer.key"
PREVIOUS: Final = "issuer.previous"
_MOST_PREVIOUS: Final = 64


@dataclass(frozen=True, slots=True)
class PreviousKey:
    """The public half of a key that signs no more, and until when its tokens may live."""

    public_key: bytes
    until: datetime


def access_key(home: Path, *, make: bool) -> SecretBytes:
    """The project's access key; made if ``make`` and there is none. Raises KeyUnavailable."""
    return _seed(home / ACCESS_KEY, "the project's access key", make=make)


def issuer_key(home: Path, *, make: bool = True) -> SecretBytes:
    """The seed that signs tokens; made if ``make`` and there is none. Raises KeyUnavailable."""
    return _seed(home / ISSUER_KEY, "the issuer's signing key", make=make)


def derived(key: SecretBytes, use: str) -> SecretBytes:
    """32 bytes for one use: HMAC-SHA-256 as a key derivation function (SP 800-108r1, 4.1).

    One block of counter mode: the counter, the label, a zero byte, the context, the length in bits.
    """
    info = b"\x00\x00\x00\x01" + b"lockgate access" + b"\x00" + use.encode() + b"\x00\x00\x01\x00"
    return SecretBytes(hmac.digest(key.reveal(), info, "sha256"))


def public_half(seed: SecretBytes) -> bytes:
    """32 bytes."""
    return SigningKey(seed).public_key


def previous_keys(home: Path, at: datetime) -> tuple[PreviousKey, ...]:
    """Public halves whose tokens may still live. Raises KeyUnavailable for a file that is none."""
    path = home / PREVIOUS
    if not exists(path):
        return ()
    found = []
    try:
        for line in read_private(path).decode("ascii").splitlines():
            public, until = line.split()
            key = PreviousKey(
                base64.b64decode(public, validate=True), datetime.fromisoformat(until)
            )
            if len(key.public_key) != SEED_BYTES or key.until.tzinfo is None:
                raise ValueError
            found.append(key)
    except EnvironmentFailed as error:
        raise KeyUnavailable(
            f"the issuer's previous keys: {error.message}", hint=error.hint
        ) from None
    except (ValueError, binascii.Error):
        raise KeyUnavailable(
            f"{path} does not hold keys", hint="remove it: tokens of earlier keys then end"
        ) from None
    return tuple(key for key in found[-_MOST_PREVIOUS:] if at < key.until)


def rotate_issuer_key(home: Path, at: datetime, until: datetime) -> None:
    """Sign with a new key from now on; the old one's tokens verify ``until`` then.

    The old public half is kept before the new key takes its place, so a crash between leaves
    nothing that does not verify. Raises KeyUnavailable, EnvironmentFailed.
    """
    old = public_half(issuer_key(home))
    kept = (*previous_keys(home, at), PreviousKey(old, until))
    lines = [f"{base64.b64encode(k.public_key).decode()} {k.until.isoformat()}\n" for k in kept]
    _put(home / PREVIOUS, "".join(lines).encode())
    _put(home / ISSUER_KEY, base64.b64encode(secrets.token_bytes(SEED_BYTES)) + b"\n")


def _seed(path: Path, what: str, *, make: bool) -> SecretBytes:
    if make and not exists(path):
        _put_new(path, base64.b64encode(secrets.token_bytes(SEED_BYTES)) + b"\n")
    return read_seed(path, what)


def _put_new(path: Path, content: bytes) -> None:
    """Make a file whole, or leave the one that somebody else made meanwhile."""
    draft = _draft(path, content)
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        raise EnvironmentFailed(f"{path} could not be made: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _put(path: Path, content: bytes) -> None:
    """Put a file in the place of another, durably and at once."""
    draft = _draft(path, content)
    try:
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise EnvironmentFailed(f"{path} could not be written: {error.strerror}") from None


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    create_private(draft, content)
    return draft
