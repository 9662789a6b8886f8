"""A refusal does not say what there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lockgate
from lockgate.errors import AuthorisationDenied, UsageError
from small_project import change, make_project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture
def production(folder: Path) -> Iterator[tuple[lockgate.Workspace, str]]:
    """A project in production with a quarantine, and the id of its run."""
    with lockgate.open(folder) as workspace:
        run_id = workspace.run("people").run_id
    change(folder / "lockgate.yaml", "environment: development", "environment: production")
    with lockgate.open(folder) as workspace:
        yield workspace, run_id


@pytest.mark.parametrize("act", ["show", "replay", "discard"])
def test_a_refusal_says_the_same_of_a_run_that_there_is_and_of_none(
    production: tuple[lockgate.Workspace, str], act: str
) -> None:
    workspace, run_id = production
    said = []
    for one in (run_id, "r0123456789ab"):
        with pytest.raises(AuthorisationDenied) as refused:
            on_quarantine(workspace, act, one)
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert "people" not in said[0]


@pytest.mark.parametrize("act", ["show", "replay", "discard"])
def test_who_may_learns_that_there_is_no_such_run(folder: Path, act: str) -> None:
    with lockgate.open(folder) as workspace, pytest.raises(UsageError):
        on_quarantine(workspace, act, "r0123456789ab")


def on_quarantine(workspace: lockgate.Workspace, act: str, run_id: str) -> None:
    if act == "show":
        workspace.quarantine_rows(run_id, values=False, purpose="test", limit=None)
    elif act == "replay":
        workspace.quarantine_replay(run_id, purpose="test")
    else:
        workspace.quarantine_discard(run_id, purpose="test")
