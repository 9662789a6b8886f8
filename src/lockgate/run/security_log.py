"""Security events in the log: each one that the ledger has, as soon as it is committed.

The ledger calls this, so nothing is recorded without being logged, and nothing that was undone is
logged. What is equal and comes again within a minute is told once, with how often it came.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from lockgate.ledger.access_events import AccessDenied, AccessEventBase
from lockgate.ledger.event import Event
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.redaction.text import redact

LOGGER: Final = "lockgate.security"
_LOG = logging.getLogger(LOGGER)

SEVERITY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "authentication.succeeded": "informational",
        "authentication.failed": "medium",
        "account.locked": "high",
        "account.changed": "low",
        "session.started": "informational",
        "session.ended": "informational",
        "access.granted": "informational",
        "access.denied": "medium",
        "grant.added": "low",
        "grant.ended": "low",
        "approval.requested": "low",
        "approval.decided": "low",
        "approval.ended": "informational",
        "break-glass.opened": "high",
        "break-glass.ended": "medium",
        "break-glass.reviewed": "low",
        "policy.approved": "low",
        "production.entered": "low",
        "production.leaving": "high",
        "production.left": "high",
        "call.audited": "informational",
    }
)
"""How grave each kind is. From ``medium`` on it is logged as a warning."""
FAILURES: Final = frozenset({"authentication.failed", "account.locked", "access.denied"})
_WARNED: Final = frozenset({"medium", "high"})
_OWN: Final = frozenset({"kind", "at", "source", "purpose", "attempts"})
_TOGETHER: Final = frozenset({"authentication.failed", "access.denied"})


@dataclass(slots=True)
class _Again:
    """A failure that was told at ``since``, and how many equal ones came after it."""

    event: Event
    since: datetime
    untold: int = 0


class SecurityLog:
    """Writes events to the logger ``lockgate.security``. Any thread may call it.

    ``kind_of`` says what kind of principal an id is of.
    """

    def __init__(self, kind_of: Callable[[str], str], limits: Limits = DEFAULT_LIMITS) -> None:
        self._kind_of = kind_of
        self._window = timedelta(seconds=limits.security_log_seconds)
        self._most = limits.security_log_kinds
        self._again: dict[tuple[object, ...], _Again] = {}
        self._lock = threading.Lock()

    def __call__(self, events: Sequence[Event]) -> None:
        """Log those of ``events`` that are about who may. Never raises: they are committed."""
        for event in events:
            if isinstance(event, AccessEventBase | AccessDenied):
                for told, count in self._due(event):
                    self._tell(told, count)

    def settle(self) -> None:
        """Tell what waits to be told."""
        with self._lock:
            waiting, self._again = list(self._again.values()), {}
        for one in waiting:
            if one.untold:
                self._tell(one.event, one.untold)

    def _due(self, event: Event) -> list[tuple[Event, int]]:
        """What is to be told now: what waited long enough, and the event if it is no repetition."""
        with self._lock:
            over = [k for k, one in self._again.items() if event.at - one.since >= self._window]
            if len(self._again) >= self._most:
                over = list(self._again)
            gone = [self._again.pop(key) for key in over]
            due = [(one.event, one.untold) for one in gone if one.untold]
            if event.kind not in _TOGETHER:
                return [*due, (event, 1)]
            key = _sameness(event)
            if key in self._again:
                self._again[key].untold += getattr(event, "attempts", 1)
                return due
            self._again[key] = _Again(event, event.at)
            return [*due, (event, getattr(event, "attempts", 1))]

    def _tell(self, event: Event, count: int) -> None:
        with suppress(Exception):  # a handler of somebody's that fails undoes no commit
            fields = fields_of(event, self._kind_of(event.principal), count)
            _LOG.log(level_of(event), "%s", sentence(event), extra=fields)


def fields_of(event: Event, principal_kind: str, count: int = 1) -> dict[str, Any]:
    """The stable names of docs/reference/security-events.md and what the event says for them."""
    host, _, terminal = getattr(event, "source", "").partition("/")
    told = {
        name: value for name, value in event.model_dump(mode="json").items() if name not in _OWN
    }
    return told | {
        "event": event.kind,
        "time": event.at.isoformat(),
        "outcome": outcome_of(event),
        "severity": SEVERITY[event.kind],
        "principal_kind": principal_kind,
        "source_host": host,
        "source_terminal": terminal,
        "pid": os.getpid(),
        "purpose": redact(event.purpose),
        "count": count,
    }


def outcome_of(event: Event) -> str:
    """``success``, or ``failure``: who was refused, or gave no proof."""
    refused = event.kind == "approval.decided" and not getattr(event, "approved", True)
    return "failure" if refused or event.kind in FAILURES else "success"


def level_of(event: Event) -> int:
    """WARNING for failures, break-glass and an end of production, INFO for the rest."""
    return logging.WARNING if SEVERITY[event.kind] in _WARNED else logging.INFO


def sentence(event: Event) -> str:
    """One line for people, of names only."""
    action, resource = getattr(event, "action", ""), getattr(event, "resource", "")
    what = f": {action} of {resource}" if action and resource else ""
    return redact(f"{event.kind} {event.principal}{what} ({getattr(event, 'reason', '')})")


def _sameness(event: Event) -> tuple[object, ...]:
    told = event.model_dump(exclude={"at", "attempts"})
    return tuple(sorted((name, str(value)) for name, value in told.items()))
