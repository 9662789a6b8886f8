"""Who may, who can, and the matrix: each answered by asking the engine that decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from lockgate.access.action import Action
from lockgate.access.entitlements import GrantedRoles, Source
from lockgate.access.forecast import (
    APPROVAL,
    DATASET,
    LABELS,
    PURPOSE,
    ZONE,
    Answer,
    Forecast,
    OpenQuestion,
)
from lockgate.access.grant_rows import GROUP
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.resource import Resource, ResourceKind
from lockgate.access.roles import OWNER_ROLE
from lockgate.access.scope import Scope
from lockgate.access.settings import ProviderKind
from lockgate.adapters.access_policies.engine import CedarAuthoriser
from lockgate.adapters.access_policies.foresee import Foreseer
from lockgate.labels.label import LabelSet

if TYPE_CHECKING:
    from lockgate.assemble.project_file import Project

_KINDS = {
    ProviderKind.PEOPLE: PrincipalKind.PERSON,
    ProviderKind.SERVICES: PrincipalKind.SERVICE,
    ProviderKind.WORKLOADS: PrincipalKind.WORKLOAD,
}
_OPEN_PARTS = {
    ResourceKind.LABEL: (DATASET, ZONE),
    ResourceKind.ZONE: (DATASET, LABELS),
    ResourceKind.DATASET: (ZONE, LABELS),
    ResourceKind.PIPELINE: (DATASET,),
}
OWNER = "the folder's owner"


@dataclass(frozen=True, slots=True)
class Question:
    """An action on a resource, as far as it is said: None is not said."""

    action: Action
    resource: Resource
    purpose: str | None = None
    at: datetime | None = None

    @property
    def unsaid(self) -> frozenset[str]:
        """Which of dataset, zone and labels the resource could still have."""
        said = {DATASET: self.resource.dataset, ZONE: self.resource.zone}
        parts = _OPEN_PARTS.get(self.resource.kind, ())
        return frozenset(p for p in parts if not (said.get(p) if p in said else self._labels))

    @property
    def _labels(self) -> tuple[str, ...]:
        return self.resource.labels


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may, or might: by which roles, and what gives them."""

    who: str
    forecast: Forecast
    roles: tuple[str, ...]
    by: tuple[str, ...]
    until: datetime | None = None
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class AccessQuestions:
    """Over one project: its policies, and what its state says of grants and break-glass.

    For one command: what was ``read`` is not read again.
    """

    project: Project
    foreseer: Foreseer
    held: GrantedRoles
    read: dict[tuple[Principal, datetime], tuple[Source, ...]] = field(default_factory=dict)

    @property
    def authoriser(self) -> CedarAuthoriser:
        """The engine that decides."""
        return self.foreseer.authoriser

    def of_role(
        self, role: str, question: Question, *, principal: Principal | None = None
    ) -> Forecast:
        """What anybody who holds this role alone may."""
        return self._answer((role,), question, principal, break_glass=False)

    def who_can(self, question: Question, now: datetime) -> list[Holder]:
        """All who may or might, by name or group; who may not is left out."""
        found = [self._holder(name, question, now) for name in self._named()]
        if not self.project.access.production:
            forecast = self._answer((OWNER_ROLE,), question, None, break_glass=False)
            found.append(Holder(OWNER, forecast, (OWNER_ROLE,), ("ownership of the folder",)))
        return [one for one in found if one.forecast.answer is not Answer.NO]

    def holder(self, name: str, groups: Iterable[str], question: Question, now: datetime) -> Holder:
        """What this principal, in these groups, may."""
        return self._holder(name, question, now, tuple(groups))

    def _named(self) -> list[str]:
        groups = {GROUP + g for spec in self.project.access.roles.values() for g in spec.groups}
        return sorted(groups | set(self.held.known_principals()))

    def _holder(
        self, name: str, question: Question, now: datetime, groups: tuple[str, ...] = ()
    ) -> Holder:
        principal = self.principal(name, groups)
        sources = self._sources_of(principal, question.at or now)
        inside = [one for one in sources if _covers(one, question, said=True)]
        perhaps = [one for one in sources if _covers(one, question, said=False)]
        asked = None if name.startswith(GROUP) else principal
        forecast = self._of(inside, question, asked)
        used = inside
        if forecast.answer is not Answer.YES and len(perhaps) > len(inside):
            wider = self._of(perhaps, question, asked)
            if wider.answer is not Answer.NO:
                forecast, used = wider.but(Answer.DEPENDS, *question.unsaid), perhaps
        ends = [one.until for one in used if one.until is not None]
        return Holder(
            name,
            forecast,
            tuple(sorted({one.role for one in used})),
            tuple(sorted({one.by for one in used})),
            min(ends, default=None),
            any(one.break_glass for one in used),
        )

    def _sources_of(self, principal: Principal, at: datetime) -> tuple[Source, ...]:
        """Read once for all questions about a principal at one time."""
        key = principal, at
        if key not in self.read:
            self.read[key] = self.held.sources(principal, at)
        return self.read[key]

    def _of(
        self, sources: list[Source], question: Question, principal: Principal | None
    ) -> Forecast:
        roles = tuple(sorted({one.role for one in sources}))
        if not roles:
            return Forecast(Answer.NO)
        glass = any(one.break_glass for one in sources)
        return self._answer(roles, question, principal, break_glass=glass)

    def _answer(
        self,
        roles: tuple[str, ...],
        question: Question,
        principal: Principal | None,
        *,
        break_glass: bool,
    ) -> Forecast:
        asked = OpenQuestion(
            roles,
            question.action,
            question.resource,
            principal,
            question.purpose,
            question.at,
            question.unsaid,
            break_glass,
        )
        forecast = self.foreseer.foresee(asked)
        if forecast.answer is Answer.NO:
            return forecast
        if question.action in self.project.access.held_by_two:
            forecast = forecast.but(Answer.DEPENDS, APPROVAL)
        return self._by_reveal_rules(forecast, question)

    def _by_reveal_rules(self, forecast: Forecast, question: Question) -> Forecast:
        """``reveal:`` decides too: whether a label is turned back at all, and for what."""
        if question.action is not Action.REVEAL:
            return forecast
        labels = LabelSet.of(question.resource.name)
        for bounds in self.project.reveal_rules.bounds(labels):
            if bounds.denied_by:
                return Forecast(Answer.NO, (), (f"reveal: {bounds.denied_by}",))
            if question.purpose is None and bounds.purposes:
                forecast = forecast.but(Answer.DEPENDS, PURPOSE)
            elif question.purpose is not None and not bounds.allows(question.purpose):
                return Forecast(Answer.NO, (), (f"reveal: {bounds.purposes_by}",))
        return forecast

    def principal(self, name: str, groups: tuple[str, ...] = ()) -> Principal:
        """Whom a principal's id, or ``group:`` name, speaks of."""
        if name.startswith(GROUP):
            member = (name.removeprefix(GROUP),)
            return Principal("anybody", Assurance.TOKEN, kind=PrincipalKind.PERSON, groups=member)
        if name.startswith("os:"):
            return Principal(name, Assurance.OPERATING_SYSTEM)
        kind = PrincipalKind.SERVICE if name.startswith("service:") else PrincipalKind.PERSON
        provider = self.project.access.providers.get(name.partition("/")[0])
        if provider is not None:
            kind = _KINDS[provider.kind]
        return Principal(name, Assurance.TOKEN, kind=kind, groups=groups)


def _covers(source: Source, question: Question, *, said: bool) -> bool:
    """Whether the source's scope covers the resource; not ``said``: or might, if more were said."""
    scope, unsaid = Scope.parse(source.scope), frozenset() if said else question.unsaid
    if DATASET in unsaid:
        scope = replace(scope, datasets=())
    if ZONE in unsaid:
        scope = replace(scope, zones=())
    if LABELS in unsaid:
        scope = replace(scope, labels=())
    return scope.covers(question.resource)


def things(project: Project) -> Iterator[tuple[ResourceKind, str]]:
    """Every named thing of a project that actions are done to."""
    for name in project.pipelines:
        yield ResourceKind.PIPELINE, name
    for name in project.contracts:
        yield ResourceKind.DATASET, name
    for name in labels_in_use(project):
        yield ResourceKind.LABEL, name
    for name in project.policy.zones:
        yield ResourceKind.ZONE, name
    for name in (*project.domains, "all"):
        yield ResourceKind.KEY_DOMAIN, name


def labels_in_use(project: Project) -> tuple[str, ...]:
    """Labels of the contracts' columns; every known one where there is no contract."""
    found = {
        text.partition("(")[2].rstrip(")").partition(";")[0] if "(" in text else text
        for contract in project.contracts.values()
        for column in contract.columns
        for text in column.labels.texts()
    }
    return tuple(sorted(found)) or tuple(entry.label for entry in project.taxonomy.entries)
