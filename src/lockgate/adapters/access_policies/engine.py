"""The authoriser: Cedar's answer, and whatever is not a clean "allow" is a denial.

Cedar skips a policy whose evaluation fails: a ``forbid`` that errors would let everything pass
(https://docs.cedarpolicy.com/auth/authorization.html, "error handling"). So the schema goes along
with every question, and an error of any policy denies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import cedarpy

from lockgate.access.decision import AccessRequest, Decision, Reason
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource
from lockgate.access.roles import Roles
from lockgate.adapters.access_policies.policies import Policies
from lockgate.adapters.access_policies.question import entities, question
from lockgate.adapters.access_policies.schema import schema

_KEPT = 256
"""Sets of entities that stay parsed: who asks asks again, for the next batch or label."""
_FAILED = Decision(False, Reason.POLICY_ERROR)


class CedarAuthoriser:
    """Decides by one project's policies and roles. Immutable; any thread may ask."""

    def __init__(self, policies: Policies, roles: Roles, environment: str) -> None:
        self.policies = policies
        self.all_roles = roles
        self.environment = environment
        self._schema = schema()
        # Names alone, whatever the state or the clock says: the same are the same entities.
        self._entities = lru_cache(maxsize=_KEPT)(self._parsed)

    def roles(self) -> Sequence[str]:
        """Every role there is, shipped ones first."""
        return self.all_roles.names

    def decide(self, request: AccessRequest) -> Decision:
        """Default deny. An error, in a policy or on the way to it, is a denial.

        Where an approval by somebody else is all that is missing, the reason says so.
        """
        try:
            decision = self._ask(request)
            if decision.reason in _WITHOUT_APPROVAL and self._would_pass(request):
                return replace(decision, reason=Reason.NEEDS_APPROVAL)
        except Exception:  # noqa: BLE001 - whatever fails in a check is a no
            return _FAILED
        return decision

    def _ask(self, request: AccessRequest) -> Decision:
        result = cedarpy.is_authorized(
            question(request, self.environment),
            self.policies.handle,
            self._entities(request.principal, request.roles, request.resource),
            self._schema,
        )
        if result.diagnostics.errors or result.decision is cedarpy.Decision.NoDecision:
            return _FAILED
        decided = self._named(result.diagnostics.reasons)
        if result.decision is cedarpy.Decision.Allow:
            return Decision(True, _allowed(request), decided) if decided else _FAILED
        if decided:
            return Decision(False, Reason.FORBIDDEN, decided)
        return Decision(False, Reason.NO_PERMIT if request.roles else Reason.NO_ROLE)

    def _parsed(
        self, principal: Principal, held: tuple[str, ...], resource: Resource
    ) -> cedarpy.Entities:
        """Held to the schema here, as the question is when it is asked. Raises ValueError."""
        told = json.dumps(entities(principal, held, resource, self.all_roles))
        return cedarpy.Entities.from_json_str(told, self._schema)

    def _would_pass(self, request: AccessRequest) -> bool:
        if request.approval or not self.policies.speaks_of_approval:
            return False
        return self._ask(replace(request, approval="asked for")).allowed

    def _named(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(self.policies.names[one] for one in ids))


_WITHOUT_APPROVAL = frozenset({Reason.NO_PERMIT, Reason.FORBIDDEN})


def _allowed(request: AccessRequest) -> Reason:
    if request.break_glass:
        return Reason.ALLOWED_BY_BREAK_GLASS
    return Reason.ALLOWED_BY_APPROVAL if request.approval else Reason.ALLOWED
