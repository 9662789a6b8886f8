"""After a log-in failed to be made or renewed, nobody is asked again for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.assemble.identity_records import is_recorded, mark_recorded
from lockgate.errors import (
    AuthenticationFailed,
    EnvironmentFailed,
    LockgateError,
    SecretUnavailable,
)
from lockgate.limits import DEFAULT_LIMITS

_REMOTE = (AuthenticationFailed, EnvironmentFailed, SecretUnavailable)
"""What a provider, or the store of its client's secret, can fail with."""


@dataclass(frozen=True, slots=True)
class _Failure:
    provider: str
    at: datetime
    error: LockgateError


class RenewalCooldown:
    """One process's, for one project. Who uses it takes turns: it has no lock of its own.

    A provider that hangs would else be waited for at every decision, and one that refuses be asked
    at every decision. A clock that goes back ends the cooldown.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._failure: _Failure | None = None

    @contextmanager
    def asking(self, provider: str) -> Iterator[None]:
        """Around asking a provider.

        Raises at once what it raised the last time, for ``renewal_cooldown_seconds`` from then on.
        """
        self._refuse_early(provider)
        try:
            yield
        except _REMOTE as error:
            self._failure = _Failure(provider, self._now(), _alike(error))
            raise
        self._failure = None

    def _refuse_early(self, provider: str) -> None:
        failure = self._failure
        if failure is None or failure.provider != provider:
            return
        lasts = timedelta(seconds=DEFAULT_LIMITS.renewal_cooldown_seconds)
        if failure.at <= self._now() < failure.at + lasts:
            raise _alike(failure.error)


def _alike(error: LockgateError) -> LockgateError:
    """The same error without where it went: the frames it passed held tokens."""
    if isinstance(error, AuthenticationFailed):
        again = AuthenticationFailed(error.message, where=error.where, hint=error.hint)
        again.reason = error.reason
        if is_recorded(error):
            mark_recorded(again)
        return again
    kind = SecretUnavailable if isinstance(error, SecretUnavailable) else EnvironmentFailed
    return kind(error.message, where=error.where, hint=error.hint)
