"""A slow key service never holds a database transaction: nobody else would get to the state."""

from __future__ import annotations

import traceback
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from lockgate.adapters.key_services.local import LocalKeyService
from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.assemble.workspace import Workspace
from small_project import make_project


class Watch:
    """Where a key service was asked while this thread had a transaction open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.connections: list[Connections] = []
        self.inside: list[str] = []
        self.asked = 0
        made = Connections.__init__

        def noted(connections: Connections, *given: object) -> None:
            self.connections.append(connections)
            made(connections, *given)

        monkeypatch.setattr(Connections, "__init__", noted)
        for name in ("wrap", "unwrap"):
            monkeypatch.setattr(LocalKeyService, name, self._watched(name))

    def _watched(self, name: str):
        real = getattr(LocalKeyService, name)

        def asked(service: LocalKeyService, *given: object) -> object:
            self.asked += 1
            if any(connections._current() for connections in self.connections):
                calls = [f for f in traceback.extract_stack() if "/lockgate/" in f.filename]
                self.inside.append(" < ".join(f.name for f in reversed(calls)))
            return real(service, *given)

        return asked


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def test_no_key_service_is_asked_inside_a_transaction(watch: Watch, tmp_path: Path) -> None:
    project = make_project(tmp_path / "people")
    with Workspace.open(project) as workspace:
        run = workspace.run("people")
        workspace.rotate("birth-date")
        workspace.run("people")
    with Workspace.open(project) as workspace:  # nothing unwrapped yet
        (part, *_) = project.glob("out/study/run-*/part-*.csv")
        workspace.reveal_values(pacsv.read_csv(part).column("email").to_pylist(), purpose="test")
        rows = workspace.quarantine_rows(run.run_id, values=True, purpose="test", limit=None)
        workspace.gate("people", "study")
    with Workspace.open(project) as workspace:
        workspace.quarantine_replay(run.run_id, purpose="test")
        workspace.quarantine_discard(run.run_id, purpose="test")

    assert rows.num_rows == 2
    assert watch.connections
    assert watch.asked > 20
    assert watch.inside == []


def test_the_watch_sees_one_that_is(watch: Watch, tmp_path: Path) -> None:
    with Workspace.open(make_project(tmp_path / "people")) as workspace:
        with workspace.state.transaction():
            workspace.rotate("birth-date")

    assert watch.inside
