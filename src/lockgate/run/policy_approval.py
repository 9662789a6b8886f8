"""What zones show of which columns, as somebody last answered for it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from lockgate.access.action import Action
from lockgate.access.grant_rows import ApprovedPolicy
from lockgate.access.resource import Resource, ResourceKind
from lockgate.access.sealed_rows import AccessRows
from lockgate.errors import AuthorisationDenied, IntegrityError
from lockgate.ledger.access_events import PolicyApproved
from lockgate.policy.diff import Difference, Seen, Sight, between
from lockgate.run.access_desk import AccessDesk, kept
from lockgate.run.granting import check_reason

_DIGITS = 16


def document_of(sight: Sight) -> str:
    """What zones show, as canonical JSON."""
    told = sorted([*place, seen.text, seen.labels, seen.shown] for place, seen in sight.items())
    return json.dumps(told, separators=(",", ":"))


def sight_of(document: str) -> Sight:
    """Read it back. Raises IntegrityError."""
    try:
        return {
            (contract, column, zone): Seen(text, labels, shown)
            for contract, column, zone, text, labels, shown in json.loads(document)
        }
    except (TypeError, ValueError):
        pass
    raise IntegrityError("an approved policy in the state cannot be read")


def expansions(rows: AccessRows, sight: Sight) -> tuple[Difference, ...]:
    """Where more is shown than was approved last; all that is shown if nothing ever was."""
    last = latest_approved(rows)
    before = sight_of(last.document) if last is not None else {}
    return tuple(one for one in between(before, sight) if one.expansion)


def latest_approved(rows: AccessRows) -> ApprovedPolicy | None:
    """The policy that somebody answered for last. Raises IntegrityError."""
    return max(rows.policies.all(), key=lambda row: row.number, default=None)


def check_expansion(rows: AccessRows, sight: Sight) -> None:
    """Raises AuthorisationDenied if zones show more than was approved last."""
    found = expansions(rows, sight)
    if found:
        one = found[0]
        raise AuthorisationDenied(
            f"the policy shows more than was approved, in {len(found)} places: first"
            f" {one.contract}.{one.column} in zone {one.zone} ({one.before} -> {one.after})",
            hint="another person approves it, then: lockgate policy approve --reason '…'",
        )


def policy_resource(sight: Sight) -> Resource:
    """The policy as what is approved: the project, at this very policy."""
    digest = hashlib.sha256(document_of(sight).encode()).hexdigest()
    return Resource(ResourceKind.PROJECT, f"policy-{digest[:_DIGITS]}")


def approve_policy(desk: AccessDesk, sight: Sight, reason: str) -> ApprovedPolicy:
    """Let what zones show now be what runs are held against.

    Where two persons decide on that, the gatekeeper takes the other's word first. Raises
    AuthorisationDenied, whose hint is the line that asks for it.
    """
    check_reason(reason)
    return desk.decided(
        Action.EXPAND_POLICY,
        policy_resource(sight),
        reason,
        lambda now: keep_policy(desk, sight, reason, now),
    )


def keep_policy(desk: AccessDesk, sight: Sight, reason: str, now: datetime) -> ApprovedPolicy:
    """Record and keep it; inside a transaction in which it was decided."""
    document = document_of(sight)
    digest = hashlib.sha256(document.encode()).hexdigest()
    last = latest_approved(desk.rows)
    if last is not None and last.id == digest:
        return last
    told = {"policy_digest": digest, "expansions": len(expansions(desk.rows, sight))}
    entry = desk.tell(PolicyApproved, reason, "approved", **told)
    number, by = (last.number if last else 0) + 1, desk.principal.id
    again = desk.rows.policies.get(digest)
    if again is not None:
        changed = desk.rows.policies.change(
            again, number=number, approved_by=by, at=now, entry=entry
        )
        return kept(changed)
    return desk.rows.policies.add(ApprovedPolicy(digest, number, document, by, now, entry))
