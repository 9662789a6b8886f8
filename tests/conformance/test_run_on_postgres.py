"""A whole project with its state in PostgreSQL: only the URL is another."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv as pacsv
import pytest
from postgres_server import Server

from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError
from lockgate.run.runner import RunStatus
from lockgate.secret import SecretText
from quarantine_rows import edit, two_datasets
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


def test_a_persons_key_in_postgresql_can_be_destroyed(postgres: Server, tmp_path: Path) -> None:
    project = make_project(tmp_path / "people", state=postgres.database())
    zones = project / "policy/zones.yaml"
    zones.write_text(zones.read_text() + "labels:\n  pii.birth_date: {shred: subject}\n")
    with Workspace.open(project) as workspace:
        (file,) = workspace.run("people").sinks["study"].glob("*.csv")
        receipt = workspace.subjects.shred(SecretText("1"), purpose="request")
        assert (receipt.destroyed, receipt.state) == (True, "postgresql")
        found = workspace.reveal_file(file, "born", purpose="test")
        assert found.values is not None
        assert (found.values.null_count, found.shredded) == (2, 1)  # one had none
        assert workspace.state.salts.count() == (2, 1)


def test_a_quarantines_row_edited_in_postgresql_is_not_believed(
    postgres: Server, tmp_path: Path
) -> None:
    with Workspace.open(two_datasets(tmp_path / "people", postgres.database())) as workspace:
        for edited in ("contract_id = 'leads', pipeline = 'leads'", "pipeline = 'callers'"):
            run_id = workspace.run("people").run_id
            assert workspace.quarantine_rows(run_id, values=True, purpose="x", limit=None).num_rows
            edit(workspace, run_id, edited)
            for refused in (
                lambda run: workspace.quarantine_rows(run, values=True, purpose="x", limit=None),
                workspace.quarantine_replay,
                lambda run: workspace.quarantine_discard(run, purpose="x"),
            ):
                with pytest.raises(IntegrityError, match="whose"):
                    refused(run_id)
            edit(workspace, run_id, "contract_id = 'people', pipeline = 'people'")
