"""A desk where access is given and taken, with people at it and a clock that a test turns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from lockgate.access.action import Action
from lockgate.access.entitlements import GrantedRoles
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.grant_rows import Grant
from lockgate.access.identity_ports import User
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.resource import Resource
from lockgate.access.roles import Roles
from lockgate.access.scope import EVERYWHERE, Scope
from lockgate.access.sealed_rows import AccessRows
from lockgate.access.settings import AccessSettings
from lockgate.adapters.access_policies.engine import CedarAuthoriser
from lockgate.adapters.access_policies.foresee import foresee
from lockgate.adapters.access_policies.policies import Policies, parse
from lockgate.adapters.access_policies.texts import shipped_policies
from lockgate.errors import AuthorisationDenied
from lockgate.ledger.ledger import Ledger
from lockgate.run.access_desk import AccessDesk
from lockgate.run.access_history import AccessHistory, differences
from lockgate.run.approvals import RecordedApprovals
from lockgate.run.approver import Approvers
from lockgate.run.decisions import LedgerDecisions
from lockgate.run.granting import add_grant
from lockgate.run.record import Record
from lockgate.run.state_ports import StateStore
from lockgate.secret import SecretBytes
from lockgate.testing.ledgers import new_ledger, new_signing_key

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = b"k" * 32
POLICY = "p" * 64
SHIPPED = parse((shipped_policies(),))


def person(name: str, session: str = "", *groups: str) -> Principal:
    """Somebody who logged in at noon, for a thousand days."""
    return Principal(
        f"user:{name}",
        Assurance.TOKEN,
        f"user:{name}",
        PrincipalKind.PERSON,
        groups=groups,
        methods=("pwd",),
        authenticated_at=NOON,
        expires_at=NOON + timedelta(days=1000),
        session=session or f"session-{name}",
    )


@dataclass
class Office:
    """Everything over one state; ``act`` says who acts from then on."""

    state: StateStore
    settings: AccessSettings = field(
        default_factory=lambda: AccessSettings(environment="production")
    )
    ledger: Ledger | None = None
    at: datetime = NOON
    who: Principal = field(default_factory=lambda: person("root"))
    policy: str = POLICY
    key: bytes = KEY
    policies: Policies = SHIPPED

    def __post_init__(self) -> None:
        ledger = self.ledger or new_ledger(self.state.ledger, new_signing_key())
        self.ledger = ledger
        self.record = Record(Path(), self.state, ledger, lambda: self.at)
        self.rows = AccessRows(self.state.access, lambda: SecretBytes(self.key))
        self.roles = Roles.of(self.settings)
        self.held = GrantedRoles(self.rows, self.roles)
        self.desk = self._desk()

    def _desk(self) -> AccessDesk:
        authoriser = CedarAuthoriser(self.policies, self.roles, self.settings.environment)
        approvers = Approvers(self.state.identities, self.held, partial(foresee, authoriser))
        self.approvals = RecordedApprovals(
            self.record, self.rows, approvers, self.policy, lambda: "test"
        )
        self.gate = Gatekeeper(
            self.settings,
            authoriser,
            self.held,
            self.approvals,
            LedgerDecisions(self.record, self.held.remember),
            lambda: self.at,
            lambda: self.who,
            lambda principal: False,
        )
        return AccessDesk(
            self.record,
            self.rows,
            self.held,
            self.roles,
            self.settings,
            self.gate,
            self.policy,
        )

    def with_policy(self, policy: str) -> None:
        """As if the policies in force had changed."""
        self.policy = policy
        self.desk = self._desk()

    def act(self, principal: Principal) -> AccessDesk:
        """The desk, with this principal at it, who has an account."""
        self.who = principal
        kind, _, name = principal.id.partition(":")
        accounts = self.state.identities
        if kind == "user" and accounts.user(name) is None:
            accounts.add_user(User(name, "phc", self.at, self.at))
        return self.desk

    def give(self, to: str, role: str, *, days: int = 30, scope: Scope = EVERYWHERE) -> Grant:
        """A grant that nobody decided on, to begin with."""
        until = self.at + timedelta(days=days)
        return self.desk.alone(
            lambda now: add_grant(self.desk, to, role, scope, "to begin with", now, until)
        )

    def may(
        self, principal: Principal, action: Action, resource: Resource, purpose: str = "test"
    ) -> bool:
        """Whether the gatekeeper permits it now."""
        self.who = principal
        try:
            self.gate.permit(action, resource, purpose)
        except AuthorisationDenied:
            return False
        return True

    def differences(self) -> list[str]:
        """What ``lockgate access verify`` finds."""
        return list(differences(self.rows, AccessHistory.read(self.record.ledger.read())))


def logged_in(principal: Principal, at: datetime) -> Principal:
    """The same one, who logged in again just now."""
    return replace(principal, authenticated_at=at)
