"""A run into sealed sinks, killed while it writes: nothing clear is left; the next one is whole."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from small_project import make_project

CANARY = "Zanzibar"
ROWS = 400_000
PIPELINE = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      table: {zone: study, path: out/table, format: parquet, seal: true}
      text: {zone: study, path: out/text, format: csv, seal: true}
"""
RUN = (
    "import sys; from lockgate.assemble.workspace import Workspace\n"
    "with Workspace.open(sys.argv[1]) as workspace: workspace.run('people')"
)


def written(project: Path) -> int:
    return sum(part.stat().st_size for part in project.glob("out/*/.staging-*/part-*"))


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_clear_and_the_next_is_whole(tmp_path: Path) -> None:
    rows = "".join(f"{n},p{n}@example.org,1980-01-01,{CANARY}\n" for n in range(ROWS))
    project = make_project(tmp_path / "people", "id,email,born,city\n" + rows)
    (project / "pipelines/people.yaml").write_text(PIPELINE)
    with subprocess.Popen([sys.executable, "-c", RUN, str(project)]) as running:
        while running.poll() is None and written(project) < 1 << 20:
            time.sleep(0.005)
        running.kill()
    staged = [path for path in project.rglob("part-*") if path.is_file()]
    assert sum(path.stat().st_size for path in staged) >= 1 << 20
    clear = CANARY.encode()
    left = [path for path in project.rglob("*") if path.is_file() and path.parent.name != "data"]
    assert [path for path in left if clear in path.read_bytes()] == []

    with Workspace.open(project) as workspace:
        sinks = workspace.run("people").sinks
        for name in ("table", "text"):
            (file,) = sinks[name].glob("part-*")
            done = workspace.unseal(file, purpose="check", to=tmp_path / f"{name}.open")
            assert done.rows == ROWS
        assert (tmp_path / "text.open").read_bytes().count(clear) == ROWS
    assert not list(project.glob("out/*/.staging-*"))
