"""Authentications and sessions in the ledger: who, from where, when, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from lockgate.access.principal import Principal, current_principal
from lockgate.errors import AuthenticationFailed, LockgateError
from lockgate.ledger.access_events import (
    AuthenticationFailed as FailedEvent,
)
from lockgate.ledger.access_events import (
    AuthenticationSucceeded,
    SessionEnded,
    SessionStarted,
)
from lockgate.run.record import Record

PURPOSE = "authentication"
UNKNOWN = "unknown"


class Authentications:
    """Writes what happens at one issuer into the ledger."""

    def __init__(self, record: Record, issuer: str) -> None:
        self._record = record
        self._issuer = issuer

    def succeeded(self, principal: Principal, reason: str) -> None:
        """Somebody proved who they are."""
        self._record.append(
            AuthenticationSucceeded(
                **self._by(principal.id, reason, principal.session),
                issuer=self._issuer,
                methods=principal.methods,
            )
        )

    def started(self, principal: Principal, ends_at: datetime) -> None:
        """A verified principal begins to act."""
        self._record.append(
            SessionStarted(
                **self._by(principal.id, "logged-in", principal.session),
                issuer=self._issuer,
                expires_at=ends_at,
            )
        )

    def ended(self, session: str, reason: str, principal: str = UNKNOWN) -> None:
        """A session is over."""
        self._record.append(SessionEnded(**self._by(principal, reason, session)))

    @contextmanager
    def failures(self, *, session: str = "") -> Iterator[None]:
        """Record what fails inside, and let it go on. What was claimed is not written down."""
        try:
            yield
        except LockgateError as error:
            self._record.append(
                FailedEvent(**self._by(UNKNOWN, _reason(error), session), issuer=self._issuer)
            )
            raise

    def _by(self, principal: str, reason: str, session: str) -> dict[str, Any]:
        return {
            "at": self._record.now(),
            "principal": principal,
            "purpose": PURPOSE,
            "source": source(),
            "reason": reason,
            "session": session,
        }


def source() -> str:
    """Where it comes from: the system's account and host, and its terminal if there is one."""
    try:
        return f"{current_principal().id} {os.ttyname(0)}"
    except (OSError, AttributeError):
        return current_principal().id


def _reason(error: LockgateError) -> str:
    """A token's private reason where the error has one, else the error's code."""
    reason = getattr(error, "reason", "")
    return str(reason) if isinstance(error, AuthenticationFailed) and reason else error.code
