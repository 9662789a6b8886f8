"""Forecasts by the engine that decides: the same policies, with parts of the question unknown.

Cedar's partial evaluation gives "allow", "deny", or what is left of each policy once all that is
known is put in. No decision is made of it: whoever acts is asked about again, in full.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import cedarpy

from lockgate.access.decision import AccessRequest
from lockgate.access.forecast import (
    APPROVAL,
    DATASET,
    LABELS,
    LOG_IN,
    NAME,
    POLICY,
    PURPOSE,
    TIME,
    ZONE,
    Answer,
    Forecast,
    OpenQuestion,
)
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.adapters.access_policies.alike import Alike
from lockgate.adapters.access_policies.engine import CedarAuthoriser
from lockgate.adapters.access_policies.question import context, entities
from lockgate.adapters.access_policies.schema import PRINCIPALS, RESOURCES

ANYBODY: Final = Principal("anybody", Assurance.TOKEN, kind=PrincipalKind.PERSON)
_WHO: Final = "principal"
_SOME_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Foreseer:
    """Forecasts over one authoriser; what its policies cannot tell apart is asked once."""

    def __init__(self, authoriser: CedarAuthoriser) -> None:
        self.authoriser = authoriser
        self._alike = Alike(authoriser.policies)
        self._told: dict[Hashable, Forecast] = {}

    def foresee(self, asked: OpenQuestion) -> Forecast:
        """Yes, no, or what it depends on.

        A policy that cannot be evaluated, or a name that Cedar's syntax cannot hold, is
        ``depends``.
        """
        key = self._alike.key(asked)
        if key not in self._told:
            self._told[key] = foresee(self.authoriser, asked)
        return self._told[key]


def foresee(authoriser: CedarAuthoriser, asked: OpenQuestion) -> Forecast:
    """One forecast, asked of the engine."""
    who = asked.principal or ANYBODY
    request = AccessRequest(
        who,
        asked.action,
        asked.resource,
        asked.purpose or "",
        asked.at or _SOME_TIME,
        asked.roles,
        break_glass="open" if asked.break_glass else "",
    )
    if not (_sayable(who.id) and _sayable(asked.resource.name)):
        return Forecast(Answer.DEPENDS, (NAME,))
    result = cedarpy.is_authorized_partial(
        {
            "principal": _said(PRINCIPALS[who.kind], who.id),
            "action": _said("Action", asked.action.value),
            "resource": _said(RESOURCES[asked.resource.kind], asked.resource.name),
            "context": _context(request, asked, authoriser.environment),
        },
        authoriser.policies.handle,
        _entities(request, asked, authoriser),
    )
    names = authoriser.policies.names
    if result.diagnostics.errors:
        return Forecast(Answer.DEPENDS, (POLICY,))
    if result.decision is cedarpy.Decision.NoDecision:
        left = result.diagnostics.nontrivial_residuals
        needs = {need for one in left for need in _unknowns(result.residuals[one])}
        return Forecast(Answer.DEPENDS, tuple(sorted(needs)), tuple(sorted(names[o] for o in left)))
    decided = tuple(sorted(names[one] for one in result.diagnostics.reasons))
    yes = result.decision is cedarpy.Decision.Allow
    return Forecast(Answer.YES if yes else Answer.NO, (), decided)


def _context(request: AccessRequest, asked: OpenQuestion, environment: str) -> dict[str, Any]:
    known = context(request, environment)
    known["approval"] = _unknown(APPROVAL)
    known["strength"] = dict.fromkeys(known["strength"], _unknown(LOG_IN))
    if asked.purpose is None:
        known["purpose"] = dict.fromkeys(known["purpose"], _unknown(PURPOSE))
    if asked.at is None:
        known["time"] = dict.fromkeys(known["time"], _unknown(TIME))
    for name in asked.unsaid & {DATASET, ZONE, LABELS}:
        known[name] = _unknown(name)
    return known


def _entities(
    request: AccessRequest, asked: OpenQuestion, authoriser: CedarAuthoriser
) -> list[dict[str, Any]]:
    found = entities(request.principal, request.roles, request.resource, authoriser.all_roles)
    if asked.principal is None or not asked.principal.issuer:
        unknown = dict.fromkeys(found[0]["attrs"], _unknown(_WHO))
        found[0] = {**found[0], "attrs": unknown}
    action = {"type": "Action", "id": asked.action.value}
    return [*found, {"uid": action, "attrs": {}, "parents": []}]


def _unknown(name: str) -> dict[str, Any]:
    return {"__extn": {"fn": "unknown", "arg": name}}


def _unknowns(tree: Any) -> Iterator[str]:
    """The names of what is unknown in what is left of a policy."""
    if isinstance(tree, dict):
        named = tree.get("unknown")
        if isinstance(named, list) and len(named) == 1 and isinstance(named[0], dict):
            yield str(named[0].get("Value"))
        for part in tree.values():
            yield from _unknowns(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _unknowns(part)


def _sayable(name: str) -> bool:
    return name.isprintable()


def _said(kind: str, name: str) -> str:
    """A UID in Cedar's syntax: partial evaluation takes no other."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{kind}::"{escaped}"'
