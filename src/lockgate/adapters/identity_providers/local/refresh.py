"""The secret that renews a session: used once, then another takes its place.

``lgr1.SESSION.GENERATION.RANDOM.TAG``: RANDOM is 32 bytes, TAG is HMAC-SHA-256 of what stands
before it under a key of the project. The tag tells a secret that was given out once from what
somebody made up, so only the former can end a session by being used twice (RFC 9700, section
4.14.2). The state holds a keyed hash of the newest one, and no other.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

from lockgate.secret import SecretBytes, SecretText

_FORM: Final = re.compile(r"(lgr1\.([0-9a-f]{32})\.(\d{1,9})\.[0-9a-f]{64})\.([0-9a-f]{64})")
_RANDOM_BYTES: Final = 32
_LONGEST: Final = 256


@dataclass(frozen=True, slots=True)
class Refresh:
    """A secret that this project gave out: of which session, which in turn, and its keyed hash."""

    session: str
    generation: int
    digest: bytes = field(repr=False)


class RefreshSecrets:
    """Makes and reads them under 32 bytes of key."""

    def __init__(self, key: SecretBytes) -> None:
        self._key = key

    def make(self, session: str, generation: int) -> tuple[SecretText, bytes]:
        """A new secret, and the keyed hash to keep of it."""
        random = secrets.token_hex(_RANDOM_BYTES)
        told = f"lgr1.{session}.{generation}.{random}"
        text = f"{told}.{self._mac('tag', told).hex()}"
        return SecretText(text), self._mac("kept", text)

    def read(self, secret: SecretText) -> Refresh | None:
        """What it stands for; None if this project did not give it out."""
        text = secret.reveal()
        found = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            return None
        told, session, generation, tag = found.groups()
        if not hmac.compare_digest(self._mac("tag", told).hex(), tag):
            return None
        return Refresh(session, int(generation), self._mac("kept", text))

    def _mac(self, use: str, text: str) -> bytes:
        return hmac.digest(self._key.reveal(), f"{use}\0{text}".encode(), "sha256")
