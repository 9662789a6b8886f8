"""Approvals, used once: the row, and the ledger that says nobody used it before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lockgate.access.decision import AccessRequest
from lockgate.access.grant_rows import Approval, ApprovalState
from lockgate.access.request_digest import STANDING, request_digest
from lockgate.access.sealed_rows import AccessRows
from lockgate.errors import IntegrityError
from lockgate.ledger.access_events import ApprovalDecided, ApprovalEnded
from lockgate.run.approver import Approvers
from lockgate.run.record import Record


@dataclass(frozen=True, slots=True)
class RecordedApprovals:
    """``access.ports.Approvals`` over the state's rows.

    ``policy`` digests what is in force: an approval given under another one counts for nothing.
    """

    record: Record
    rows: AccessRows
    approvers: Approvers
    policy: str
    source: Callable[[], str]

    def use(self, request: AccessRequest) -> str:
        """Take an approval that covers this very request, once: its id, or "" if there is none.

        One counts as long as who gave it could give it still. Joins the transaction that records
        the decision. Raises IntegrityError for a row that does not verify or that the ledger
        contradicts, which denies.
        """
        with self.record.state.transaction():
            self.rows.lock()
            for approval in self._candidates(request):
                if self._take(approval, request):
                    return approval.id
        return ""

    def _candidates(self, request: AccessRequest) -> list[Approval]:
        who = request.principal.id
        digest = request_digest(request.action, request.resource, request.purpose, who, self.policy)
        now = self.approvers.held.now(request.at)
        standing = request.action in STANDING
        return [
            row
            for row in self.rows.approvals.of([digest])
            if _stands(row, now, standing=standing)
            and row.approver not in ("", row.requester)
            and (standing or row.requester == who)
            and self.approvers.counts(row, request)
        ]

    def _take(self, approval: Approval, request: AccessRequest) -> bool:
        if approval.state is ApprovalState.USED:  # one that stands: it was checked at first use
            return True
        self._check_ledger(approval)
        entry = self.record.ledger.append(
            ApprovalEnded(
                at=request.at,
                principal=request.principal.id,
                purpose=request.purpose.strip(),
                source=self.source(),
                session=request.principal.session,
                reason="used",
                approval_id=approval.id,
            )
        )
        taken = self.rows.approvals.change(
            approval, state=ApprovalState.USED, used_at=request.at, entry=entry
        )
        if taken is None:  # under the lock nobody can have: the row is not what was read
            raise IntegrityError("an approval changed while it was used")
        return True

    def _check_ledger(self, approval: Approval) -> None:
        """The row's last entry is the ledger's last word on it: no older row was put back."""
        told = False
        for entry in self.record.ledger.read(approval.entry):
            match entry.event:
                case ApprovalDecided(approval_id=about) | ApprovalEnded(approval_id=about):
                    if about != approval.id:
                        continue
                case _:
                    continue
            if entry.index > approval.entry:
                raise IntegrityError(
                    f"approval {approval.id} is not what the ledger says became of it",
                    hint="`lockgate access verify`; restore the state from a backup",
                )
            told = True
        if not told:
            raise IntegrityError(f"the ledger knows nothing of approval {approval.id}")


def _stands(row: Approval, now: datetime, *, standing: bool) -> bool:
    if row.state is ApprovalState.USED:
        return standing
    return row.state is ApprovalState.APPROVED and row.at <= now < row.expires_at
