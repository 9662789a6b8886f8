"""What the resolver needs from the outside: stores that hand out secrets for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lockgate.secret import SecretText


@dataclass(frozen=True, slots=True)
class Lease:
    """A secret for a time.

    ``version`` is the store's own name of what it gave: it changes when the secret is rotated, and
    tells nothing of the value. ``expires_at`` (with a time zone) is when the value ends; None where
    the store sets no end. ``renewable``: asking again before the end gives a new lease.
    """

    value: SecretText
    version: str
    expires_at: datetime | None = None
    renewable: bool = True


class SecretStore(Protocol):
    """A place that holds secrets. One call is one bounded attempt to read one of them."""

    def fetch(self, path: str, field: str) -> Lease:
        """The secret at ``path``, or its ``field`` if one is named.

        Raises SecretMissing, SecretDenied, or SecretUnavailable for anything else; no message
        holds a value or the store's own words.
        """
        ...
