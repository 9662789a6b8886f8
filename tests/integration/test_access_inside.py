"""What leads past the gatekeeper is on record."""

from __future__ import annotations

from pathlib import Path

import pytest

import lockgate
from lockgate.access.action import Action
from lockgate.ledger.access_events import AccessGranted
from small_project import make_project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path)


def taken(workspace: lockgate.Workspace) -> int:
    events = [entry.event for entry in workspace.ledger.read(purpose="test")]
    direct = Action.UNSAFE_DIRECT.value
    return sum(isinstance(one, AccessGranted) and one.action == direct for one in events)


def test_taking_what_asks_nobody_is_recorded_once_by_each_opening(folder: Path) -> None:
    with lockgate.open(folder) as workspace:
        for _ in range(3):
            assert workspace.context
            assert workspace.keyring
            assert workspace.state
        assert taken(workspace) == 1
    with lockgate.open(folder) as workspace:
        assert workspace.state
        assert taken(workspace) == 2
