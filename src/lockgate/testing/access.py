"""Policies, grants, approvals and a recorder in memory, behind the gatekeeper's Protocols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest, Decision, Reason
from lockgate.access.held import Held
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource


@dataclass
class RoleTable:
    """An ``Authoriser``: which role may do what; ``owner`` may everything."""

    may: Mapping[str, frozenset[Action]] = field(default_factory=dict)

    def decide(self, request: AccessRequest) -> Decision:
        """Whether one of the roles may."""
        for role in request.roles:
            if role == "owner" or request.action in self.may.get(role, frozenset()):
                return Decision(True, Reason.ALLOWED, (f"{role}-may",))
        return Decision(False, Reason.NO_PERMIT if request.roles else Reason.NO_ROLE)

    def roles(self) -> Sequence[str]:
        """Those of the table, and the owner's."""
        return (*self.may, "owner")


@dataclass
class GrantTable:
    """``Entitlements``: roles by principal id, whatever the resource and the time."""

    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    glass: Mapping[str, str] = field(default_factory=dict)

    def held(self, principal: Principal, resource: Resource, at: datetime) -> Held:
        """The principal's roles, and the id of its open break-glass."""
        roles = self.roles.get(principal.id, ())
        return Held(roles, break_glass=self.glass.get(principal.id, ""))


@dataclass
class ApprovalList:
    """``Approvals``: ids that are there to be used, by action and resource's name."""

    given: dict[tuple[Action, str], list[str]] = field(default_factory=dict)

    def use(self, request: AccessRequest) -> str:
        """Take one, "" if there is none."""
        waiting = self.given.get((request.action, request.resource.name), [])
        return waiting.pop() if waiting else ""


@dataclass
class DecisionList:
    """A ``DecisionRecorder``: what was committed, in order."""

    kept: list[tuple[AccessRequest, Decision]] = field(default_factory=list)
    _open: list[tuple[AccessRequest, Decision]] | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what is written inside if nothing is raised."""
        self._open = []
        try:
            yield
            self.kept += self._open
        finally:
            self._open = None

    def granted(self, request: AccessRequest, decision: Decision) -> None:
        """Keep it."""
        self._write(request, decision)

    def denied(self, request: AccessRequest, decision: Decision) -> None:
        """Keep it."""
        self._write(request, decision)

    def _write(self, request: AccessRequest, decision: Decision) -> None:
        if self._open is None:
            raise AssertionError("a decision was recorded outside of a transaction")
        self._open.append((request, decision))
