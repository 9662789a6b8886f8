"""The gatekeeper of an opened project; no key is needed to ask it."""

from __future__ import annotations

from collections.abc import Callable

from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.owner import is_owner
from lockgate.access.principal import Principal
from lockgate.access.source import here
from lockgate.assemble.access_of_project import open_authoriser
from lockgate.assemble.access_of_state import open_approvals, open_entitlements
from lockgate.assemble.project_file import Project
from lockgate.run.decisions import LedgerDecisions
from lockgate.run.record import Record


def open_gatekeeper(project: Project, record: Record, who: Callable[[], Principal]) -> Gatekeeper:
    """What every guarded action of the project asks; ``who`` says who acts.

    Raises ConfigurationError if anything in the project's roles or policies is wrong.
    """
    held = open_entitlements(project, record)
    return Gatekeeper(
        project.access,
        open_authoriser(project),
        held,
        open_approvals(project, record, here),
        LedgerDecisions(record, held.remember),
        record.now,
        who,
        lambda principal: is_owner(principal, record.home),
    )
