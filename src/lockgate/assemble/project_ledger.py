"""The ledger of an opened project, for who may read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockgate.access.action import Action
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.resource import LEDGER
from lockgate.assemble.seam import guarded
from lockgate.ledger.entry import Entry
from lockgate.ledger.verify import VerifiedLedger
from lockgate.run.record import Record

READING = "reading the ledger"
VERIFYING = "verifying the ledger"


@guarded
class ProjectLedger:
    """Reading is recorded. Verifying shows nothing, and works where nothing can be written."""

    def __init__(self, record: Record, gatekeeper: Gatekeeper) -> None:
        self._ledger = record.ledger
        self._store = record.state.ledger
        self._gatekeeper = gatekeeper

    def read(
        self, start: int = 0, limit: int | None = None, *, purpose: str = READING
    ) -> Iterator[Entry]:
        """Entries from ``start`` on that stood there before this reading was permitted.

        Raises AuthorisationDenied, and LedgerTampered for an entry that does not match.
        """
        size = self._store.head().size
        self._gatekeeper.permit(Action.READ_LEDGER, LEDGER, purpose)
        most = max(size - start, 0)
        return self._ledger.read(start, most if limit is None else min(limit, most))

    def verify(self, held: Sequence[str] = ()) -> VerifiedLedger:
        """Check every entry, hash and signature, and every checkpoint held elsewhere.

        Raises AuthorisationDenied, LedgerTampered.
        """
        self._gatekeeper.confirm(Action.READ_LEDGER, LEDGER, VERIFYING)
        return self._ledger.verify(held)

    def latest_checkpoint(self) -> str:
        """The newest signed checkpoint; "" for an empty ledger. Raises AuthorisationDenied."""
        self._gatekeeper.confirm(Action.READ_LEDGER, LEDGER, VERIFYING)
        return self._ledger.latest_checkpoint()
