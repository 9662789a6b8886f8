"""How a token that may be used once is remembered: by a digest, until long after its time."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Beyond the time at which nobody takes it: a clock that goes back a little makes none new."""


def digest_of(issuer: str, token_id: str) -> str:
    """64 hex digits of SHA-256 over both, the issuer's length first so that no two pairs meet."""
    return hashlib.sha256(f"{len(issuer)}:{issuer}{token_id}".encode()).hexdigest()
