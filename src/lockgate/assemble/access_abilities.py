"""All that one principal may, folded: one line for all that has the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lockgate.access.action import Action
from lockgate.access.forecast import Answer, Forecast
from lockgate.access.resource import Resource
from lockgate.assemble.access_questions import AccessQuestions, Holder, Question
from lockgate.assemble.access_summary import resources_of


@dataclass(frozen=True, slots=True)
class Ability:
    """An action on things of a kind; ``every``: on all of them that there are."""

    action: str
    kind: str
    names: tuple[str, ...]
    every: bool
    forecast: Forecast
    by: tuple[str, ...]


def abilities(
    questions: AccessQuestions,
    principal: str,
    groups: tuple[str, ...],
    purpose: str | None,
    at: datetime | None,
    now: datetime,
) -> list[Ability]:
    """What the principal may or might; what it may not is left out."""

    def ask(action: Action, resource: Resource) -> Holder:
        return questions.holder(principal, groups, Question(action, resource, purpose, at), now)

    return [
        one
        for action in Action
        for kind, resources in resources_of(questions, action).items()
        for one in _folded(action, kind.value, [(r.name, ask(action, r)) for r in resources])
    ]


def _folded(action: Action, kind: str, found: list[tuple[str, Holder]]) -> Iterator[Ability]:
    same: dict[tuple[Forecast, tuple[str, ...]], list[str]] = {}
    for name, holder in found:
        if holder.forecast.answer is not Answer.NO:
            same.setdefault((holder.forecast, holder.by), []).append(name)
    for (forecast, by), names in same.items():
        every = len(names) == len(found)
        yield Ability(action.value, kind, tuple(names), every, forecast, by)
