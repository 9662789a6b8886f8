"""The matrix: for every role, label and zone, whether it may reveal and publish."""

from __future__ import annotations

from dataclasses import dataclass

from lockgate.access.action import Action
from lockgate.access.forecast import Forecast
from lockgate.access.resource import Resource, ResourceKind
from lockgate.access.roles import OWNER_ROLE
from lockgate.assemble.access_questions import AccessQuestions, Question, labels_in_use

ACTIONS = (Action.REVEAL, Action.PUBLISH)


@dataclass(frozen=True, slots=True)
class Matrix:
    """``cells`` by action, role, label and zone. Of roles one by one; grants say who holds them."""

    title: str
    roles: tuple[str, ...]
    labels: tuple[str, ...]
    zones: tuple[str, ...]
    cells: dict[tuple[Action, str, str, str], Forecast]

    def row(self, action: Action, label: str, role: str) -> tuple[Forecast, ...]:
        """Zone by zone."""
        return tuple(self.cells[action, role, label, zone] for zone in self.zones)


def matrix(
    questions: AccessQuestions, *, every_label: bool = False, purpose: str | None = None
) -> Matrix:
    """Asked of the engine, cell by cell. Labels are those of contracts, or every known one."""
    project = questions.project
    labels = labels_in_use(project)
    if every_label:
        labels = tuple(entry.label for entry in project.taxonomy.entries)
    roles = questions.authoriser.roles()
    if project.access.production:
        roles = [name for name in roles if name != OWNER_ROLE]
    zones = tuple(project.policy.zones)
    cells = {
        (action, role, label, zone): questions.of_role(
            role, Question(action, _resource(action, label, zone), purpose)
        )
        for action in ACTIONS
        for role in roles
        for label in labels
        for zone in zones
    }
    return Matrix(project.name, tuple(roles), labels, zones, cells)


def _resource(action: Action, label: str, zone: str) -> Resource:
    if action is Action.REVEAL:
        return Resource(ResourceKind.LABEL, label, "", (label,), zone)
    return Resource(ResourceKind.ZONE, zone, "", (label,), zone)
