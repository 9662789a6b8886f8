"""Running, replaying and refusing, on real files and real state."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.errors import (
    IntegrityError,
    KeyUnavailable,
    LedgerTampered,
    LedgerUnwritable,
    LockgateError,
    PlanRefused,
    SourceError,
    TooManyRejected,
    UsageError,
)
from lockgate.ledger.event import ReleaseIntent, Revealed, RunRefused
from lockgate.run.runner import RunStatus
from lockgate.run.state_ports import QuarantineState
from small_project import change, make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "people")


def published(project: Path) -> list[Path]:
    return sorted(project.glob("out/*/run-*"))


def test_good_rows_leave_protected_and_bad_rows_wait_with_reasons(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        rows = workspace.quarantine_rows(result.run_id, values=True, purpose="look", limit=None)
    assert (result.receipt.rows_accepted, result.receipt.rows_rejected) == (3, 2)
    assert result.receipt.rejected_by_reason == {
        "city: string_too_long": 1,
        "email: string_pattern_mismatch": 1,
    }
    assert rows.column("line").to_pylist() == [4, 5]
    assert rows.column("values").to_pylist()[0]["email"] == "nobody"
    study = pacsv.read_csv(next(iter(result.sinks["study"].glob("*.csv"))))
    assert study.column("city").to_pylist() == ["Oslo", "'=1+1", ""]
    coarse = pq.read_table(next(iter(result.sinks["coarse"].glob("*.parquet"))))
    assert coarse.column_names == ["born", "city"]
    assert coarse.column("born").to_pylist() == ["1980", None, "2001"]


def test_values_come_back_for_a_purpose_and_are_recorded(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        file = next(iter(result.sinks["study"].glob("*.csv")))
        token = pacsv.read_csv(file).column("email")[1].as_py()
        assert workspace.reveal_values([token], purpose="call back") == ["bob@example.org"]
        born = workspace.reveal_file(file, "born", purpose="check").values
        assert [str(value) for value in born.to_pylist()] == ["1980-02-29", "None", "2001-05-05"]
        events = [e.event for e in workspace.ledger.read() if isinstance(e.event, Revealed)]
    assert [(e.purpose, e.count) for e in events] == [("call back", 1), ("check", 2)]


def test_a_column_made_irreversible_says_so(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        file = next(iter(result.sinks["coarse"].glob("*.parquet")))
        with pytest.raises(UsageError, match="cannot be turned back"):
            workspace.reveal_file(file, "born", purpose="check")


def test_replay_after_a_fix_releases_only_the_rows_that_waited_once(project: Path) -> None:
    with Workspace.open(project) as workspace:
        first = workspace.run("people")
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    with Workspace.open(project) as workspace:
        again = workspace.quarantine_replay(first.run_id)
        assert again.status is RunStatus.RELEASED
        assert (again.receipt.rows_accepted, again.receipt.rows_rejected) == (1, 1)
        left = workspace.quarantine_rows(again.run_id, values=True, purpose="look", limit=None)
        assert left.column("line").to_pylist() == [4]
        assert workspace.state.quarantine.get(first.run_id).state is QuarantineState.REPLAYED
        with pytest.raises(LockgateError):
            workspace.quarantine_replay(first.run_id)
    tables = [pacsv.read_csv(file) for file in sorted(project.glob("out/study/*/part-*.csv"))]
    assert sum(table.num_rows for table in tables) == 4


def test_replay_that_accepts_nothing_changes_nothing(project: Path) -> None:
    with Workspace.open(project) as workspace:
        first = workspace.run("people")
        before = published(project)
        again = workspace.quarantine_replay(first.run_id)
        assert again.status is RunStatus.NOTHING_ACCEPTED
        assert published(project) == before
        assert workspace.state.quarantine.get(first.run_id).state is QuarantineState.WAITING
        rows = workspace.quarantine_rows(first.run_id, values=False, purpose="look", limit=None)
        assert rows.num_rows == 2


def test_discarded_rows_are_gone(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        workspace.quarantine_discard(result.run_id, purpose="not wanted")
        with pytest.raises(LockgateError):
            workspace.quarantine_rows(result.run_id, values=False, purpose="look", limit=None)
    assert not list((project / ".lockgate/quarantine").glob("*"))


def test_a_changed_input_is_another_run(project: Path) -> None:
    with Workspace.open(project) as workspace:
        workspace.run("people")
        with (project / "data/people.csv").open("a") as file:
            file.write("6,eve@example.org,,\n")
        assert workspace.run("people").status is RunStatus.RELEASED
    assert len(published(project)) == 4


def test_too_many_rejected_rows_publish_nothing(project: Path) -> None:
    change(project / "contracts/people.odcs.yaml", "value: 0.5", "value: 0.05")
    with Workspace.open(project) as workspace:
        with pytest.raises(TooManyRejected, match="2 of 5 rows") as caught:
            workspace.run("people")
        refusal = [e.event for e in workspace.ledger.read()][-1]
    assert [str(p.where) for p in caught.value.problems] == [
        "data/people.csv:4",
        "data/people.csv:5",
    ]
    assert isinstance(refusal, RunRefused)
    assert (refusal.code, refusal.rows_read, refusal.rows_rejected) == ("LG-401", 5, 2)
    assert not published(project)
    assert not list(project.glob("out/*/.staging*"))


def test_a_zone_that_does_not_allow_a_label_refuses_before_reading(project: Path) -> None:
    change(project / "policy/zones.yaml", "pii.email: tokenize", "pii.email: deny")
    (project / "data/people.csv").unlink()
    with Workspace.open(project) as workspace:
        report = workspace.check()
        assert not report.ok
        assert {f.column for f in report.findings} == {"email"}
        with pytest.raises(PlanRefused):
            workspace.run("people")


def test_a_file_that_breaks_midway_publishes_nothing(project: Path) -> None:
    (project / "data/people.csv").write_text("id;email\n1;a@b\n")
    with Workspace.open(project) as workspace, pytest.raises(SourceError):
        workspace.run("people")
    assert not published(project)


def test_keys_that_were_never_made_refuse_the_run_before_reading(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    database = sqlite3.connect(project / ".lockgate/state.db")
    with database:
        database.execute("DELETE FROM key_versions WHERE domain = 'email'")
        database.execute("DELETE FROM key_domains WHERE name = 'email'")
    database.close()
    (project / "data/people.csv").unlink()
    with Workspace.open(project) as workspace:
        with pytest.raises(KeyUnavailable, match="email") as caught:
            workspace.run("people")
    assert "lockgate keys init" in caught.value.hint


def test_another_root_key_is_refused_before_reading(project: Path, tmp_path: Path) -> None:
    other = make_project(tmp_path / "other")
    (project / ".lockgate/root.key").write_bytes((other / ".lockgate/root.key").read_bytes())
    (project / "data/people.csv").unlink()
    with Workspace.open(project) as workspace, pytest.raises(KeyUnavailable):
        workspace.run("people")


def test_a_missing_root_key_is_refused(project: Path) -> None:
    (project / ".lockgate/root.key").unlink()
    with Workspace.open(project) as workspace, pytest.raises(KeyUnavailable):
        workspace.run("people")


def test_an_unwritable_ledger_releases_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(project) as workspace:
        append = record_of(workspace).ledger.append

        def refuse(event: object) -> int:
            if isinstance(event, ReleaseIntent):
                raise LedgerUnwritable("the ledger could not be written")
            return append(event)

        monkeypatch.setattr(record_of(workspace).ledger, "append", refuse)
        with pytest.raises(LedgerUnwritable):
            workspace.run("people")
    assert not published(project)
    with Workspace.open(project) as workspace:
        assert workspace.run("people").status is RunStatus.RELEASED
    assert len(published(project)) == 2


def test_an_edited_ledger_stops_the_next_run(project: Path) -> None:
    with Workspace.open(project) as workspace:
        workspace.run("people")
    database = sqlite3.connect(project / ".lockgate/state.db")
    with database:
        (leaf,) = database.execute('SELECT leaf FROM ledger_entries WHERE "index" = 3').fetchone()
        database.execute('UPDATE ledger_entries SET leaf = ? WHERE "index" = 3', (leaf + b" ",))
    database.close()
    with Workspace.open(project) as workspace, pytest.raises(LedgerTampered):
        workspace.ledger.verify()


def test_the_output_can_be_the_next_pipelines_input(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
    folder = result.sinks["study"]
    (project / "contracts/protected.odcs.yaml").write_bytes(
        (folder / "_contract.odcs.yaml").read_bytes()
    )
    (project / "pipelines/onward.yaml").write_text(f"""
pipelines:
  onward:
    purpose: test
    source: {{contract: protected, path: out/study/{folder.name}, format: csv}}
    sinks:
      analytics: {{zone: analytics, path: out/onward, format: csv}}
""")
    with Workspace.open(project) as workspace:
        onward = workspace.run("onward")
    assert onward.receipt.rows_accepted == 3
    read = pacsv.read_csv(next(iter(onward.sinks["analytics"].glob("*.csv"))))
    assert read.column("city").to_pylist() == ["Oslo", "'=1+1", ""]


def test_a_changed_contract_beside_the_data_cannot_hide_what_is_revealed(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        beside = result.sinks["study"] / "_contract.odcs.yaml"
        beside.chmod(0o600)
        text = beside.read_text(encoding="utf-8")
        block = text.index("- name: email")
        changed = text[block:].replace("value: email", "value: city", 1)
        beside.write_text(text[:block] + changed, encoding="utf-8")
        file = next(iter(result.sinks["study"].glob("*.csv")))
        with pytest.raises(IntegrityError, match="not the one that the manifest"):
            workspace.reveal_file(file, "email", purpose="public data, honestly")
        (result.sinks["study"] / "_manifest.json").unlink()
        with pytest.raises(IntegrityError, match="other keys"):
            workspace.reveal_file(file, "email", purpose="public data, honestly")
        assert not any(isinstance(entry.event, Revealed) for entry in workspace.ledger.read())
