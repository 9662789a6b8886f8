"""Several at the same keys at once: one domain, one rotation where one is due, no number twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lockgate.errors import LockgateError, UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain, KeyNotice, KeyState, KeyUse
from lockgate.keys.versions import Versions
from lockgate.run.state_ports import StateStore
from lockgate.testing.key_services import MemoryKeyService

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
EMAIL = Domain("email", Normaliser.EMAIL)
AT_ONCE = 4

pytestmark = pytest.mark.parametrize("open_another", ["sqlite", "postgresql"], indirect=True)
"""The store in memory is for one thread."""


@pytest.fixture
def keyrings(open_another: Callable[[], StateStore]) -> tuple[list[Keyring], list[KeyNotice]]:
    service, notices = MemoryKeyService(), []
    states = [open_another() for _ in range(AT_ONCE)]
    rings = [
        Keyring(state.keys, service, lambda: NOON, notices.append, project="clinic")
        for state in states
    ]
    return rings, notices


def at_once(rings: list[Keyring], work: Callable[[Keyring], object]) -> list[object]:
    """What each thread's work gave or raised."""
    gate, results = threading.Barrier(len(rings)), []

    def run(ring: Keyring) -> None:
        gate.wait()
        try:
            results.append(work(ring))
        except LockgateError as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(ring,)) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_domain_is_made_once(keyrings: tuple[list[Keyring], list[KeyNotice]]) -> None:
    rings, notices = keyrings
    other = Domain("other", Normaliser.EXACT)
    assert at_once(rings, lambda ring: ring.ensure_domains((EMAIL, other))) == [None] * AT_ONCE
    assert [v.number for v in rings[0].versions()] == [1, 2, 3, 4]
    assert len(notices) == 4


def test_what_is_due_is_rotated_once(keyrings: tuple[list[Keyring], list[KeyNotice]]) -> None:
    rings, _ = keyrings
    rings[0].create_domain(EMAIL)
    due = Versions(rings[0].store).primary("email", KeyUse.ENCRYPTION)
    made = at_once(rings, lambda ring: ring.life.rotate("email", seen=due))

    assert len([one for one in made if one is not None]) == 1
    assert not [one for one in made if isinstance(one, LockgateError)]
    states = [v.state for v in rings[0].versions("email")[1:]]
    assert states == [KeyState.DECRYPT_ONLY, KeyState.PRIMARY]


def test_every_rotation_asked_for_is_a_version(
    keyrings: tuple[list[Keyring], list[KeyNotice]],
) -> None:
    rings, _ = keyrings
    rings[0].create_domain(EMAIL)
    made = at_once(rings[:3], lambda ring: ring.rotate("email").version)

    assert sorted(made) == [2, 3, 4]
    assert sum(v.state is KeyState.PRIMARY for v in rings[0].versions("email")) == 2


def test_what_is_due_is_destroyed_and_told_once(
    keyrings: tuple[list[Keyring], list[KeyNotice]],
) -> None:
    rings, notices = keyrings
    rings[0].create_domain(EMAIL)
    rings[0].rotate("email")
    (waiting,) = rings[0].life.schedule([Versions(rings[0].store).encryption("email", 1)], NOON, "")
    notices.clear()
    later = NOON + timedelta(days=1)
    done = at_once(rings, lambda ring: ring.life.destroy(waiting.number, due=later))

    assert sorted(map(bool, done)) == [False] * (AT_ONCE - 1) + [True]
    assert len(notices) == 1


def test_a_cancellation_and_a_destruction_end_as_one_of_them(
    keyrings: tuple[list[Keyring], list[KeyNotice]],
) -> None:
    rings, _ = keyrings
    rings[0].create_domain(EMAIL)
    rings[0].rotate("email")
    (waiting,) = rings[0].life.schedule([Versions(rings[0].store).encryption("email", 1)], NOON, "")
    turns = iter((True, False))
    lock = threading.Lock()

    def work(ring: Keyring) -> object:
        with lock:
            cancels = next(turns)
        if cancels:
            return ring.life.cancel([waiting], "")
        return ring.life.destroy(waiting.number, due=NOON)

    results = at_once(rings[:2], work)
    end = Versions(rings[0].store).numbered(waiting.number)
    if end.state is KeyState.DESTROYED:
        assert any(isinstance(one, UsageError) for one in results)
        assert end.wrapped == b""
    else:
        assert end.state is KeyState.DECRYPT_ONLY
        assert False in results
        assert rings[0].derive("email", KeyUse.ENCRYPTION, (), 32, waiting.number)
