"""Authentications and sessions in the ledger: who, from where, when, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from weakref import WeakSet

from lockgate.access.principal import Principal
from lockgate.access.source import here
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
_RECORDED: WeakSet[AuthenticationFailed] = WeakSet()


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

    def failed(self, error: LockgateError, session: str = "") -> None:
        """Somebody did not. What was claimed is not written down."""
        self._record.append(
            FailedEvent(**self._by(UNKNOWN, _reason(error), session), issuer=self._issuer)
        )

    @contextmanager
    def failures(self, *, session: str = "") -> Iterator[None]:
        """Record what fails inside, and let it go on; it says then that it is recorded."""
        try:
            yield
        except LockgateError as error:
            self.failed(error, session)
            if isinstance(error, AuthenticationFailed):
                mark_recorded(error)
            raise

    def _by(self, principal: str, reason: str, session: str) -> dict[str, Any]:
        return {
            "at": self._record.now(),
            "principal": principal,
            "purpose": PURPOSE,
            "source": here(),
            "reason": reason,
            "session": session,
        }


def mark_recorded(error: AuthenticationFailed) -> None:
    """Say that the failure stands in the ledger, to whoever would record it on its way out."""
    _RECORDED.add(error)


def is_recorded(error: AuthenticationFailed) -> bool:
    """Whether it stands there."""
    return error in _RECORDED


def session_over() -> AuthenticationFailed:
    """The error of a session whose time is up, or which nothing renews."""
    error = AuthenticationFailed("the session is over", hint="lockgate login")
    error.reason = "session-over"
    return error


def _reason(error: LockgateError) -> str:
    """A token's private reason where the error has one, else the error's code."""
    return (isinstance(error, AuthenticationFailed) and error.reason) or error.code
