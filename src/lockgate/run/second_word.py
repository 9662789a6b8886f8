"""The two-person rule: somebody asks, somebody else decides, and it is used once or ends."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from lockgate.access.action import Action
from lockgate.access.grant_rows import Approval, ApprovalState
from lockgate.access.principal import Assurance
from lockgate.access.request_digest import (
    STANDING,
    parse_resource,
    request_digest,
    resource_text,
)
from lockgate.access.resource import ACCESS, Resource
from lockgate.access.same_person import same_person
from lockgate.errors import UsageError
from lockgate.ledger.access_events import ApprovalDecided, ApprovalEnded, ApprovalRequested
from lockgate.run.access_desk import SAME_PERSON, AccessDesk, kept
from lockgate.run.approver import approving
from lockgate.run.granting import check_reason
from lockgate.run.origins import MADE_BY, is_origin

_OPEN = (ApprovalState.REQUESTED, ApprovalState.APPROVED)


def ask(
    desk: AccessDesk, action: Action, resource: Resource, purpose: str, reason: str
) -> Approval:
    """Ask for a second person's word on exactly this. Raises AuthorisationDenied, UsageError."""
    check_reason(reason)
    if not purpose.strip():
        raise UsageError("say what it is for: --purpose")
    if action not in desk.settings.held_by_two:
        held = ", ".join(sorted(desk.settings.held_by_two)) or "nothing here"
        raise UsageError(f"{action.value} needs no second person", hint=f"two decide on: {held}")

    def add(now: datetime) -> Approval:
        _check_number(desk, now)
        who = desk.principal
        until = now + timedelta(hours=desk.limits.approval_hours)
        approval_id = f"a{secrets.token_hex(6)}"
        told = {"action": action.value, "resource": resource_text(resource)}
        entry = desk.tell(
            ApprovalRequested,
            purpose,
            "requested",
            approval_id=approval_id,
            expires_at=until,
            **told,
        )
        return desk.rows.approvals.add(
            Approval(
                id=approval_id,
                digest=request_digest(action, resource, purpose, who.id, desk.policy),
                purpose=purpose.strip(),
                reason=reason,
                requester=who.id,
                requester_session=who.session,
                policy=desk.policy,
                state=ApprovalState.REQUESTED,
                at=now,
                expires_at=until,
                entry=entry,
                action=told["action"],
                resource=told["resource"],
            )
        )

    return desk.decided(Action.REQUEST_APPROVAL, resource, purpose, add)


def decide(desk: AccessDesk, approval_id: str, *, approved: bool, reason: str = "") -> Approval:
    """Approve a request or refuse it, as somebody else than who asks.

    Somebody else is another principal in another session; all whom only the operating system
    vouches for are one. What was approved is refused as well, as long as it serves. Raises
    AuthorisationDenied; UsageError for a request that is decided, over, or made under other
    policies.
    """
    resource, purpose = about(desk, approval_id)

    def word(now: datetime) -> Approval:
        row = known(desk, approval_id)
        if approved or not _serves(row):
            row = waiting(desk, approval_id)
            _check_present(desk, row, now)
        _check_other(desk, row, resource)
        state = ApprovalState.APPROVED if approved else ApprovalState.REFUSED
        told = {"approval_id": row.id, "approved": approved}
        entry = desk.tell(ApprovalDecided, reason.strip() or purpose, state.value, **told)
        return kept(
            desk.rows.approvals.change(
                row,
                state=state,
                approver=desk.principal.id,
                approver_session=desk.principal.session,
                decided_at=now,
                entry=entry,
            )
        )

    return desk.decided(Action.APPROVE, resource, purpose, word)


def withdraw(desk: AccessDesk, approval_id: str) -> Approval:
    """Take one's own request back, approved or not. Raises AuthorisationDenied, UsageError."""
    resource, purpose = about(desk, approval_id)

    def end(now: datetime) -> Approval:
        row = known(desk, approval_id)
        if row.state not in _OPEN:
            raise UsageError(f"this request is {row.state.value} already")
        if row.requester != desk.principal.id:
            raise desk.refuse(
                Action.REQUEST_APPROVAL,
                resource,
                row.purpose,
                "not-requester",
                "who asked withdraws; others: lockgate access refuse",
            )
        entry = desk.tell(ApprovalEnded, row.purpose, "withdrawn", approval_id=row.id)
        state = ApprovalState.WITHDRAWN
        return kept(desk.rows.approvals.change(row, state=state, decided_at=now, entry=entry))

    return desk.decided(Action.REQUEST_APPROVAL, resource, purpose, end)


def waiting(desk: AccessDesk, approval_id: str) -> Approval:
    """A request that nobody decided on yet. Raises UsageError."""
    row = known(desk, approval_id)
    if row.state is not ApprovalState.REQUESTED:
        raise UsageError(f"this request is {row.state.value} already")
    return row


def about(desk: AccessDesk, approval_id: str) -> tuple[Resource, str]:
    """What is decided on, and the purpose of that; who may not learns nothing more."""
    row = desk.rows.approvals.get(approval_id)
    if row is None:
        return ACCESS, "no such request"
    return parse_resource(row.resource), approving(row)


def known(desk: AccessDesk, approval_id: str) -> Approval:
    """The request of that id. Raises UsageError."""
    row = desk.rows.approvals.get(approval_id)
    if row is None:
        raise UsageError("no request has that id", hint="see them: lockgate access requests")
    return row


def _serves(row: Approval) -> bool:
    """Whether it was approved and is not over: not used yet, or one that stands."""
    standing = row.action in {action.value for action in STANDING}
    return row.state is ApprovalState.APPROVED or (standing and row.state is ApprovalState.USED)


def _check_present(desk: AccessDesk, row: Approval, now: datetime) -> None:
    if not row.at <= now < row.expires_at:
        raise UsageError("this request expired", hint="it has to be asked again")
    if row.policy != desk.policy:
        raise UsageError("the policies changed since it was asked", hint="it is asked again")


def _check_other(desk: AccessDesk, row: Approval, resource: Resource) -> None:
    """Somebody else decides; who gave the word was somebody else, and may take it back."""
    if row.approver == desk.principal.id:
        return
    if _same_person(desk, row):
        hint = "another person decides on it"
    elif is_origin(desk, desk.principal, row.requester):
        hint = MADE_BY
    else:
        return
    raise desk.refuse(Action.APPROVE, resource, approving(row), SAME_PERSON, hint)


def _same_person(desk: AccessDesk, row: Approval) -> bool:
    who = desk.principal
    if same_person(desk.settings, who.id, row.requester):
        return True
    if who.session and who.session == row.requester_session:
        return True
    return who.assurance is Assurance.OPERATING_SYSTEM and row.requester.startswith("os:")


def _check_number(desk: AccessDesk, now: datetime) -> None:
    mine = [
        row
        for row in desk.rows.approvals.all()
        if row.requester == desk.principal.id and row.state in _OPEN and now < row.expires_at
    ]
    if len(mine) >= desk.limits.approval_requests:
        raise UsageError(
            f"you have {len(mine)} requests open already", hint="withdraw what is not needed"
        )
