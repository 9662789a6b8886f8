"""Who may in an opened project: granting, asking, approving, break-glass and their review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from lockgate.access.action import Action
from lockgate.access.entitlements import GrantedRoles
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.grant_rows import Approval, ApprovedPolicy, BreakGlass, Grant, KeptEnvironment
from lockgate.access.owner import is_owner
from lockgate.access.principal import current_principal
from lockgate.access.resource import ACCESS, Resource
from lockgate.access.roles import Roles
from lockgate.access.scope import EVERYWHERE, Scope
from lockgate.access.sealed_sessions import SealedSessions
from lockgate.access.settings import AccessSettings
from lockgate.assemble.access_of_state import access_key, in_force, open_access_rows
from lockgate.assemble.approved_policy import policy_sight
from lockgate.assemble.project_file import Project
from lockgate.assemble.seam import guarded
from lockgate.errors import AuthorisationDenied
from lockgate.run.access_desk import AccessDesk
from lockgate.run.access_history import AccessHistory, differences
from lockgate.run.access_review import AccessReview, review_of, unreviewed_of
from lockgate.run.account_history import account_differences
from lockgate.run.break_glass import close_glass, open_glass, review_glass
from lockgate.run.granting import first_admin, grant, revoke
from lockgate.run.policy_approval import Expansions, approve_policy, expansions, keep_policy
from lockgate.run.production import permit_leaving, stay_in_production
from lockgate.run.record import Record
from lockgate.run.request_list import LOOKING, request, requests
from lockgate.run.sealed_accounts import SealedAccounts
from lockgate.run.second_word import ask, decide, withdraw


@dataclass(frozen=True, slots=True)
class AccessHealth:
    """How many rows are not what the ledger says, how many break-glass wait for a review."""

    differences: int
    overdue: int


@guarded
class ProjectGrants:
    """Grants, requests and break-glass of a project. Every act is decided and recorded."""

    def __init__(self, project: Project, record: Record, gatekeeper: Gatekeeper) -> None:
        self._project = project
        rows = open_access_rows(record)
        roles = Roles.of(project.access)
        self._desk = AccessDesk(
            record,
            rows,
            GrantedRoles(rows, roles),
            roles,
            project.access,
            gatekeeper,
            in_force(project),
        )

    @property
    def settings(self) -> AccessSettings:
        """What ``access:`` of the project says."""
        return self._project.access

    def grant(
        self,
        to: str,
        role: str,
        *,
        reason: str,
        scope: Scope = EVERYWHERE,
        lasts: timedelta | None = None,
    ) -> Grant:
        """Give a role. Raises AuthorisationDenied, UsageError."""
        return grant(self._desk, to, role, scope, reason, lasts)

    def revoke(self, grant_id: str, *, reason: str) -> Grant:
        """End a grant. Raises AuthorisationDenied, UsageError."""
        return revoke(self._desk, grant_id, reason)

    def first_admin(self, to: str, *, reason: str = "first administrator") -> Grant:
        """Give a project that never had one its administrator; only its folder's owner may.

        The policy in force is kept as the one that later ones are compared with. Raises
        AuthorisationDenied.
        """
        if not is_owner(current_principal(), self._desk.record.home):
            raise AuthorisationDenied(
                "the first administrator is named by who owns the project's private folder"
            )
        shown = policy_sight(self._project)
        desk = self._desk
        return first_admin(desk, to, reason, lambda now: keep_policy(desk, shown, reason, now))

    def ask(self, action: Action, resource: Resource, *, purpose: str, reason: str) -> Approval:
        """Ask for a second person's word. Raises AuthorisationDenied, UsageError."""
        return ask(self._desk, action, resource, purpose, reason)

    def approve(self, approval_id: str, *, reason: str = "") -> Approval:
        """Give it. Raises AuthorisationDenied, UsageError."""
        return decide(self._desk, approval_id, approved=True, reason=reason)

    def refuse(self, approval_id: str, *, reason: str = "") -> Approval:
        """Refuse it. Raises AuthorisationDenied, UsageError."""
        return decide(self._desk, approval_id, approved=False, reason=reason)

    def withdraw(self, approval_id: str) -> Approval:
        """Take one's own request back. Raises AuthorisationDenied, UsageError."""
        return withdraw(self._desk, approval_id)

    def break_glass(self, role: str, *, reason: str, lasts: timedelta | None = None) -> BreakGlass:
        """Take a role for an emergency. Raises AuthorisationDenied, UsageError."""
        return open_glass(self._desk, role, reason, lasts)

    def close_break_glass(self, glass_id: str, *, reason: str) -> BreakGlass:
        """End it before its time. Raises AuthorisationDenied, UsageError."""
        return close_glass(self._desk, glass_id, reason)

    def review_break_glass(self, glass_id: str, *, reason: str) -> BreakGlass:
        """Say that another person looked at it. Raises AuthorisationDenied, UsageError."""
        return review_glass(self._desk, glass_id, reason)

    def approve_policy(self, *, reason: str) -> ApprovedPolicy:
        """Let runs and reveals be held against the policy of now. Raises AuthorisationDenied."""
        shown = policy_sight(self._project)
        return approve_policy(self._desk, shown, reason)

    def leave_production(self, environment: str, *, reason: str) -> KeptEnvironment:
        """Let the file say that environment, for a time. Raises AuthorisationDenied, UsageError."""
        return permit_leaving(self._desk, environment, reason)

    def stay_in_production(self, *, reason: str) -> KeptEnvironment:
        """Take ``leave_production`` back before its end. Raises AuthorisationDenied, UsageError."""
        return stay_in_production(self._desk, reason)

    def policy_expansions(self) -> Expansions:
        """Where more is shown or turned back than was approved last. Raises IntegrityError."""
        self._desk.gatekeeper.confirm(Action.READ_ACCESS, ACCESS, LOOKING)
        return expansions(self._desk.rows, policy_sight(self._project))

    def requests(self, *, everything: bool = False) -> tuple[Approval, ...]:
        """Requests that are open, or all there ever were, newest last.

        Who may not read access sees their own, and those that they may approve. Raises
        AuthorisationDenied.
        """
        return requests(self._desk, everything=everything)

    def requested(self, approval_id: str) -> Approval:
        """What is decided on: one request. Raises AuthorisationDenied, UsageError."""
        return request(self._desk, approval_id)

    def grants(self, *, everything: bool = False) -> tuple[Grant, ...]:
        """Grants that hold, or all there ever were, by holder and role."""
        self._look()
        now = self._desk.held.now(self._desk.record.now())
        found = [row for row in self._desk.rows.grants.all() if everything or row.holds(now)]
        return tuple(sorted(found, key=lambda row: (row.to, row.role, row.at)))

    def review(self) -> AccessReview:
        """What somebody who reviews access has to look at; reads the whole ledger."""
        self._look()
        desk = self._desk
        history = AccessHistory.read(desk.record.ledger.read())
        now = desk.held.now(desk.record.now())
        told = self._differences(history)
        return review_of(desk.rows, desk.roles, history, now, desk.limits, told)

    def verify(self) -> tuple[str, ...]:
        """Where what says who may is not what was recorded, in words; reads the whole ledger."""
        self._look()
        history = AccessHistory.read(self._desk.record.ledger.read())
        return tuple(self._differences(history))

    def health(self) -> AccessHealth:
        """For ``doctor``: counts only, so an allowance is no entry; reads the whole ledger."""
        desk = self._desk
        desk.gatekeeper.confirm(Action.READ_ACCESS, ACCESS, LOOKING)
        history = AccessHistory.read(desk.record.ledger.read())
        now, wait = desk.record.now(), timedelta(days=desk.limits.break_glass_review_days)
        return AccessHealth(
            len(tuple(self._differences(history))),
            len(unreviewed_of(desk.rows, now, wait)),
        )

    def _differences(self, history: AccessHistory) -> Iterator[str]:
        record = self._desk.record
        yield from differences(self._desk.rows, history)
        yield from account_differences(
            record.state.identities,
            SealedAccounts(record, partial(access_key, record)),
            SealedSessions(record.state.identities, partial(access_key, record, "sessions")),
            history.accounts,
        )

    def _look(self) -> None:
        self._desk.gatekeeper.permit(Action.READ_ACCESS, ACCESS, LOOKING)
