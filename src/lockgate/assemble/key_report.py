"""A key version as it is reported: what comes next for it, and what it was used for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lockgate.keys.ports import KeyVersion
from lockgate.keys.schedule import is_due_to_be_destroyed
from lockgate.ledger.key_history import KeyUsage


@dataclass(frozen=True, slots=True)
class KeyReport:
    """A key version as it stands: what comes next for it, and what the ledger knows of its use."""

    version: KeyVersion
    rotate_at: datetime | None
    usage: KeyUsage

    def is_due(self, now: datetime) -> bool:
        """Whether its rotation or destruction should have happened by now."""
        old = self.rotate_at is not None and self.rotate_at <= now
        return old or is_due_to_be_destroyed(self.version, now)
