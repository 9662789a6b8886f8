"""A run that stops halfway, in this process: what the next one finishes, removes and records."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from lockgate.adapters.connectors.files.session import FileSession
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.assemble.workspace import Workspace
from lockgate.errors import ConfigurationError, EnvironmentFailed, LockgateError, SourceError
from lockgate.ledger.event import Event, ReleaseDone, ReleaseIntent, RunRefused, RunStarted
from lockgate.run import runner
from lockgate.run.moved import Moved
from lockgate.run.ports import Guarantee
from lockgate.run.runner import RunStatus
from lockgate.run.state_ports import QuarantineState, RunState
from small_project import ROWS, change, make_project

FULL = EnvironmentFailed("the disk is full")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def refuse(*_: object, **__: object) -> None:
    raise FULL


def nothing(*_: object) -> None:
    """What a process that was killed does to clean up."""


def events(workspace: Workspace, kind: type) -> list[Event]:
    return [entry.event for entry in workspace.ledger.read() if isinstance(entry.event, kind)]


def published(project: Path) -> list[Path]:
    return sorted(project.glob("out/*/run-*"))


def left_over(project: Path) -> list[Path]:
    return [*project.rglob(".staging-*"), *(project / ".lockgate").rglob("*.part")]


def study_ids(project: Path) -> int:
    tables = [pacsv.read_csv(file) for file in project.glob("out/study/run-*/part-*.csv")]
    return sum(table.num_rows for table in tables)


def stop_before_intent(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that died with everything staged and nothing cleaned up; its id."""
    with monkeypatch.context() as patch, Workspace.open(project) as workspace:
        patch.setattr(runner, "record_intent", refuse)
        patch.setattr(runner, "abandon", nothing)
        patch.setattr(Moved, "close", nothing)
        with pytest.raises(EnvironmentFailed):
            workspace.run("people")
        (record,) = workspace.state.runs.unfinished("people")
    assert record.state is RunState.STARTED
    assert len(left_over(project)) == 4
    return record.run_id


def stop_after_intent(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that died once the intent was recorded, before anything was renamed; its id."""
    with monkeypatch.context() as patch, Workspace.open(project) as workspace:
        patch.setattr(FileSession, "publish", refuse)
        with pytest.raises(EnvironmentFailed):
            workspace.run("people")
        (record,) = workspace.state.runs.unfinished("people")
    assert record.state is RunState.INTENT
    assert not published(project)
    return record.run_id


def test_what_stopped_before_the_intent_is_removed_and_recorded_as_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = stop_before_intent(project, monkeypatch)
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        (refused,) = events(workspace, RunRefused)
        states = {record.run_id: record.state for record in workspace.state.runs.recent(9)}
    assert (result.status, result.recovered) == (RunStatus.RELEASED, ())
    assert (refused.run_id, refused.code) == (dead, "LG-403")
    assert states == {dead: RunState.FAILED, result.run_id: RunState.RELEASED}
    assert [path.name for path in published(project)] == [f"run-{result.run_id}"] * 2
    assert not left_over(project)


def test_what_stopped_after_the_intent_is_finished_and_recorded_as_recovered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = stop_after_intent(project, monkeypatch)
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        (done,) = events(workspace, ReleaseDone)
        rows = workspace.quarantine_rows(dead, values=False, purpose="look", limit=None)
        assert workspace.state.runs.get(dead).state is RunState.RELEASED
    assert (result.status, result.run_id) == (RunStatus.ALREADY_RELEASED, dead)
    assert result.recovered == (dead,)
    assert (done.run_id, done.recovered) == (dead, True)
    assert rows.num_rows == 2
    assert [path.name for path in published(project)] == [f"run-{dead}"] * 2
    assert study_ids(project) == 3
    assert not left_over(project)


def test_a_run_that_went_well_is_not_recorded_as_recovered(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        (done,) = events(workspace, ReleaseDone)
        (started,) = events(workspace, RunStarted)
        (intent,) = events(workspace, ReleaseIntent)
    assert (done.run_id, done.recovered) == (result.run_id, False)
    assert started.run_id == intent.receipt.run_id == result.run_id
    assert [file.name for file in started.inputs] == ["data/people.csv"]
    assert intent.receipt == result.receipt


def test_a_replay_that_stopped_after_its_intent_is_finished(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(project) as workspace:
        first = workspace.run("people")
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    with monkeypatch.context() as patch, Workspace.open(project) as workspace:
        patch.setattr(FileSession, "publish", refuse)
        with pytest.raises(EnvironmentFailed):
            workspace.quarantine_replay(first.run_id)
        assert workspace.context.sealed_path("quarantine", first.run_id).exists()
    with Workspace.open(project) as workspace:
        assert len(workspace.run("people").recovered) == 1
        assert not workspace.context.sealed_path("quarantine", first.run_id).exists()
        assert workspace.state.quarantine.get(first.run_id).state is QuarantineState.REPLAYED
    assert len({path.name for path in published(project)}) == 3


@pytest.mark.parametrize("store", ["quarantine", "runs"])
def test_intent_and_state_are_recorded_together_or_not_at_all(
    project: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    with Workspace.open(project) as workspace:
        name = {"quarantine": "add", "runs": "update"}[store]
        monkeypatch.setattr(getattr(workspace.state, store), name, refuse)
        with pytest.raises(LockgateError):
            workspace.run("people")
        assert not events(workspace, ReleaseIntent)
        assert not workspace.state.quarantine.list()
    assert not published(project)
    assert not left_over(project)


def test_a_replayed_quarantine_moves_on_with_the_intent_or_not_at_all(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(project) as workspace:
        first = workspace.run("people")
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    with Workspace.open(project) as workspace:
        monkeypatch.setattr(workspace.state.quarantine, "set_state", refuse)
        with pytest.raises(LockgateError):
            workspace.quarantine_replay(first.run_id)
        assert len(events(workspace, ReleaseIntent)) == 1
        assert [r.run_id for r in workspace.state.quarantine.list()] == [first.run_id]
    assert len(published(project)) == 2


def test_a_run_that_fails_midway_leaves_nothing_staged(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: object, **__: object) -> None:
        assert len(left_over(project)) == 4
        raise SourceError("the input changed")

    with Workspace.open(project) as workspace:
        monkeypatch.setattr("lockgate.run.intake.RuleCheck.finish", changed)
        with pytest.raises(SourceError):
            workspace.run("people")
        (refused,) = events(workspace, RunRefused)
        assert not workspace.state.runs.unfinished()
    assert (refused.code, refused.rows_read, refused.rows_rejected) == ("LG-301", 5, 2)
    assert not left_over(project)


def test_a_run_is_refused_while_another_of_its_pipeline_is_active(project: Path) -> None:
    refused: list[LockgateError] = []

    def run_too() -> None:
        with Workspace.open(project) as other:
            try:
                other.run("people")
            except LockgateError as error:
                refused.append(error)

    with Workspace.open(project) as workspace:
        with workspace.state.exclusive("pipeline:people"):
            thread = threading.Thread(target=run_too)
            thread.start()
            thread.join(60)
        assert not events(workspace, RunStarted)
    assert [type(error) for error in refused] == [EnvironmentFailed]
    assert not published(project)


def test_other_bytes_of_the_same_length_are_another_run(project: Path) -> None:
    with Workspace.open(project) as workspace:
        workspace.run("people")
        (project / "data/people.csv").write_text(ROWS.replace("Oslo", "Bonn"))
        assert workspace.run("people").status is RunStatus.RELEASED
    assert len(published(project)) == 4


def test_the_same_bytes_under_another_policy_are_another_run(project: Path) -> None:
    with Workspace.open(project) as workspace:
        workspace.run("people")
    change(project / "policy/zones.yaml", "pii.email: tokenize", "pii.email: redact")
    with Workspace.open(project) as workspace:
        assert workspace.run("people").status is RunStatus.RELEASED
        assert workspace.run("people").status is RunStatus.ALREADY_RELEASED
    assert len(published(project)) == 4


def test_a_sink_that_could_repeat_rows_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = property(lambda _: Guarantee.AT_LEAST_ONCE)
    monkeypatch.setattr(FileSink, "guarantee", weak)
    with Workspace.open(project) as workspace, pytest.raises(ConfigurationError, match="repeat"):
        workspace.run("people")
    assert not published(project)
