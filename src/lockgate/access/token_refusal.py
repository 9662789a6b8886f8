"""Why a token is refused: a code for the ledger, and one message for everybody else."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from lockgate.errors import AuthenticationFailed

MESSAGE: Final = "who acts could not be verified"
HINT: Final = "log in again: lockgate login; a job needs a new token or key"


class TokenFault(StrEnum):
    """What was wrong first. Stable codes: they stand in ``reason`` of ``authentication.failed``."""

    MALFORMED = "token-malformed"
    """No compact JWS of strict base64url, UTF-8 and JSON objects."""
    TOO_LARGE = "token-too-large"
    HEADER = "token-header"
    """A header parameter that is not taken, or of another type."""
    TYPE = "token-type"
    ALGORITHM = "token-algorithm"
    ISSUER = "token-issuer"
    AMBIGUOUS = "token-ambiguous"
    """Two providers of the project take it."""
    KEY = "token-key-unknown"
    KEYS_UNAVAILABLE = "token-keys-unavailable"
    """The issuer's keys could not be fetched, or are none that can be trusted."""
    SIGNATURE = "token-signature"
    AUDIENCE = "token-audience"
    CLIENT = "token-client"
    """Given to another client than the project's."""
    SUBJECT = "token-subject"
    EXPIRED = "token-expired"
    NOT_YET = "token-not-yet-valid"
    TIMES = "token-times"
    """A time is missing, no number, or the lifetime is too long."""
    CLAIM = "token-claim"
    NONCE = "token-nonce"
    REPLAYED = "token-replayed"
    NO_SESSION = "no-session"
    """A thread or task without a session, in a process that has one open."""
    PRINCIPAL_CHANGED = "principal-changed"
    """Somebody else acts than when the operation began."""
    CHECK_FAILED = "token-check-failed"
    """A check raised what it should not; that refuses."""


def refused(fault: TokenFault) -> AuthenticationFailed:
    """The one error for every fault: same text, ``fault`` in ``reason`` only."""
    error = AuthenticationFailed(MESSAGE, hint=HINT)
    error.reason = fault.value
    return error
