"""What a service account signed, taken once, also if the state forgot that it was used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from lockgate.access.used_token import digest_of
from lockgate.ledger.ledger import Ledger
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.account_events import LOG_IN, as_told
from lockgate.run.record import Record

_SESSION_DIGITS: Final = 32
_FIRST_STEP: Final = 256


class UsedAssertions:
    """``UsedTokens`` that asks the ledger too: a session is named after what began it."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.session = ""

    def use(self, issuer: str, token_id: str, until: datetime, at: datetime) -> bool:
        """Whether this is the first use; ``session`` names the log-in that it begins."""
        self.session = digest_of(issuer, token_id)[:_SESSION_DIGITS]
        first = self._record.state.used_tokens.use(issuer, token_id, until, at)
        return first and not self._is_told(at)

    def _is_told(self, at: datetime) -> bool:
        """Whether the ledger knows of a log-in with it, as far back as it could have been used."""
        limits = DEFAULT_LIMITS
        oldest = timedelta(seconds=limits.assertion_seconds + 2 * limits.token_skew_seconds)
        texts = (
            as_told("kind", "session.started"),
            as_told("session", self.session),
            as_told("reason", LOG_IN),
        )
        ledger = self._record.ledger
        return bool(ledger.find(_first_since(ledger, at - oldest), (texts,)))


def _first_since(ledger: Ledger, at: datetime) -> int:
    """An entry before which all are older, found from the end in growing steps."""
    start, step = ledger.size, _FIRST_STEP
    while start > 0:
        start = max(0, start - step)
        step *= 2
        if any(entry.event.at < at for entry in ledger.read(start, 1)):
            break
    return start
