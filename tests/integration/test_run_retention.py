"""Rejected rows wait thirty days; then file and key are gone, and so is every copy's use."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keys_at_hand import any_key, housekeeping, raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable, LockgateError
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.ledger.event import KeyDestroyed, QuarantineDiscarded, QuarantineExpired
from lockgate.run.quarantine import read_quarantine
from lockgate.run.retention import expire
from lockgate.run.runner import RunResult
from lockgate.run.state_ports import QuarantineState
from small_project import ROWS, change, make_project

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def at(workspace: Workspace, moment: datetime) -> Workspace:
    """The same workspace at another time."""
    workspace._opened = replace(workspace.context, now=lambda: moment)
    return workspace


def run(workspace: Workspace, project: Path, city: str) -> RunResult:
    (project / "data/people.csv").write_text(ROWS.replace("Oslo", city))
    return workspace.run("people")


def sealed(workspace: Workspace, result: RunResult) -> Path:
    return workspace.context.sealed_path("quarantine", result.run_id)


def rows_in(workspace: Workspace, result: RunResult) -> int:
    path = sealed(workspace, result)
    return sum(part.count for part in read_quarantine(path, any_key(workspace), result.run_id))


def test_rows_wait_thirty_days_and_not_a_moment_longer(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = at(workspace, FIRST).run("people")
        copy = sealed(workspace, result).read_bytes()
        at(workspace, FIRST + MONTH - timedelta(seconds=1))
        assert expire(housekeeping(workspace.context), "retention") == ()
        assert rows_in(workspace, result) == 2

        at(workspace, FIRST + MONTH)
        assert expire(housekeeping(workspace.context), "retention") == (result.run_id,)
        record = workspace.state.quarantine.get(result.run_id)
        assert record.state is QuarantineState.EXPIRED
        assert not sealed(workspace, result).exists()
        sealed(workspace, result).write_bytes(copy)  # restored from a backup
        with pytest.raises(KeyUnavailable, match="destroyed"):
            rows_in(workspace, result)
        kinds = [type(entry.event) for entry in workspace.ledger.read()]
        assert list(dict.fromkeys(kinds[-3:])) == [QuarantineExpired, KeyDestroyed]
        assert expire(housekeeping(workspace.context), "retention") == ()


def test_every_run_ends_what_has_outlived_its_time(project: Path) -> None:
    with Workspace.open(project) as workspace:
        first = at(workspace, FIRST).run("people")
        run(at(workspace, FIRST + MONTH), project, "Bonn")
        states = {record.run_id: record.state for record in workspace.quarantine_list()}
    assert states.pop(first.run_id) is QuarantineState.EXPIRED
    assert list(states.values()) == [QuarantineState.WAITING]


def test_a_key_lives_as_long_as_other_rows_of_its_day_wait(project: Path) -> None:
    with Workspace.open(project) as workspace:
        first = at(workspace, FIRST).run("people")
        second = run(workspace, project, "Bonn")
        at(workspace, FIRST + timedelta(days=2))
        workspace.quarantine_discard(first.run_id, purpose="not wanted")
        assert rows_in(workspace, second) == 2

        workspace.quarantine_discard(second.run_id, purpose="not wanted")
        number = workspace.state.quarantine.get(second.run_id).key_number
        (version,) = (v for v in workspace.keyring.versions() if v.number == number)
        assert version.state is KeyState.DESTROYED
        discarded = [e.event for e in workspace.ledger.read()]
    assert sum(isinstance(event, QuarantineDiscarded) for event in discarded) == 2


def test_todays_key_still_seals_after_a_discard(project: Path) -> None:
    with Workspace.open(project) as workspace:
        first = at(workspace, FIRST).run("people")
        workspace.quarantine_discard(first.run_id, purpose="not wanted")
        second = run(workspace, project, "Bonn")
        assert rows_in(workspace, second) == 2


def test_every_day_and_every_dataset_has_a_key_of_its_own(project: Path) -> None:
    with Workspace.open(project) as workspace:
        at(workspace, FIRST).run("people")
        run(at(workspace, FIRST + timedelta(days=1)), project, "Bonn")
    change(project / "contracts/people.odcs.yaml", "id: people\n", "id: persons\n")
    with Workspace.open(project) as workspace:
        run(at(workspace, FIRST + timedelta(days=1)), project, "Rome")
        numbers = {record.key_number for record in workspace.quarantine_list()}
        domains = {workspace.keyring.domain_of(number) for number in numbers}
    assert domains == {
        "lockgate.quarantine.people.2026-03-01",
        "lockgate.quarantine.people.2026-03-02",
        "lockgate.quarantine.persons.2026-03-02",
    }


def test_a_file_sealed_by_another_kind_of_key_is_no_quarantine(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        path = sealed(workspace, result)
        other = raw_keyring(workspace).derive("email", KeyUse.ENCRYPTION, ("x",), 32).number
        content = path.read_bytes()
        path.write_bytes(content[:8] + other.to_bytes(3, "big") + content[11:])
        with pytest.raises(LockgateError, match="not sealed by a quarantine key"):
            rows_in(workspace, result)
