"""The gatekeeper of an opened project; no key is needed to ask it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lockgate.access.decision import AccessRequest
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.owner import is_owner
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource
from lockgate.assemble.access_of_project import open_authoriser
from lockgate.assemble.project_file import Project
from lockgate.run.decisions import LedgerDecisions
from lockgate.run.record import Record


def open_gatekeeper(project: Project, record: Record, who: Callable[[], Principal]) -> Gatekeeper:
    """What every guarded action of the project asks; ``who`` says who acts."""
    return Gatekeeper(
        project.access,
        open_authoriser(project),
        NoGrants(),
        NoApprovals(),
        LedgerDecisions(record),
        record.now,
        who,
        lambda principal: is_owner(principal, record.home),
    )


class NoGrants:
    """``Entitlements`` of a project that granted nothing."""

    def roles(self, principal: Principal, resource: Resource, at: datetime) -> tuple[str, ...]:
        """None."""
        return ()


class NoApprovals:
    """``Approvals`` that were never given."""

    def use(self, request: AccessRequest) -> str:
        """None."""
        return ""
