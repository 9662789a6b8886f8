"""What each role may, action by action, over all that there is in the project."""

from __future__ import annotations

from dataclasses import dataclass

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.forecast import Answer, Forecast
from lockgate.access.resource import Resource, ResourceKind
from lockgate.access.resource_text import resource_from_text
from lockgate.assemble.access_questions import AccessQuestions, Question, things

_SOME = "(some)"


@dataclass(frozen=True, slots=True)
class RoleSummary:
    """A role in words. ``depends``: actions that it may under conditions, or not on everything."""

    name: str
    description: str
    extends: tuple[str, ...]
    groups: tuple[str, ...]
    not_with: tuple[str, ...]
    may: tuple[str, ...]
    depends: tuple[str, ...]


def summaries(questions: AccessQuestions) -> list[RoleSummary]:
    """Every role, shipped ones first."""
    return [_summary(questions, name) for name in questions.authoriser.roles()]


def resources_of(questions: AccessQuestions, action: Action) -> dict[ResourceKind, list[Resource]]:
    """What an action can be done to, by kind; something unnamed where nothing is known by name."""
    named: dict[ResourceKind, list[str]] = {}
    for kind, name in things(questions.project):
        named.setdefault(kind, []).append(name)
    found = {}
    for kind in sorted(APPLIES[action]):
        names = named.get(kind) or [_SOME]
        found[kind] = [resource_from_text(f"{kind.value}:{name}", action) for name in names]
    return found


def _summary(questions: AccessQuestions, name: str) -> RoleSummary:
    roles = questions.authoriser.all_roles
    spec = roles.specs[name]
    answers = {action: _answers(questions, name, action) for action in Action}
    others = {one for pair in roles.toxic_pairs if name in pair for one in pair if one != name}
    return RoleSummary(
        name,
        spec.description,
        spec.extends,
        spec.groups,
        tuple(sorted(others)),
        tuple(a.value for a, found in answers.items() if found == {Answer.YES}),
        tuple(a.value for a, found in answers.items() if found not in ({Answer.YES}, {Answer.NO})),
    )


def _answers(questions: AccessQuestions, role: str, action: Action) -> set[Answer]:
    """Over all there is; what ``reveal:`` denies to everybody is left out."""
    found: list[Forecast] = [
        questions.of_role(role, Question(action, resource))
        for resources in resources_of(questions, action).values()
        for resource in resources
    ]
    told = {f.answer for f in found if not any(p.startswith("reveal: ") for p in f.policies)}
    return told or {Answer.NO}
