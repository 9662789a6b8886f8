"""``kill -9`` at any moment of a run with two sinks, run again: each row once, nothing left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.run.state_ports import QuarantineState, RunState

CHILD = Path(__file__).with_name("killed_run.py")
ROWS = 30_000
BAD_EVERY = 97
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: people
name: people
version: 1.0.0
status: active
schema:
  - name: people
    logicalType: object
    properties:
      - name: id
        logicalType: integer
        required: true
        customProperties:
          - {property: lockgate.label, value: public}
      - name: email
        logicalType: string
        required: true
        logicalTypeOptions: {pattern: '^[a-z0-9]+@example[.]org$'}
        customProperties:
          - {property: lockgate.label, value: pii.email}
          - {property: lockgate.subject, value: true}
"""
PIPELINE = """
zones:
  study: {rules: {pii: encrypt, public: allow}}
  joins: {rules: {pii: tokenize, public: allow}}
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      study: {zone: study, path: out/study, format: parquet}
      joins: {zone: joins, path: out/joins, format: csv}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    create_project(folder, "people")
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "contracts/people.odcs.yaml").write_text(CONTRACT)
    with (folder / "lockgate.yaml").open("a") as file:
        file.write(PIPELINE)
    (folder / "data").mkdir(exist_ok=True)
    ids = range(ROWS)
    emails = [f"{i}@example.org" if i % BAD_EVERY else "broken" for i in ids]
    pacsv.write_csv(pa.table({"id": ids, "email": emails}), folder / "data/people.csv")
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
    return folder


def start(project: Path, step: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(project), "people", str(step)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def assert_exactly_once(project: Path) -> None:
    """Both sinks, the quarantine, the state and the ledger agree on each row, once."""
    good = {i for i in range(ROWS) if i % BAD_EVERY}
    runs = {sink: sorted((project / "out" / sink).iterdir()) for sink in ("study", "joins")}
    for sink, folders in runs.items():
        assert len(folders) == 1, (sink, folders)
        assert folders[0].name.startswith("run-")
    assert runs["study"][0].name == runs["joins"][0].name
    part = next(iter(sorted(runs["study"][0].glob("part-*.parquet"))))
    study = pq.read_table(part, columns=["id"]).column("id").to_pylist()
    part = next(iter(sorted(runs["joins"][0].glob("part-*.csv"))))
    joins = pacsv.read_csv(part).column("id").to_pylist()
    for ids in (study, joins):
        assert len(ids) == len(good)
        assert set(ids) == good
    with Workspace.open(project) as workspace:
        assert workspace.ledger.verify().size > 0
        events = [entry.event for entry in workspace.ledger.read()]
        released = [e.run_id for e in events if e.kind == "release.done"]
        intents = [e.receipt.run_id for e in events if e.kind == "release.intent"]
        assert released == intents == [runs["study"][0].name.removeprefix("run-")]
        waiting = workspace.state.quarantine.list(QuarantineState.WAITING)
        assert [record.run_id for record in waiting] == released
        rows = workspace.quarantine_rows(released[0], values=True, purpose="test", limit=None)
        assert rows.num_rows == ROWS - len(good)
        assert not workspace.state.runs.unfinished()
        states = {record.state for record in workspace.state.runs.recent(100)}
        assert states <= {RunState.RELEASED, RunState.FAILED}
    assert not list((project / ".lockgate").rglob("*.part"))
    assert not list(project.rglob(".staging-*"))


def kill_after(project: Path, seconds: float) -> int:
    child = start(project, 0)
    time.sleep(seconds)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    return child.returncode


def finish(project: Path) -> int:
    child = start(project, 0)
    out, _ = child.communicate(timeout=120)
    assert child.returncode == 0
    return int(out)


def test_killed_at_the_steps_around_the_commit(project: Path, tmp_path: Path) -> None:
    """Three killed attempts in a row at the last steps, then one that is left alone."""
    total = steps_of_a_run(project, tmp_path)
    for step in (total - 1, total - 3, total - 6):
        assert kill_at(project, max(step, 1)) in (0, -signal.SIGKILL)
    finish(project)
    assert_exactly_once(project)


@pytest.mark.slow
def test_killed_at_every_durable_step(project: Path, tmp_path: Path) -> None:
    total = steps_of_a_run(project, tmp_path)
    assert total > 20
    for step in range(1, total + 1):
        copy = clone(project, tmp_path / f"at-{step}")
        assert kill_at(copy, step) == -signal.SIGKILL
        finish(copy)
        assert_exactly_once(copy)


@pytest.mark.slow
def test_killed_at_fifty_random_moments(project: Path, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    moments = random.Random(seed)
    whole = clone(project, tmp_path / "whole")
    began = time.monotonic()
    finish(whole)
    seconds = time.monotonic() - began
    killed = 0
    for attempt in range(50):
        copy = clone(project, tmp_path / f"moment-{attempt}")
        after = moments.uniform(0.3, 1.0) * seconds
        killed += kill_after(copy, after) == -signal.SIGKILL
        finish(copy)
        try:
            assert_exactly_once(copy)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, attempt {attempt}, {after:.3f} s") from error
    assert killed >= 25


def kill_at(project: Path, step: int) -> int:
    child = start(project, step)
    child.communicate(timeout=120)
    return child.returncode


def steps_of_a_run(project: Path, tmp_path: Path) -> int:
    return finish(clone(project, tmp_path / "counted"))


def clone(project: Path, to: Path) -> Path:
    shutil.copytree(project, to)
    return to


def test_two_runs_at_once_release_once(project: Path) -> None:
    children = [start(project, 0) for _ in range(2)]
    codes = sorted(child.wait(timeout=120) for child in children)
    for child in children:
        child.communicate()
    assert codes[0] == 0
    assert_exactly_once(project)
