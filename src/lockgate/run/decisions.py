"""Decisions, written into the ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lockgate.access.decision import AccessRequest, Decision
from lockgate.access.principal import Assurance
from lockgate.access.source import here
from lockgate.errors import IntegrityError, KeyUnavailable
from lockgate.ledger.access_events import AccessDenied, AccessGranted
from lockgate.run.record import Record

NO_PURPOSE = "none given"


@dataclass(frozen=True, slots=True)
class LedgerDecisions:
    """A ``DecisionRecorder`` over a project's record."""

    record: Record
    remember: Callable[[datetime], object] | None = None
    """Called with the time of a denial: the transaction in which it was decided is undone."""

    def transaction(self) -> AbstractContextManager[None]:
        """A transaction of the state, which the ledger shares."""
        return self.record.state.transaction()

    def granted(self, request: AccessRequest, decision: Decision) -> None:
        """Append AccessGranted. Raises LedgerUnwritable."""
        self.record.append(
            AccessGranted(
                approval=request.approval,
                break_glass=request.break_glass,
                **_told(request, decision),
            )
        )

    def denied(self, request: AccessRequest, decision: Decision) -> None:
        """Append AccessDenied. Raises LedgerUnwritable."""
        self.record.append(AccessDenied(**_told(request, decision)))
        verified = request.principal.assurance is Assurance.TOKEN
        if self.remember is not None and verified:
            # What does not verify denies whatever is asked; the denial stays recorded.
            with suppress(IntegrityError, KeyUnavailable):
                self.remember(request.at)


def _told(request: AccessRequest, decision: Decision) -> dict[str, Any]:
    resource, principal = request.resource, request.principal
    return {
        "at": request.at,
        "principal": principal.id,
        "purpose": request.purpose or NO_PURPOSE,
        "action": str(request.action),
        "resource": str(resource),
        "resource_kind": resource.kind.value,
        "dataset": resource.dataset,
        "labels": resource.labels,
        "zone": resource.zone,
        "reason": decision.reason.value,
        "source": here(),
        "session": principal.session,
        "roles": request.roles,
        "policies": decision.policies,
    }
