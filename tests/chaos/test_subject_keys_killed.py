"""``kill -9`` while people get keys and while one is destroyed: what was published always opens."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.ledger.event import SubjectShredded
from small_project import make_project

HERE = Path(__file__).parent
ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
3,eve@example.org,1999-12-31,Bern
"""
BIRTHS = ["1980-02-29", "1981-03-01", "1999-12-31"]
PIPELINE = """
labels:
  pii.birth_date: {shred: subject}
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      study: {zone: study, path: out/study, format: parquet}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people", ROWS)
    zones = folder / "policy/zones.yaml"
    zones.write_text(zones.read_text() + PIPELINE.partition("pipelines:")[0])
    (folder / "pipelines/people.yaml").write_text(
        "pipelines:" + PIPELINE.partition("pipelines:")[2]
    )
    return folder


def child(script: str, *words: object) -> int | None:
    """How many steps there were; None if it was killed on the way."""
    command = [sys.executable, str(HERE / script), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def copy(template: Path, to: Path) -> Path:
    return Path(shutil.copytree(template, to))


def births(workspace: Workspace, file: Path) -> list[str | None]:
    values = workspace.reveal_file(file, "born", purpose="test").values
    assert values is not None
    return [None if value is None else str(value) for value in values.to_pylist()]


def check_run(template: Path, folder: Path, step: int) -> None:
    project = copy(template, folder)
    assert child("killed_run.py", project, "people", step) is None
    published = list((project / "out/study").glob("run-*/part-*"))
    with Workspace.open(project) as workspace:
        for file in published:
            assert births(workspace, file) == BIRTHS
        workspace.run("people")
        (file,) = (project / "out/study").glob("run-*/part-*")
        assert births(workspace, file) == BIRTHS
        assert workspace.state.salts.count() == (3, 0)


def check_shred(template: Path, folder: Path, step: int) -> None:
    project = copy(template, folder)
    (file,) = (project / "out/study").glob("run-*/part-*")
    assert child("killed_shred.py", project, "2", step) is None
    with Workspace.open(project) as workspace:
        found = births(workspace, file)
        recorded = [
            entry for entry in workspace.ledger.read() if isinstance(entry.event, SubjectShredded)
        ]
        assert found == ([BIRTHS[0], None, BIRTHS[2]] if recorded else BIRTHS)
        assert len(recorded) <= 1
    assert child("killed_shred.py", project, "2", 0) is not None
    with Workspace.open(project) as workspace:
        assert births(workspace, file) == [BIRTHS[0], None, BIRTHS[2]]
        assert pq.read_table(file).num_rows == 3
        workspace.ledger.verify()


@pytest.fixture(scope="module")
def ran(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A project that ran, and the steps of its run."""
    project = copy(template, tmp_path_factory.mktemp("ran") / "people")
    steps = child("killed_run.py", project, "people", 0)
    assert steps is not None
    return project, steps


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8, 0.95])
def test_a_run_that_is_killed_publishes_nothing_that_does_not_open(
    template: Path, ran: tuple[Path, int], tmp_path: Path, share: float
) -> None:
    check_run(template, tmp_path / "people", max(1, int(ran[1] * share)))


def shredding_steps(ran: tuple[Path, int], folder: Path) -> int:
    steps = child("killed_shred.py", copy(ran[0], folder), "2", 0)
    assert steps is not None
    return steps


def test_a_shredding_that_is_killed_happened_or_did_not(
    ran: tuple[Path, int], tmp_path: Path
) -> None:
    steps = shredding_steps(ran, tmp_path / "whole")
    for step in (steps - 2, steps):  # around the commit that erases and records
        check_shred(ran[0], tmp_path / str(step), step)


@pytest.mark.slow
def test_a_shredding_killed_at_every_step_happened_or_did_not(
    ran: tuple[Path, int], tmp_path: Path
) -> None:
    for step in range(1, shredding_steps(ran, tmp_path / "whole") + 1):
        check_shred(ran[0], tmp_path / str(step), step)


@pytest.mark.slow
def test_a_run_killed_at_every_step_publishes_nothing_that_does_not_open(
    template: Path, ran: tuple[Path, int], tmp_path: Path
) -> None:
    for step in range(1, ran[1] + 1):
        check_run(template, tmp_path / str(step), step)
