"""Counts of revealed values in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lockgate.policy.reveal_rules import Quota

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore

WINDOW_HOURS = 24


class MemoryRevealStore:
    """A ``RevealStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state

    def take(self, principal: str, wanted: Sequence[tuple[Quota, int]], hour: int) -> Quota | None:
        """Count under every quota, or nothing: the first quota that would be passed."""
        with self._state.transaction():
            now = self._now(principal, hour)
            for quota, values in wanted:
                if self.taken(principal, quota.rule, now) + values > quota.most:
                    return quota
            counts = self._state.tables.reveals
            for quota, values in wanted:
                key = (principal, quota.rule, now)
                counts[key] = counts.get(key, 0) + values
        return None

    def taken(self, principal: str, rule: str, hour: int) -> int:
        """How many values the window holds."""
        first = self._now(principal, hour) - WINDOW_HOURS
        return sum(
            values
            for (who, which, when), values in self._state.tables.reveals.items()
            if (who, which) == (principal, rule) and when >= first
        )

    def _now(self, principal: str, hour: int) -> int:
        counted = [when for who, _, when in self._state.tables.reveals if who == principal]
        return max([hour, *counted])
