"""Questions about a decision of which not everything is known yet, and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lockgate.access.action import Action
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource

PURPOSE, TIME, LOG_IN = "purpose", "time", "log-in"
APPROVAL, DATASET, ZONE, LABELS = "approval", "dataset", "zone", "labels"
NAME, POLICY = "name", "policy"
UNEVALUATED = frozenset({NAME, POLICY})
"""Needs of a forecast where a name cannot be said to the engine, or a policy not be evaluated."""


class Answer(StrEnum):
    """Whether somebody may. What is not known is ``depends``, never ``no``."""

    YES = "yes"
    DEPENDS = "depends"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Forecast:
    """An answer, what it depends on (``purpose``, ``time`` …), and the policies that say so."""

    answer: Answer
    needs: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    def but(self, answer: Answer, *needs: str) -> Forecast:
        """The same, where something else weighs as well: the lesser answer, all needs."""
        lesser = max(self.answer, answer, key=list(Answer).index)
        kept = () if lesser is Answer.NO else tuple(sorted({*self.needs, *needs}))
        return Forecast(lesser, kept, self.policies)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """May whoever holds ``roles`` do it? What is None or in ``unsaid`` nobody has said yet.

    ``principal`` None: any person. ``unsaid``: which of the resource's dataset, zone and labels.
    """

    roles: tuple[str, ...]
    action: Action
    resource: Resource
    principal: Principal | None = None
    purpose: str | None = None
    at: datetime | None = None
    unsaid: frozenset[str] = frozenset()
    break_glass: bool = False
