"""Attacks on rejected rows that were given up: the sealed file was kept, the key should not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from keys_at_hand import any_key, housekeeping
from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable
from lockgate.keys.ports import KeyState
from lockgate.ledger.event import KeyDestroyed
from lockgate.run.context import RunContext
from lockgate.run.quarantine import read_quarantine
from lockgate.run.retention import expire
from lockgate.run.state_ports import RunRecord, RunState
from small_project import change, make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "people")


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as opened:
        yield opened


def later(workspace: Workspace, days: int) -> RunContext:
    """The context of a run when so many days have passed."""
    context = housekeeping(workspace.context)
    return replace(context, now=lambda: context.now() + timedelta(days=days))


def backup_of(workspace: Workspace, run_id: str) -> Path:
    """A copy of the sealed file, where the attacker keeps it."""
    copy = workspace.context.home.parent / "kept.sealed"
    copy.write_bytes(workspace.context.sealed_path("quarantine", run_id).read_bytes())
    return copy


def rows_of(workspace: Workspace, copy: Path, run_id: str) -> int:
    return sum(r.count for r in read_quarantine(copy, any_key(workspace), run_id))


def live_keys(workspace: Workspace) -> list[int]:
    return [
        version.number
        for version in workspace.keyring.versions()
        if version.domain.startswith("lockgate.quarantine.")
        and version.state is not KeyState.DESTROYED
    ]


def test_open_a_backup_of_rows_discarded_on_their_own_day(workspace: Workspace) -> None:
    run_id = workspace.run("people").run_id
    copy = backup_of(workspace, run_id)
    workspace.quarantine_discard(run_id, purpose="not wanted")

    expire(housekeeping(workspace.context), "retention")
    assert rows_of(workspace, copy, run_id) == 2  # today's key still seals
    expire(later(workspace, 1), "retention")

    with pytest.raises(KeyUnavailable, match="destroyed"):
        rows_of(workspace, copy, run_id)
    assert not live_keys(workspace)
    assert any(isinstance(e.event, KeyDestroyed) for e in workspace.ledger.read())
    assert workspace.ledger.verify().size


def test_open_a_backup_of_rows_replayed_on_their_own_day(
    project: Path, workspace: Workspace
) -> None:
    run_id = workspace.run("people").run_id
    copy = backup_of(workspace, run_id)
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    change(project / "contracts/people.odcs.yaml", ", pattern: '@'", "")
    with Workspace.open(project) as mended:
        assert mended.quarantine_replay(run_id).receipt.rows_rejected == 0

    expire(later(workspace, 1), "retention")

    with pytest.raises(KeyUnavailable, match="destroyed"):
        rows_of(workspace, copy, run_id)


def test_rows_that_wait_keep_their_key_until_their_time(workspace: Workspace) -> None:
    run_id = workspace.run("people").run_id
    copy = backup_of(workspace, run_id)

    assert expire(later(workspace, 1), "retention") == ()
    assert rows_of(workspace, copy, run_id) == 2
    assert expire(later(workspace, 400), "retention") == (run_id,)
    with pytest.raises(KeyUnavailable, match="destroyed"):
        rows_of(workspace, copy, run_id)


def test_a_run_over_midnight_keeps_the_key_it_seals_under(workspace: Workspace) -> None:
    first = workspace.run("people").run_id
    workspace.quarantine_discard(first, purpose="not wanted")
    workspace.state.runs.add(
        RunRecord(
            run_id="still-going",
            pipeline="other",
            identity="x",
            plan_digest="x",
            state=RunState.STARTED,
            principal="test",
            started_at=workspace.context.now(),
        )
    )
    keys = live_keys(workspace)

    expire(later(workspace, 1), "retention")
    assert live_keys(workspace) == keys
    expire(later(workspace, 400), "retention")  # long dead
    assert live_keys(workspace) == []
