"""State and ledger without keys: what logging in, granting and approving stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lockgate.errors import InternalError
from lockgate.ledger.event import Event
from lockgate.ledger.ledger import Ledger
from lockgate.run.state_ports import StateStore


@dataclass(frozen=True, slots=True)
class Record:
    """The project's private folder, its state, its ledger and the clock; opened by ``assemble``."""

    home: Path
    state: StateStore
    ledger: Ledger
    now: Callable[[], datetime]

    def require_no_transaction(self, what: str) -> None:
        """Refuse ``what`` while this thread has a transaction of the state open.

        For what cannot be undone with it, or may wait for somebody else. Raises InternalError: it
        is a defect of whoever calls.
        """
        if self.state.in_transaction:
            raise InternalError.of(f"{what} inside a transaction", ())

    def append(self, *events: Event) -> int:
        """Record events together, in one transaction; joins one that is under way.

        The entry of the last of them. Raises LedgerUnwritable.
        """
        entry = -1
        with self.state.transaction():
            for event in events:
                entry = self.ledger.append(event)
        return entry
