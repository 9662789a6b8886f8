"""The key of the built-in issuer, in a private file (0600) beside the ledger's, and earlier ones.

``issuer.key`` signs tokens, and rotates: the public half of the one before it stands in
``issuer.previous`` until the last token that it signed has expired.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from lockgate.adapters.key_services.ledger_key import read_seed
from lockgate.adapters.private_files import exists, place_private, read_private
from lockgate.errors import EnvironmentFailed, KeyUnavailable
from lockgate.ledger.signing import SEED_BYTES, SigningKey
from lockgate.secret import SecretBytes

ISSUER_KEY: Final = "issuer.key"
PREVIOUS: Final = "issuer.previous"
_MOST_PREVIOUS: Final = 64


@dataclass(frozen=True, slots=True)
class PreviousKey:
    """The public half of a key that signs no more, and until when its tokens may live."""

    public_key: bytes
    until: datetime


def issuer_key(home: Path, *, make: bool = True) -> SecretBytes:
    """The seed that signs tokens; made if ``make`` and there is none. Raises KeyUnavailable."""
    path = home / ISSUER_KEY
    if make and not exists(path):
        place_private(path, _new_seed(), replace=False)
    return read_seed(path, "the issuer's signing key")


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
    place_private(home / PREVIOUS, "".join(lines).encode(), replace=True)
    place_private(home / ISSUER_KEY, _new_seed(), replace=True)


def _new_seed() -> bytes:
    return base64.b64encode(secrets.token_bytes(SEED_BYTES)) + b"\n"
