"""The one decision that everything guarded stands behind.

1. The purpose is said, and the action is a known one.
2. The principal may act here at all: production refuses an operating-system user whom nobody
   verified; elsewhere that user must own the project's private folder; no session is over.
3. The roles that the principal holds for this resource, now.
4. The access policies: default deny.
5. For what two persons hold: an approval by another one, which is used up.
6. It is written down, allowed or denied, before anybody learns it.

Whatever goes wrong on the way is a denial, and a decision that cannot be written down allows
nothing. The approval is used in the transaction that records what it allowed, so it serves once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from lockgate.access.action import TWO_PERSON, Action
from lockgate.access.decision import AccessRequest, Decision, Reason
from lockgate.access.ports import Approvals, Authoriser, DecisionRecorder, Entitlements
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.refusal import refusal
from lockgate.access.resource import Resource
from lockgate.access.roles import Roles
from lockgate.access.settings import AccessSettings
from lockgate.errors import AuthenticationFailed, EnvironmentFailed

OWNER = "owner"
"""The role of the system's user who owns the project's private folder, outside production."""
_NOBODY = Principal("unknown", Assurance.TOKEN, counted="unknown", kind=PrincipalKind.PERSON)


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Decides and records. Any thread may ask; ask outside of a transaction of your own.

    Who acts is found out at every decision; ``owns`` says whether a system's user is this
    process's and owns the project's private folder. What tells who acts and roles, uses up
    approvals and writes decisions down is nobody else's to call or to put in another's place.
    """

    settings: AccessSettings
    authoriser: Authoriser
    _entitlements: Entitlements
    _approvals: Approvals
    _recorder: DecisionRecorder
    now: Callable[[], datetime]
    _who: Callable[[], Principal]
    owns: Callable[[Principal], bool]

    @property
    def principal(self) -> Principal:
        """Who acts now. Raises AuthenticationFailed."""
        return self._who()

    def permit(self, action: Action, resource: Resource, purpose: str) -> Decision:
        """The decision, if it allows. Raises AuthorisationDenied, AuthenticationFailed."""
        return self.permit_all(action, (resource,), purpose)[0]

    def permit_all(
        self, action: Action, resources: Sequence[Resource], purpose: str
    ) -> tuple[Decision, ...]:
        """The decisions on all of ``resources``, each of them once, if all allow; else none does.

        Raises AuthorisationDenied, and AuthenticationFailed for a token that does not verify, both
        after the denial was recorded; LedgerUnwritable where it cannot be.
        """
        return self._asked(action, resources, purpose, record=True)

    def confirm(self, action: Action, resource: Resource, purpose: str) -> Decision:
        """Decide again what was permitted and recorded before: only a denial is written down.

        For what is called over and over. Raises AuthorisationDenied, AuthenticationFailed.
        """
        return self._asked(action, (resource,), purpose, record=False)[0]

    def _asked(
        self, action: Action, resources: Sequence[Resource], purpose: str, *, record: bool
    ) -> tuple[Decision, ...]:
        if not resources:
            return ()
        requests = self._requests(action, resources, purpose)
        record = record or action in TWO_PERSON  # an approval is used where its use is recorded
        try:
            with self._recorder.transaction() if record else nullcontext():
                decisions = [self._decision(request, record=record) for request in requests]
        except _Denied as denied:
            request, decision = denied.request, denied.decision
        else:
            return tuple(decisions)
        with self._recorder.transaction():
            self._recorder.denied(request, decision)
        raise refusal(request, decision, *self._needed(request, decision))

    def would_permit(self, action: Action, resource: Resource, purpose: str) -> bool:
        """Whether one person's part of it would be permitted. No decision, and recorded nowhere.

        For lists: what somebody may not see is left out of theirs.
        """
        try:
            request = AccessRequest(self._who(), action, resource, purpose.strip(), self.now())
            return self._refused(request) is None and self._ruled(request)[1].allowed
        except EnvironmentFailed:
            raise
        except Exception:  # noqa: BLE001 - an error in a check is a no
            return False

    def decide(self, request: AccessRequest) -> Decision:
        """What the policies say to a request with its roles; nothing is recorded or used up."""
        try:
            return self.authoriser.decide(request)
        except Exception:  # noqa: BLE001 - whatever it is, it denies
            return Decision(False, Reason.POLICY_ERROR)

    def _requests(
        self, action: Action, resources: Sequence[Resource], purpose: str
    ) -> list[AccessRequest]:
        at = self.now()
        try:
            principal = self._who()
        except AuthenticationFailed:
            asked = AccessRequest(_NOBODY, action, resources[0], purpose.strip(), at)
            with self._recorder.transaction():
                self._recorder.denied(asked, Decision(False, Reason.UNAUTHENTICATED))
            raise
        return [
            AccessRequest(principal, action, resource, purpose.strip(), at)
            for resource in dict.fromkeys(resources)
        ]

    def _decision(self, request: AccessRequest, *, record: bool) -> Decision:
        """Decide, and record what is allowed in the transaction under way. Raises _Denied."""
        try:
            request, decision = self._decided(request)
        except EnvironmentFailed:
            raise  # the database is away: nothing can be recorded, and nothing is allowed
        except Exception:  # noqa: BLE001 - an error in a check denies
            raise _Denied(request, Decision(False, Reason.CHECK_FAILED)) from None
        if not decision.allowed:
            raise _Denied(request, decision)
        if record:
            self._recorder.granted(request, decision)
        return decision

    def _decided(self, request: AccessRequest) -> tuple[AccessRequest, Decision]:
        refused = self._refused(request)
        if refused is not None:
            return request, Decision(False, refused)
        request, decision = self._ruled(request)
        by_two = decision.allowed and request.action in self.settings.held_by_two
        if not by_two and decision.reason is not Reason.NEEDS_APPROVAL:
            return request, decision
        return self._by_two(request, decision)

    def _ruled(self, request: AccessRequest) -> tuple[AccessRequest, Decision]:
        """With the roles held here and now, what the policies say."""
        held = self._entitlements.held(request.principal, request.resource, request.at)
        roles = _with_owner(request.principal, held.roles)
        request = replace(request, roles=roles, break_glass=held.break_glass)
        return request, self.decide(request)

    def _refused(self, request: AccessRequest) -> Reason | None:
        """Why this principal cannot even ask, if so."""
        principal = request.principal
        if not isinstance(request.action, Action):
            return Reason.UNKNOWN_ACTION
        if not request.purpose:
            return Reason.NO_PURPOSE
        if principal.assurance is Assurance.OPERATING_SYSTEM:
            if self.settings.production:
                return Reason.UNVERIFIED
            return None if self.owns(principal) else Reason.NOT_OWNER
        over = principal.expires_at is None or principal.expires_at <= request.at
        return Reason.SESSION_EXPIRED if over else None

    def _by_two(self, request: AccessRequest, alone: Decision) -> tuple[AccessRequest, Decision]:
        """With an approval, where the project or a policy asks for one; it is used up then."""
        approval = self._approvals.use(request)
        if not approval:
            return request, Decision(False, Reason.NEEDS_APPROVAL, alone.policies)
        request = replace(request, approval=approval)
        decision = self.decide(request)
        if decision.allowed:
            decision = replace(decision, reason=Reason.ALLOWED_BY_APPROVAL)
        return request, decision

    def _needed(
        self, request: AccessRequest, decision: Decision
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Roles with which the policies would allow it, and those that exclude what is held."""
        if decision.reason not in (Reason.NO_ROLE, Reason.NO_PERMIT):
            return (), ()
        would = {
            role: self.decide(replace(request, roles=(role,)))
            for role in self.authoriser.roles()
            if role != OWNER
        }
        roles = Roles.of(self.settings)
        fit: dict[bool, tuple[str, ...]] = {True: (), False: ()}
        for role, decided in would.items():
            if decided.allowed or decided.reason is Reason.NEEDS_APPROVAL:
                fit[not roles.toxic({*request.roles, role})] += (role,)
        return fit[True], fit[False]


def _with_owner(principal: Principal, roles: tuple[str, ...]) -> tuple[str, ...]:
    """The system's user is the owner outside production, and was refused before inside it."""
    if principal.assurance is Assurance.OPERATING_SYSTEM:
        return tuple(sorted({*roles, OWNER}))
    return roles


class _Denied(Exception):
    def __init__(self, request: AccessRequest, decision: Decision) -> None:
        super().__init__()
        self.request, self.decision = request, decision
