"""What may be used once, in memory."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lockgate.access.used_token import FORGOTTEN_AFTER, digest_of

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore


class MemoryUsedTokens:
    """``UsedTokens`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state

    def use(self, issuer: str, token_id: str, until: datetime, at: datetime) -> bool:
        """Whether this is the first use; it is remembered, and what is long over forgotten."""
        with self._state.transaction():
            held = self._state.tables.used_tokens
            digest = digest_of(issuer, token_id)
            first = digest not in held
            held.setdefault(digest, until)
            for old in [one for one, end in held.items() if end < at - FORGOTTEN_AFTER]:
                del held[old]
        return first
