"""Production sticks: a project that acted in it does not leave it by an edit of its file.

The state remembers it in a sealed row, which every opening compares with the file. Entering costs
nothing; leaving is decided, by two persons, and recorded.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lockgate.access.action import Action
from lockgate.access.grant_rows import LATEST, KeptEnvironment
from lockgate.access.principal import current_principal
from lockgate.access.resource import PROJECT
from lockgate.access.sealed_rows import AccessRows
from lockgate.access.seen_clock import SeenClock
from lockgate.access.settings import PRODUCTION
from lockgate.access.source import here
from lockgate.errors import AuthorisationDenied, IntegrityError, KeyUnavailable, UsageError
from lockgate.ledger.access_events import (
    AccessDenied,
    ProductionEntered,
    ProductionLeaving,
    ProductionLeft,
)
from lockgate.run.access_desk import AccessDesk, kept
from lockgate.run.access_history import KEPT
from lockgate.run.granting import check_reason
from lockgate.run.record import Record

OPENING = "opening of the project"
STILL_PRODUCTION = "still-production"
"""Why a project was not opened: a reason code of the ledger."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def keep_environment(record: Record, rows: AccessRows, environment: str) -> None:
    """Hold what the project's file says to what the state remembers; only a change is written.

    Raises AuthorisationDenied, recorded, for a file that left production by itself, or where it
    cannot be told whether it did; LedgerUnwritable.
    """
    enters = environment == PRODUCTION
    try:
        row = rows.environment.get(KEPT)
    except (IntegrityError, KeyUnavailable) as error:
        if enters:
            return  # the strictest rules hold anyway, and `access verify` must open to tell
        told, hint = error.message, error.hint
    else:
        if enters != _holds(row):
            _change(record, rows, environment)
        return
    raise AuthorisationDenied(f"whether this project is in production: {told}", hint=hint)


def permit_leaving(desk: AccessDesk, environment: str, reason: str) -> KeptEnvironment:
    """Let the project's file say ``environment`` instead of production, for a time.

    The first opening that finds it there ends production; until then everything is as it was.
    Raises AuthorisationDenied, UsageError.
    """
    check_reason(reason)
    if environment == PRODUCTION or _NAME.fullmatch(environment) is None:
        raise UsageError(
            "production is left for an environment of another name",
            hint="lower-case letters, digits, - and _; production is entered by the file alone",
        )

    def leave(now: datetime) -> KeptEnvironment:
        row = desk.rows.environment.get(KEPT)
        if row is None or row.environment != PRODUCTION:
            raise UsageError(
                "this project is not in production", hint="change `environment:` in lockgate.yaml"
            )
        until = now + timedelta(hours=desk.limits.leaving_production_hours)
        told = {"environment": environment, "until": until}
        entry = desk.tell(ProductionLeaving, reason, "permitted", **told)
        made = {"by": desk.principal.id, "at": now, "entry": entry}
        return kept(desk.rows.environment.change(row, leaving_for=environment, until=until, **made))

    resource = replace(PROJECT, detail=f"for {environment}")
    return desk.decided(Action.LEAVE_PRODUCTION, resource, reason, leave)


def stay_in_production(desk: AccessDesk, reason: str) -> KeptEnvironment:
    """Take back what ``permit_leaving`` gave; whoever may approve that may do this alone.

    Raises AuthorisationDenied, UsageError.
    """
    check_reason(reason)

    def stay(now: datetime) -> KeptEnvironment:
        row = desk.rows.environment.get(KEPT)
        if row is None or not row.leaving_for:
            raise UsageError("nobody let this project leave production: nothing is taken back")
        entry = desk.tell(ProductionEntered, reason, "kept")
        made = {"by": desk.principal.id, "at": now, "entry": entry}
        return kept(desk.rows.environment.change(row, leaving_for="", until=None, **made))

    resource = replace(PROJECT, detail=f"for {PRODUCTION}")
    return desk.decided(Action.APPROVE, resource, reason, stay)


def _holds(row: KeptEnvironment | None) -> bool:
    return row is not None and row.environment == PRODUCTION


def _change(record: Record, rows: AccessRows, environment: str) -> None:
    """Enter or leave, unless another process just did."""
    denied = None
    with record.state.transaction():
        rows.lock()
        row = rows.environment.get(KEPT)
        if environment == PRODUCTION:
            if not _holds(row):
                _enter(record, rows, row)
        elif row is not None and _holds(row):
            denied = _leave(record, rows, row, environment)
    if denied is not None:
        raise denied


def _enter(record: Record, rows: AccessRows, row: KeptEnvironment | None) -> None:
    at, who = record.now(), current_principal().id
    entry = record.ledger.append(ProductionEntered(reason="entered", **_told(at, who)))
    if row is None:
        rows.environment.add(KeptEnvironment(KEPT, PRODUCTION, "", None, who, at, entry))
    else:
        kept(rows.environment.change(row, environment=PRODUCTION, by=who, at=at, entry=entry))


def _leave(
    record: Record, rows: AccessRows, row: KeptEnvironment, environment: str
) -> AuthorisationDenied | None:
    """Leave if somebody may have let it; else what to raise, after it was recorded."""
    at, who = record.now(), current_principal().id
    told, until = _told(at, who), row.until
    if row.leaving_for != environment or until is None or _is_over(rows, until, at):
        action, where = Action.LEAVE_PRODUCTION.value, str(PROJECT)
        kind = PROJECT.kind.value
        record.ledger.append(
            AccessDenied(
                action=action, resource=where, resource_kind=kind, reason=STILL_PRODUCTION, **told
            )
        )
        return _refusal(environment)
    entry = record.ledger.append(ProductionLeft(reason="left", environment=environment, **told))
    left = {"environment": environment, "leaving_for": "", "until": None}
    kept(rows.environment.change(row, **left, by=who, at=at, entry=entry))
    return None


def _is_over(rows: AccessRows, until: datetime, at: datetime) -> bool:
    return SeenClock(rows).after(rows.latest.get(LATEST), at, [until]) >= until


def _told(at: datetime, who: str) -> dict[str, Any]:
    """What an opening says in the ledger: nobody is verified yet."""
    return {"at": at, "principal": who, "purpose": OPENING, "source": here()}


def _refusal(environment: str) -> AuthorisationDenied:
    return AuthorisationDenied(
        "this project is in production, and lockgate.yaml says another environment",
        hint=f"write `environment: {PRODUCTION}` again; to leave it, first:"
        f" lockgate access environment {environment} --reason '…'",
    )
