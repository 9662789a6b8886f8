"""The gatekeeper of an opened project; no key is needed to ask it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest, Decision, Reason
from lockgate.access.gatekeeper import OWNER, Gatekeeper
from lockgate.access.owner import is_owner
from lockgate.access.principal import Principal, current_principal
from lockgate.access.refusal import refusal
from lockgate.access.resource import Resource
from lockgate.access.source import here
from lockgate.assemble.access_of_project import open_authoriser
from lockgate.assemble.access_of_state import open_approvals, open_entitlements
from lockgate.assemble.project_file import Project
from lockgate.errors import ConfigurationError
from lockgate.run.decisions import LedgerDecisions
from lockgate.run.record import Record


def open_gatekeeper(project: Project, record: Record, who: Callable[[], Principal]) -> Gatekeeper:
    """What every guarded action of the project asks; ``who`` says who acts.

    Raises ConfigurationError if anything in the project's roles or policies is wrong.
    """
    held, authoriser = open_entitlements(project, record), open_authoriser(project)
    return Gatekeeper(
        project.access,
        authoriser,
        held,
        open_approvals(project, record, authoriser, here),
        LedgerDecisions(record, held.remember),
        record.now,
        who,
        lambda principal: is_owner(principal, record.home),
    )


def permit_by_files(
    project: Project, action: Action, resources: Sequence[Resource], purpose: str
) -> None:
    """Decide by the policies alone for the system's user who can read the project's files.

    For what needs no state or cannot have it; nothing is recorded. Files whose roles or policies
    are wrong may be checked all the same: that is how one learns what is wrong. Raises
    AuthorisationDenied.
    """
    try:
        authoriser = open_authoriser(project)
    except ConfigurationError:
        if action is Action.CHECK:
            return
        raise
    principal = current_principal()
    for resource in resources:
        if action is not Action.CHECK and not is_owner(principal, project.hidden_folder):
            raise refusal(_asked(principal, action, resource, purpose), _NOT_OWNER)
        request = _asked(principal, action, resource, purpose)
        decision = authoriser.decide(request)
        if not decision.allowed:
            raise refusal(request, decision)


_NOT_OWNER = Decision(False, Reason.NOT_OWNER)


def _asked(principal: Principal, action: Action, resource: Resource, purpose: str) -> AccessRequest:
    return AccessRequest(principal, action, resource, purpose, datetime.now(UTC), (OWNER,))
