"""The state stores that every state test runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_server import Server, binaries, running

from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.run.state_ports import StateStore
from lockgate.testing.memory_state import MemoryStateStore

OpenState = Callable[[], StateStore]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed in /usr/lib/postgresql")
    with running(programs) as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def open_another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenState]:
    """Opens the same state as often as it is called; in memory there is one object only."""
    opened: list[StateStore] = []
    memory = MemoryStateStore()
    url = "sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()

    def another() -> StateStore:
        store = memory if request.param == "memory" else open_state(url, tmp_path / ".lockgate")
        opened.append(store)
        return store

    yield another
    for store in opened:
        store.close()


@pytest.fixture
def state(open_another: OpenState) -> StateStore:
    return open_another()
