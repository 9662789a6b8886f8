"""A remote service is asked a bounded number of times, and only what may be asked again is."""

from __future__ import annotations

import threading
import time

import pytest

from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.retries import Retries
from lockgate.limits import DEFAULT_LIMITS

PASSING = {FaultKind.BUSY, FaultKind.UNREACHABLE}


class Service:
    """Fails with each of ``faults`` in turn, then answers."""

    def __init__(self, *faults: FaultKind) -> None:
        self.faults = list(faults)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.faults:
            raise RemoteFailed("the service", self.faults.pop(0))
        return "answer"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def retries(pauses: list[float]) -> Retries:
    return Retries(attempts=4, seconds=60, longest_pause=0.3, sleep=pauses.append)


@pytest.mark.parametrize("kind", sorted(PASSING))
def test_a_fault_that_passes_is_asked_again(kind: FaultKind, retries: Retries) -> None:
    service = Service(kind, kind, kind)

    assert retries.call("the service", service, repeatable=True) == "answer"
    assert service.asked == 4


@pytest.mark.parametrize("kind", sorted(PASSING))
def test_attempts_end(kind: FaultKind, retries: Retries) -> None:
    service = Service(*[kind] * 9)
    with pytest.raises(RemoteFailed) as refused:
        retries.call("the service", service, repeatable=True)

    assert service.asked == 4
    assert refused.value.kind is kind


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - PASSING))
def test_a_fault_that_stays_is_not_asked_again(kind: FaultKind, retries: Retries) -> None:
    service = Service(kind)
    with pytest.raises(RemoteFailed):
        retries.call("the service", service, repeatable=True)

    assert service.asked == 1


def test_what_may_have_been_done_is_never_done_twice(retries: Retries) -> None:
    """No answer came: the service may have made what it was asked to make."""
    service = Service(FaultKind.UNREACHABLE)
    with pytest.raises(RemoteFailed):
        retries.call("the service", service, repeatable=False)

    assert service.asked == 1


def test_what_was_certainly_not_done_is_asked_again(retries: Retries) -> None:
    service = Service(FaultKind.BUSY)

    assert retries.call("the service", service, repeatable=False) == "answer"


def test_pauses_are_jittered_and_bounded(retries: Retries, pauses: list[float]) -> None:
    for _ in range(30):
        with pytest.raises(RemoteFailed):
            retries.call("the service", Service(*[FaultKind.BUSY] * 4), repeatable=True)

    assert all(0 <= pause <= 0.3 for pause in pauses)
    assert all(pause <= 0.1 for pause in pauses[::3])
    assert max(pauses) > 0.1
    assert len(set(pauses)) == len(pauses)


def test_a_pause_that_ends_too_late_is_not_begun(pauses: list[float]) -> None:
    retries = Retries(attempts=9, seconds=0.0005, sleep=pauses.append)
    with pytest.raises(RemoteFailed):
        retries.call("the service", Service(*[FaultKind.BUSY] * 9), repeatable=True)

    assert len(pauses) < 8


def test_a_service_that_drips_is_given_up_at_the_deadline() -> None:
    hung = threading.Event()

    def dripping() -> str:
        hung.wait(20)
        return "too late"

    started = time.monotonic()
    with pytest.raises(RemoteFailed) as refused:
        Retries(seconds=0.2).call("the service", dripping, repeatable=True)
    hung.set()

    assert time.monotonic() - started < 10
    assert refused.value.kind is FaultKind.UNREACHABLE


def test_what_is_not_a_fault_of_the_service_goes_through(retries: Retries) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        retries.call("the service", broken, repeatable=True)


def test_the_defaults_are_the_named_limits() -> None:
    limits = DEFAULT_LIMITS
    retries = Retries()
    assert (retries.attempts, retries.seconds) == (limits.remote_attempts, limits.remote_seconds)
    assert retries.longest_pause == limits.remote_pause_seconds


def test_an_answer_without_end_does_not_keep_its_thread_busy() -> None:
    def forever() -> None:
        while True:
            time.sleep(0.001)

    calls: list[threading.Thread] = []

    def remembered() -> None:
        calls.append(threading.current_thread())
        forever()

    with pytest.raises(RemoteFailed):
        Retries(attempts=1, seconds=0.2).call("the service", remembered, repeatable=False)
    calls[0].join(5)
    assert not calls[0].is_alive()
