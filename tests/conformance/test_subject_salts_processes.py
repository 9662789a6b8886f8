"""Processes that meet the same people for the first time, at once, agree on their salts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from small_project import make_project

MAKER = Path(__file__).with_name("salts_maker.py")
PEOPLE = 2_000


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_agree_on_every_persons_salt(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    state = "sqlite" if kind == "sqlite" else request.getfixturevalue("postgres").database()
    project = make_project(tmp_path / "people", state=state)
    command = [sys.executable, str(MAKER), str(project), str(PEOPLE)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    makers = [subprocess.Popen(command, text=True, **pipes) for _ in range(3)]
    try:
        for maker in makers:
            assert maker.stdout is not None
            assert maker.stdout.readline() == "ready\n"
        for maker in makers:  # all are there: go
            assert maker.stdin is not None
            maker.stdin.write("\n")
            maker.stdin.flush()
        told = [maker.communicate(timeout=120) for maker in makers]
    finally:
        for maker in makers:
            maker.kill()
            maker.wait()
    assert [maker.returncode for maker in makers] == [0, 0, 0], told
    assert len({out for out, _ in told}) == 1
    assert len(told[0][0].split()) == PEOPLE // 500
    with Workspace.open(project) as workspace:
        assert workspace.state.salts.count() == (PEOPLE, 0)
