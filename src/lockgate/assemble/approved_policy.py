"""What a project shows and lets through, held against what somebody answered for."""

from __future__ import annotations

from lockgate.access.action import Action
from lockgate.assemble.access_of_state import open_access_rows
from lockgate.assemble.domains import domain_labels
from lockgate.assemble.project_file import Project
from lockgate.policy.diff import sight
from lockgate.policy.reveal_diff import reveal_sight
from lockgate.run.context import RunContext
from lockgate.run.policy_approval import PolicySight, check_reveals, check_zones
from lockgate.run.record import Record


def policy_sight(project: Project) -> PolicySight:
    """What the project's zones show of its columns, and what its reveal rules let through."""
    return PolicySight(
        sight(project.policy, project.contracts),
        reveal_sight(project.reveal_rules, project.contracts, domain_labels(project)),
    )


def require_approved_zones(project: Project, context: RunContext) -> None:
    """Refuse zones that show more than somebody answered for, where two persons decide on it.

    Raises AuthorisationDenied, IntegrityError.
    """
    if Action.EXPAND_POLICY in project.access.held_by_two:
        record = Record(context.home, context.state, context.ledger, context.now)
        check_zones(open_access_rows(record), policy_sight(project))


def require_approved_reveals(project: Project, record: Record) -> None:
    """Refuse reveal rules that let more through than somebody answered for, where two decide.

    Raises AuthorisationDenied, IntegrityError.
    """
    if Action.EXPAND_POLICY in project.access.held_by_two:
        check_reveals(open_access_rows(record), policy_sight(project))
