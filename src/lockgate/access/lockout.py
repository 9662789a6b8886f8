"""When guessing stops: pure rules over what was counted before (NIST SP 800-63B-4, section 3.2.2).

A guess is counted before it is checked, so that guesses at once cannot outrun the count; whoever
turns out to be right takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lockgate.access.settings import LocalIssuerSpec
from lockgate.limits import Limits

FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
"""Until an administrator unlocks."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """Of an account: ``failures`` in a row and ``until`` when it takes none.

    Of a source: ``failures`` since ``since``, and ``until`` when its next one has its turn.
    ``untold`` failures wait to be told to the ledger together, the last time that was done is
    ``told_at``.
    """

    failures: int = 0
    until: datetime | None = None
    since: datetime | None = None
    untold: int = 0
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a guess is checked, after how many seconds, and whether it locked the account."""

    checked: bool
    wait_seconds: float = 0.0
    locks_until: datetime | None = None


def count_guess(
    before: Guesses | None, at: datetime, spec: LocalIssuerSpec, limits: Limits
) -> tuple[Guesses, Turn]:
    """Count a guess at an account: what to remember, and whether it is checked.

    ``lock_after`` guesses in a row are checked; with the last of them the account takes none for
    ``lock_seconds``, then one, and with each the time doubles, up to ``lock_seconds_most``. After
    ``password_guesses`` in a row it takes none until somebody unlocks it.
    """
    known = before or Guesses()
    if known.until is not None and at < known.until:
        return known, Turn(checked=False)
    failures = known.failures + 1
    if failures < spec.lock_after:
        return replace(known, failures=failures, until=None), Turn(checked=True)
    until = at + timedelta(seconds=_lock_seconds(failures - spec.lock_after, spec, limits))
    if failures >= limits.password_guesses:
        until = FOR_GOOD
    return replace(known, failures=failures, until=until), Turn(checked=True, locks_until=until)


def _lock_seconds(doublings: int, spec: LocalIssuerSpec, limits: Limits) -> int:
    longest = max(limits.lock_seconds_most, spec.lock_seconds)
    return min(spec.lock_seconds << min(doublings, 32), longest)


def pace_source(before: Guesses | None, at: datetime, limits: Limits) -> tuple[Guesses, float]:
    """Count a guess from a source: what to remember, and how many seconds it waits.

    The first ``source_guesses`` that fail within ``source_window_seconds`` wait for nothing. Then
    each waits for its turn, ``source_pause_seconds`` after the one before, yet never longer than
    ``source_wait_seconds``: whoever guesses at all accounts is slowed, and locks nobody out.
    """
    known = before or Guesses()
    window = timedelta(seconds=limits.source_window_seconds)
    if known.since is None or not known.since <= at < known.since + window:
        known = replace(known, failures=0, since=at, until=None)
    failures = known.failures + 1
    if failures <= limits.source_guesses:
        return replace(known, failures=failures), 0.0
    pause = timedelta(seconds=limits.source_pause_seconds)
    longest = timedelta(seconds=limits.source_wait_seconds)
    turn = min(max(at, known.until or at) + pause, at + longest)
    return replace(known, failures=failures, until=turn), (turn - at).total_seconds()


def tell_failure(source: Guesses, at: datetime, limits: Limits) -> tuple[Guesses, int]:
    """Whether a counted failure is told to the ledger now: what to remember, and for how many.

    0: it waits. The first ``source_told_singly`` of a window are told one by one, those after them
    together every ``source_told_seconds``, so that a flood of guesses does not fill the ledger.
    """
    waiting = source.untold + 1
    pause = timedelta(seconds=limits.source_told_seconds)
    recent = source.told_at is not None and source.told_at <= at < source.told_at + pause
    if recent and source.failures > limits.source_told_singly:
        return replace(source, untold=waiting), 0
    return replace(source, untold=0, told_at=at), waiting
