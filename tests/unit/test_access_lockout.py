"""When guessing stops, and how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lockgate.access.lockout import FOR_GOOD, Guesses, count_guess, pace_source, tell_failure
from lockgate.access.settings import LocalIssuerSpec
from lockgate.limits import DEFAULT_LIMITS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPEC = LocalIssuerSpec(lock_after=3, lock_seconds=60)
LIMITS = replace(DEFAULT_LIMITS, source_guesses=4, password_guesses=12)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_the_last_of_the_guesses_locks_and_the_next_is_not_checked() -> None:
    known, at = None, NOON
    locks = []
    for _ in range(3):
        known, turn = count_guess(known, at, SPEC, LIMITS)
        assert turn.checked
        locks.append(turn.locks_until)
    assert locks == [None, None, NOON + seconds(60)]

    after, turn = count_guess(known, NOON + seconds(59.9), SPEC, LIMITS)
    assert not turn.checked
    assert after == known


def test_each_guess_after_a_lock_locks_twice_as_long_up_to_the_limit() -> None:
    known, at, lengths = Guesses(failures=3, until=NOON), NOON, []
    for _ in range(8):
        known, turn = count_guess(known, at, SPEC, LIMITS)
        assert turn.checked
        assert turn.locks_until is not None
        lengths.append((turn.locks_until - at).total_seconds())
        at = turn.locks_until
    assert lengths == [120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_hundred_in_a_row_lock_until_somebody_unlocks() -> None:
    known, turn = count_guess(Guesses(failures=11, until=NOON), NOON, SPEC, LIMITS)

    assert turn.locks_until == FOR_GOOD
    assert not count_guess(known, NOON + timedelta(days=36_500), SPEC, LIMITS)[1].checked
    assert DEFAULT_LIMITS.password_guesses == 100  # SP 800-63B-4, 3.2.2: no more than that


def test_a_lock_longer_than_the_limit_is_not_shortened() -> None:
    spec = LocalIssuerSpec(lock_after=1, lock_seconds=86_400)
    _, turn = count_guess(None, NOON, spec, LIMITS)

    assert turn.locks_until == NOON + seconds(86_400)


@given(st.lists(st.integers(0, 4000), max_size=60))
def test_however_guesses_are_spaced_few_are_checked(pauses: list[int]) -> None:
    known, at, checked = None, NOON, []
    for pause in pauses:
        at += seconds(pause)
        known, turn = count_guess(known, at, SPEC, DEFAULT_LIMITS)
        if turn.checked:
            checked.append(at)
    late = checked[SPEC.lock_after - 1 :]
    gaps = [(b - a).total_seconds() for a, b in pairwise(late)]
    assert all(gap >= min(60 * 2**i, 3600) for i, gap in enumerate(gaps))


def test_a_source_is_slowed_after_its_share_and_never_for_long() -> None:
    known, waits = None, []
    for _ in range(20):
        known, wait = pace_source(known, NOON, LIMITS)
        waits.append(wait)
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4:14] == [float(second) for second in range(1, 11)]
    assert waits[14:] == [10.0] * 6  # it waits, and is not refused


def test_a_source_has_its_share_again_after_the_window() -> None:
    known = None
    for _ in range(10):
        known, _ = pace_source(known, NOON, LIMITS)
    assert pace_source(known, NOON + seconds(599), LIMITS)[1] > 0
    assert pace_source(known, NOON + seconds(600), LIMITS)[1] == 0
    assert pace_source(known, NOON - seconds(1), LIMITS)[0].failures == 1


def test_failures_after_the_first_are_told_together() -> None:
    source, told = Guesses(failures=LIMITS.source_told_singly + 1), []
    for second in range(121):
        source, attempts = tell_failure(source, NOON + seconds(second), LIMITS)
        told.append(attempts)
    assert [(second, n) for second, n in enumerate(told) if n] == [(0, 1), (60, 60), (120, 60)]
    source, attempts = tell_failure(source, NOON + seconds(120.5), LIMITS)
    assert attempts == 0
    new_window = replace(source, failures=1)
    assert tell_failure(new_window, NOON + seconds(121), LIMITS)[1] == 2


def test_the_first_failures_are_told_one_by_one() -> None:
    source, told = Guesses(), []
    for failures in range(1, 13):
        source, attempts = tell_failure(replace(source, failures=failures), NOON, LIMITS)
        told.append(attempts)
    assert told == [1] * 10 + [0, 0]
