"""What zones show and reveal rules let through, as somebody last answered for it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lockgate.access.action import Action
from lockgate.access.grant_rows import ApprovedPolicy
from lockgate.access.resource import Resource, ResourceKind
from lockgate.access.sealed_rows import AccessRows
from lockgate.errors import AuthorisationDenied, IntegrityError
from lockgate.ledger.access_events import PolicyApproved
from lockgate.policy.diff import Difference, Seen, Sight, between
from lockgate.policy.reveal_diff import (
    NOTHING_REVEALED,
    RevealDifference,
    RevealSight,
    reveal_differences,
)
from lockgate.policy.reveal_rules import RevealRules, shipped_reveal_rules
from lockgate.run.access_desk import AccessDesk, kept
from lockgate.run.granting import check_reason

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class PolicySight:
    """All that somebody answers for: what zones show, and what reveal rules let through."""

    zones: Sight
    reveals: RevealSight

    @property
    def document(self) -> str:
        """It as canonical JSON."""
        zones = sorted([*at, seen.text, seen.labels, seen.shown] for at, seen in self.zones.items())
        columns = sorted([*at, list(names)] for at, names in self.reveals.columns.items())
        domains = sorted([name, list(names)] for name, names in self.reveals.domains.items())
        told = {
            "columns": columns,
            "domains": domains,
            "reveal": self.reveals.rules.lines(),
            "zones": zones,
        }
        return json.dumps(told, separators=(",", ":"))

    @classmethod
    def read(cls, document: str) -> PolicySight:
        """Read it back. Raises IntegrityError.

        One of zones alone was kept before reveal rules were answered for: those that every project
        has from the start stand for its own.
        """
        try:
            told = json.loads(document)
            if isinstance(told, list):
                return cls(_zones(told), RevealSight(shipped_reveal_rules(), {}, {}))
            columns = {
                (contract, column): tuple(labels) for contract, column, labels in told["columns"]
            }
            domains = {name: tuple(labels) for name, labels in told["domains"]}
            reveals = RevealSight(RevealRules.of_lines(told["reveal"]), columns, domains)
            return cls(_zones(told["zones"]), reveals)
        except (TypeError, ValueError, KeyError):
            pass
        raise IntegrityError("an approved policy in the state cannot be read")


NOTHING_ANSWERED_FOR = PolicySight({}, NOTHING_REVEALED)
"""All that is shown or turned back is more."""


def _zones(lines: list[list[Any]]) -> Sight:
    return {
        (contract, column, zone): Seen(text, labels, shown)
        for contract, column, zone, text, labels, shown in lines
    }


@dataclass(frozen=True, slots=True)
class Expansions:
    """Where more is shown, or may be turned back, than was approved last."""

    zones: tuple[Difference, ...]
    reveals: tuple[RevealDifference, ...]

    def __len__(self) -> int:
        return len(self.zones) + len(self.reveals)


def expansions(rows: AccessRows, sight: PolicySight) -> Expansions:
    """All of them; everything, if nothing was ever approved."""
    last = latest_approved(rows)
    before = NOTHING_ANSWERED_FOR if last is None else PolicySight.read(last.document)
    return Expansions(
        tuple(one for one in between(before.zones, sight.zones) if one.expansion),
        tuple(one for one in reveal_differences(before.reveals, sight.reveals) if one.expansion),
    )


def latest_approved(rows: AccessRows) -> ApprovedPolicy | None:
    """The policy that somebody answered for last. Raises IntegrityError."""
    return max(rows.policies.all(), key=lambda row: row.number, default=None)


def check_zones(rows: AccessRows, sight: PolicySight) -> None:
    """Raises AuthorisationDenied if zones show more than was approved last."""
    found = expansions(rows, sight).zones
    if found:
        one = found[0]
        first = f"{one.contract}.{one.column} in zone {one.zone} ({one.before} -> {one.after})"
        raise _more("the policy shows more", len(found), first)


def check_reveals(rows: AccessRows, sight: PolicySight) -> None:
    """Raises AuthorisationDenied if reveal rules let more through than was approved last."""
    found = expansions(rows, sight).reveals
    if found:
        one = found[0]
        first = f"{one.what} ({one.before} -> {one.after})"
        raise _more("the reveal rules let more through", len(found), first)


def _more(what: str, places: int, first: str) -> AuthorisationDenied:
    return AuthorisationDenied(
        f"{what} than was approved, in {places} places: first {first}",
        hint="another person approves it, then: lockgate policy approve --reason '…'",
    )


def policy_resource(sight: PolicySight) -> Resource:
    """The policy as what is approved: the project, at this very policy."""
    digest = hashlib.sha256(sight.document.encode()).hexdigest()
    return Resource(ResourceKind.PROJECT, f"policy-{digest[:_DIGITS]}")


def approve_policy(desk: AccessDesk, sight: PolicySight, reason: str) -> ApprovedPolicy:
    """Let what is shown and turned back now be what runs and reveals are held against.

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


def keep_policy(desk: AccessDesk, sight: PolicySight, reason: str, now: datetime) -> ApprovedPolicy:
    """Record and keep it; inside a transaction in which it was decided."""
    document = sight.document
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
