"""What the ledger says became of grants, requests and break-glass, and where rows differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.access.grant_rows import ApprovalState
from lockgate.access.principal import SYSTEM_USER
from lockgate.access.sealed_rows import AccessRows
from lockgate.access.seen_clock import STEP
from lockgate.access.settings import PRODUCTION
from lockgate.ledger.access_events import (
    AccessGranted,
    ApprovalDecided,
    ApprovalEnded,
    ApprovalRequested,
    BreakGlassEnded,
    BreakGlassOpened,
    BreakGlassReviewed,
    GrantAdded,
    GrantEnded,
    PolicyApproved,
    ProductionEntered,
    ProductionLeaving,
    ProductionLeft,
)
from lockgate.ledger.entry import Entry
from lockgate.ledger.event import Event
from lockgate.run.account_history import AccountHistory

_ENDS = {
    "used": ApprovalState.USED,
    "withdrawn": ApprovalState.WITHDRAWN,
    "expired": ApprovalState.EXPIRED,
}
KEPT = "project"
"""The id of the row that remembers production."""
Told = dict[str, object]
"""What the ledger and a row both say of one thing, to be compared."""


def _none() -> defaultdict[str, Told]:
    return defaultdict(dict)


@dataclass(slots=True)
class AccessHistory:
    """By kind and id, what a row has to say; by role and principal, when it was last of use.

    ``glass_used`` counts what was done under a break-glass, ``latest`` is the latest decision
    of a verified principal: nobody else's roles depend on the time, and none moves the seen one.
    """

    grants: defaultdict[str, Told] = field(default_factory=_none)
    approvals: defaultdict[str, Told] = field(default_factory=_none)
    break_glass: defaultdict[str, Told] = field(default_factory=_none)
    policies: defaultdict[str, Told] = field(default_factory=_none)
    environment: defaultdict[str, Told] = field(default_factory=_none)
    used: dict[tuple[str, str], datetime] = field(default_factory=dict)
    glass_used: Counter[str] = field(default_factory=Counter)
    latest: datetime | None = None
    accounts: AccountHistory = field(default_factory=AccountHistory)

    @classmethod
    def read(cls, entries: Iterable[Entry]) -> AccessHistory:
        """One pass over the ledger; memory grows with the number of grants and requests."""
        history = cls()
        for entry in entries:
            history._note_grant(entry.index, entry.event)
            history._note_approval(entry.index, entry.event)
            history._note_break_glass(entry.index, entry.event)
            history._note_environment(entry.index, entry.event)
            history._note_use(entry.event)
            history.accounts.note(entry.index, entry.event)
        return history

    def _note_grant(self, index: int, event: Event) -> None:
        match event:
            case GrantAdded(to=to, role=role, scope=scope, expires_at=until):
                told = {"to": to, "role": role, "scope": scope, "until": until}
                self.grants[event.grant_id] = {**told, "ended": False, "entry": index}
            case GrantEnded():
                self.grants[event.grant_id].update(ended=True, entry=index)
            case PolicyApproved():
                self.policies[event.policy_digest] = {"by": event.principal, "entry": index}
            case _:
                pass

    def _note_approval(self, index: int, event: Event) -> None:
        match event:
            case ApprovalRequested(action=action, resource=resource, expires_at=until):
                told = {"action": action, "resource": resource, "until": until, "approver": ""}
                told |= {"by": event.principal, "state": ApprovalState.REQUESTED, "entry": index}
                self.approvals[event.approval_id] = told
            case ApprovalDecided(approved=approved, principal=approver):
                state = ApprovalState.APPROVED if approved else ApprovalState.REFUSED
                found = self.approvals[event.approval_id]
                found.update(state=state, approver=approver, entry=index)
            case ApprovalEnded():
                ended = _ENDS.get(event.reason)
                self.approvals[event.approval_id].update(state=ended, entry=index)
            case _:
                pass

    def _note_break_glass(self, index: int, event: Event) -> None:
        match event:
            case BreakGlassOpened(principal=who, role=role, expires_at=until):
                told = {"by": who, "role": role, "until": until, "entry": index}
                self.break_glass[event.break_glass_id] = {**told, "ended": False, "seen": False}
            case BreakGlassEnded():
                self.break_glass[event.break_glass_id].update(ended=True, entry=index)
            case BreakGlassReviewed():
                self.break_glass[event.break_glass_id].update(seen=True, entry=index)
            case _:
                pass

    def _note_environment(self, index: int, event: Event) -> None:
        held = {"leaving_for": "", "until": None, "entry": index}
        match event:
            case ProductionEntered():
                self.environment[KEPT] = {"environment": PRODUCTION, **held}
            case ProductionLeaving(environment=other, until=until):
                told = {"leaving_for": other, "until": until, "entry": index}
                self.environment[KEPT].update(told)
            case ProductionLeft(environment=other):
                self.environment[KEPT] = {"environment": other, **held}
            case _:
                pass

    def _note_use(self, event: Event) -> None:
        if not isinstance(event, AccessGranted):
            return
        if not event.principal.startswith(SYSTEM_USER):
            self.latest = max(self.latest or event.at, event.at)
        for role in event.roles:
            if deciding(event, role):
                for who in (event.principal, ""):
                    self.used[role, who] = event.at
        if event.break_glass:
            self.glass_used[event.break_glass] += 1


def deciding(event: AccessGranted, role: str) -> bool:
    """Whether the role counted: a shipped policy is named after its role, another after none."""
    named = {policy.partition(".")[0] for policy in event.policies}
    return not named or role in named or not named & set(event.roles)


def differences(rows: AccessRows, history: AccessHistory) -> Iterator[str]:
    """Where rows are not what this project wrote, or not what the ledger says, in words."""
    yield from _of("grant", rows.grants.forged(), history.grants, _grants(rows))
    yield from _of("request", rows.approvals.forged(), history.approvals, _approvals(rows))
    yield from _of("break-glass", rows.break_glass.forged(), history.break_glass, _glass(rows))
    yield from _of("approved policy", rows.policies.forged(), history.policies, _policies(rows))
    forged = rows.environment.forged()
    yield from _of("environment of the", forged, history.environment, _environment(rows))
    if rows.latest.forged():
        yield "the latest time seen was not written by this project"
        return
    seen = max((row.at for row in rows.latest.all()), default=None)
    if seen is not None and history.latest is not None and seen + 2 * STEP < history.latest:
        yield f"the latest time seen is {seen:%Y-%m-%d %H:%M}, and decisions were made later"


def _of(
    kind: str, forged: Iterable[str], told: Mapping[str, Told], rows: Mapping[str, Told]
) -> Iterator[str]:
    bad = set(forged)
    yield from (f"{kind} {name} was not written by this project" for name in sorted(bad))
    for name in sorted(set(rows) - set(told) - bad):
        yield f"{kind} {name} is unknown to the ledger"
    for name in sorted(set(told) - set(rows) - bad):
        yield f"{kind} {name} is missing"
    for name in sorted((set(rows) & set(told)) - bad):
        if rows[name] != told[name]:
            yield f"{kind} {name} is not what the ledger says became of it"


def _grants(rows: AccessRows) -> dict[str, Told]:
    return {
        row.id: {
            "to": row.to,
            "role": row.role,
            "scope": row.scope,
            "until": row.expires_at,
            "ended": row.revoked_at is not None,
            "entry": row.entry,
        }
        for row in rows.grants.genuine()
    }


def _approvals(rows: AccessRows) -> dict[str, Told]:
    return {
        row.id: {
            "action": row.action,
            "resource": row.resource,
            "until": row.expires_at,
            "approver": row.approver,
            "by": row.requester,
            "state": row.state,
            "entry": row.entry,
        }
        for row in rows.approvals.genuine()
    }


def _glass(rows: AccessRows) -> dict[str, Told]:
    return {
        row.id: {
            "by": row.principal,
            "role": row.role,
            "until": row.expires_at,
            "ended": row.closed_at is not None,
            "seen": row.reviewed_at is not None,
            "entry": row.entry,
        }
        for row in rows.break_glass.genuine()
    }


def _policies(rows: AccessRows) -> dict[str, Told]:
    return {row.id: {"by": row.approved_by, "entry": row.entry} for row in rows.policies.genuine()}


def _environment(rows: AccessRows) -> dict[str, Told]:
    return {
        row.id: {
            "environment": row.environment,
            "leaving_for": row.leaving_for,
            "until": row.until,
            "entry": row.entry,
        }
        for row in rows.environment.genuine()
    }
