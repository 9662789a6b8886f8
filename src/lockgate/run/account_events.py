"""Which of the ledger's entries say something of an account or a log-in of the built-in issuer."""

from __future__ import annotations

from typing import Final

from lockgate.access.identity_ports import Session
from lockgate.ledger.access_events import AccountChanged, AuthenticationSucceeded, SessionEnded

LOG_IN: Final = "log-in"
"""Reason of a session that began with a credential; others began with its token."""
RENEWED: Final = "renewed"
BLOCK_ENDS: Final = frozenset({"expired", "block-left"})
"""Reasons of an end that ends a block of code, and no log-in."""
ENDS_SESSIONS: Final = frozenset(
    {"password-set", "password-changed", "disabled", "sessions-ended", "key-revoked"}
)
"""Reasons of changes after which no session of the account lives."""


def outdates(event: object, session: Session) -> bool:
    """Whether an event behind a session's entry says what the session does not."""
    match event:
        case SessionEnded():
            return event.session == session.id and event.reason not in BLOCK_ENDS
        case AuthenticationSucceeded():
            return event.session == session.id and event.reason == RENEWED
        case AccountChanged():
            return event.account == session.principal and event.reason in ENDS_SESSIONS
        case _:
            return False


def as_told(name: str, value: str) -> bytes:
    """As canonical JSON has it: names and ids have nothing that it would escape."""
    return f'"{name}":"{value}"'.encode()
