"""A whole project with its state in PostgreSQL: only the URL is another."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv as pacsv
from postgres_server import Server

from lockgate.assemble.workspace import Workspace
from lockgate.run.runner import RunStatus
from small_project import change, make_project


def test_a_run_with_its_state_in_postgresql(postgres: Server, tmp_path: Path) -> None:
    project = make_project(tmp_path / "people", state=postgres.database())
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        token = pacsv.read_csv(next(iter(result.sinks["study"].glob("*.csv")))).column("email")[0]
        assert workspace.reveal_values([token.as_py()], purpose="test") == ["ann@example.org"]
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    with Workspace.open(project) as workspace:
        again = workspace.quarantine_replay(result.run_id)
        assert (again.receipt.rows_accepted, again.receipt.rows_rejected) == (1, 1)
        assert workspace.run("people").status is RunStatus.RELEASED
        assert workspace.ledger.verify().size > 0
    assert not (project / ".lockgate/state.db").exists()
