"""Rules of `reveal:`: purposes, how much at once, how much in a day; columns and rows of a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from lockgate.access.principal import OWNER
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import (
    AuthorisationDenied,
    ConfigurationError,
    IntegrityError,
    LedgerUnwritable,
    UsageError,
)
from lockgate.ledger.event import Event, Revealed, RevealRefused
from lockgate.limits import Limits
from lockgate.run import opening
from small_project import change, make_project

RULES = """
reveal:
  pii.email: {purposes: [support, audit], max_rows: 2, max_rows_per_day: 5}
  pii.id: deny
  pii.birth_date: {max_rows: 100}
"""
PEOPLE = "id,email,born,city\n" + "".join(
    f"{n},p{n}@example.org,19{50 + n}-01-01,Oslo\n" for n in range(1, 9)
)
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people", PEOPLE)
    with Workspace.open(folder) as workspace:
        workspace.run("people")
    (folder / "policy/reveal.yaml").write_text(RULES)
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as opened:
        yield opened


def released(project: Path) -> Path:
    return next(project.glob("out/study/run-*/part-*.csv"))


def tokens(project: Path, column: str = "email") -> list[str]:
    values: list[str] = pacsv.read_csv(released(project)).column(column).to_pylist()
    return values


def at(workspace: Workspace, moment: datetime) -> None:
    workspace._opened = replace(workspace.context, now=lambda: moment)


def events(workspace: Workspace, kind: type) -> list[Event]:
    return [entry.event for entry in workspace.ledger.read() if isinstance(entry.event, kind)]


def test_a_purpose_that_is_not_listed_reveals_nothing_and_is_recorded(
    project: Path, workspace: Workspace
) -> None:
    with pytest.raises(AuthorisationDenied, match="purpose"):
        workspace.reveal_values(tokens(project)[:1], purpose="curiosity")
    with pytest.raises(AuthorisationDenied, match="purpose"):
        workspace.reveal_file(released(project), "email", purpose="curiosity", rows=(1, 1))
    shown = workspace.reveal_values(tokens(project)[:1], purpose="support: ticket 12")

    assert shown == ["p1@example.org"]
    refused = events(workspace, RevealRefused)
    assert [(e.what, e.rule, e.count) for e in refused] == [
        ("single values", "pii.email: purpose", None),
        ("people.email", "pii.email: purpose", None),
    ]


def test_a_denied_label_is_not_turned_back_one_way_or_the_other(
    project: Path, workspace: Workspace
) -> None:
    with pytest.raises(AuthorisationDenied, match=r"pii\.id may not"):
        workspace.reveal_values(tokens(project, "id")[:1], purpose="support")
    with pytest.raises(AuthorisationDenied, match=r"pii\.id may not"):
        workspace.reveal_file(released(project), "id", purpose="support")
    assert [e.labels for e in events(workspace, RevealRefused)] == [("pii.id",)] * 2
    assert not events(workspace, Revealed)


def test_more_at_once_than_the_rule_says_reveals_nothing(
    project: Path, workspace: Workspace
) -> None:
    file = released(project)
    with pytest.raises(AuthorisationDenied, match="more than 2 values of pii.email at once"):
        workspace.reveal_file(file, "email", purpose="audit")
    with pytest.raises(AuthorisationDenied, match="at once"):
        workspace.reveal_values(tokens(project)[:3], purpose="audit")
    two = workspace.reveal_file(file, "email", purpose="audit", rows=(3, 4))

    assert two.values is not None
    assert two.values.to_pylist() == ["p3@example.org", "p4@example.org"]
    assert [e.count for e in events(workspace, RevealRefused)] == [8, 3]
    assert [e.count for e in events(workspace, Revealed)] == [2]


def test_a_days_quota_is_one_for_files_and_values_and_comes_back_after_it(
    project: Path, workspace: Workspace
) -> None:
    at(workspace, NOON)
    workspace.reveal_file(released(project), "email", purpose="audit", rows=(1, 2))
    workspace.reveal_values(tokens(project)[:2], purpose="audit")
    with pytest.raises(AuthorisationDenied, match="within a day"):
        workspace.reveal_values(tokens(project)[:2], purpose="audit")
    at(workspace, NOON + timedelta(hours=24))
    with pytest.raises(AuthorisationDenied, match="within a day"):
        workspace.reveal_values(tokens(project)[:2], purpose="audit")
    at(workspace, NOON + timedelta(hours=25))

    assert len(workspace.reveal_values(tokens(project)[:2], purpose="audit")) == 2
    assert len(events(workspace, Revealed)) == 3


def test_several_columns_come_side_by_side_and_each_has_its_record(
    project: Path, workspace: Workspace
) -> None:
    result = workspace.reveal_file(
        released(project), ["born", "email"], purpose="audit", rows=(2, 3)
    )
    assert result.table is not None
    assert [str(v) for v in result.table["born"].to_pylist()] == ["1952-01-01", "1953-01-01"]
    assert result.table["email"].to_pylist() == ["p2@example.org", "p3@example.org"]
    found = events(workspace, Revealed)
    assert [(e.what, e.count) for e in found] == [("people.born", 2), ("people.email", 2)]
    assert all(event.rules_digest == workspace.project.reveal_rules.digest for event in found)
    with pytest.raises(UsageError, match="several"):
        _ = result.values


def test_of_several_columns_one_that_is_refused_refuses_all(
    project: Path, workspace: Workspace
) -> None:
    with pytest.raises(AuthorisationDenied):
        workspace.reveal_file(released(project), ["born", "id"], purpose="audit")
    with pytest.raises(AuthorisationDenied):
        workspace.reveal_file(released(project), ["born", "email"], purpose="audit")
    assert not events(workspace, Revealed)


def test_several_columns_and_rows_go_to_one_private_file(
    project: Path, workspace: Workspace
) -> None:
    to = project / "clear.parquet"
    columns = ["email", "born"]
    workspace.reveal_file(released(project), columns, purpose="audit", to=to, rows=(8, 9))
    assert to.stat().st_mode & 0o777 == 0o600
    assert pq.read_table(to).to_pylist() == [
        {"email": "p8@example.org", "born": datetime(1958, 1, 1).date()}
    ]


def test_what_does_not_open_is_recorded_as_refused(project: Path, workspace: Workspace) -> None:
    file = released(project)
    table = pacsv.read_csv(file)
    pasted = table.set_column(2, "born", table.column("email"))
    pacsv.write_csv(pasted, file)
    with pytest.raises(IntegrityError):
        workspace.reveal_file(file, "born", purpose="audit")
    with pytest.raises(IntegrityError):
        workspace.reveal_values(["lkg1_EQAAAX8_CLFja-sMDd5bEcpx_"], purpose="audit")
    assert [e.code for e in events(workspace, RevealRefused)] == ["LG-601", "LG-601"]


def test_rejected_rows_count_as_revealed(project: Path) -> None:
    change(project / "data/people.csv", "p3@", "p3")
    with Workspace.open(project) as workspace:
        run = workspace.run("people").run_id
        with pytest.raises(AuthorisationDenied, match=r"pii\.id"):
            workspace.quarantine_rows(run, values=True, purpose="audit", limit=None)
        assert workspace.quarantine_rows(run, values=False, purpose="audit", limit=None).num_rows
    change(project / "policy/reveal.yaml", "  pii.id: deny\n", "")
    with Workspace.open(project) as workspace:
        rows = workspace.quarantine_rows(run, values=True, purpose="audit", limit=None)
        (event,) = events(workspace, Revealed)
        hour = int(workspace.context.now().timestamp()) // 3600
        taken = workspace.state.reveals.taken(OWNER, "pii.email", hour)
    assert rows.num_rows == event.count == taken == 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("pii.id: deny", "pii.idd: deny", "unknown label"),
        ("pii.id: deny", "pii.id: never", "a reveal rule is deny, or a mapping"),
        ("max_rows: 100", "max_rows: 0", "max_rows is out of range"),
        ("max_rows: 100", "most: 3", "unknown key most"),
        ("[support, audit]", "[]", "purposes is empty"),
        ("[support, audit]", "['support: x']", "not written as it must be"),
        ("pii.id: deny", "pseudonym(pii.id): deny", "names a label"),
    ],
)
def test_a_rule_that_is_not_understood_is_refused_with_its_place(
    project: Path, old: str, new: str, problem: str
) -> None:
    change(project / "policy/reveal.yaml", old, new)
    with pytest.raises(ConfigurationError) as refused:
        Workspace.open(project)
    (found,) = refused.value.problems
    assert problem in found.message
    assert found.where is not None
    assert found.where.file.endswith("policy/reveal.yaml")
    assert found.where.line > 2


class TestCommand:
    def test_columns_and_rows_as_json(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        words += ["--column", "born", "--rows", "2-2", "--purpose", "audit", "--json"]
        assert invoke([*words, "-C", str(project)]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["rows"] == 1
        assert shown["columns"] == {"email": ["p2@example.org"], "born": ["1952-01-01"]}

    def test_text_has_a_line_a_row(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        words += ["--column", "born", "--rows", "2-3", "--purpose", "audit"]
        assert invoke([*words, "-C", str(project)]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "p2@example.org\t1952-01-01",
            "p3@example.org\t1953-01-01",
        ]

    @pytest.mark.parametrize("rows", ["0-3", "3-2", "a-b", "5", "-1"])
    def test_rows_that_are_no_range(
        self, project: Path, capsys: pytest.CaptureFixture[str], rows: str
    ) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        assert invoke([*words, "--rows", rows, "--purpose", "audit", "-C", str(project)]) == 2
        assert "1-100" in capsys.readouterr().err

    def test_a_refusal_says_which_rule_and_what_to_do(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        assert invoke([*words, "--purpose", "audit", "-C", str(project)]) == 7
        shown = capsys.readouterr()
        assert "pii.email" in shown.err
        assert "--rows" in shown.err
        assert "example.org" not in shown.out + shown.err

    def test_bytes_are_base64_in_json(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project = make_project(tmp_path / "bytes", PEOPLE.replace("Oslo", "QUI="))
        change(
            project / "contracts/people.odcs.yaml",
            "      - name: city\n        logicalType: string\n",
            "      - name: city\n        logicalType: string\n        physicalType: binary\n",
        )
        change(project / "contracts/people.odcs.yaml", "value: public}", "value: pii.address}")
        with Workspace.open(project) as workspace:
            workspace.create_domains()
            workspace.run("people")
            file = next(project.glob("out/study/run-*/part-*.csv"))
            held = workspace.reveal_file(file, "city", purpose="x", rows=(1, 1)).values
            assert held is not None
            (value,) = held.to_pylist()
        assert isinstance(value, bytes)
        words = ["reveal", "--file", str(file), "--column", "city", "--rows", "1-1", "--json"]
        assert invoke([*words, "--purpose", "x", "-C", str(project)]) == 0
        import base64

        assert json.loads(capsys.readouterr().out)["values"] == [base64.b64encode(value).decode()]


def test_what_could_not_be_recorded_is_not_counted(
    project: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = workspace.context
    append = record_of(workspace).ledger.append

    def refuse(event: Event) -> int:
        if isinstance(event, Revealed):
            raise LedgerUnwritable("the ledger could not be written")
        return append(event)

    with monkeypatch.context() as patch:
        patch.setattr(record_of(workspace).ledger, "append", refuse)
        for _ in range(4):
            with pytest.raises(LedgerUnwritable):
                workspace.reveal_values(tokens(project)[:2], purpose="audit")
    hour = int(context.now().timestamp()) // 3600
    assert context.state.reveals.taken(OWNER, "pii.email", hour) == 0
    assert len(workspace.reveal_values(tokens(project)[:2], purpose="audit")) == 2


def test_more_single_values_than_the_limit_are_refused_before_any_is_opened(
    project: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace._opened = replace(workspace.context, limits=Limits(reveal_values=2))
    opened: list[object] = []
    monkeypatch.setattr(opening, "open_frames", lambda *a: opened.append(a))
    with pytest.raises(UsageError, match="more than 2 values"):
        workspace.reveal_values(tokens(project)[:3], purpose="audit")
    assert not opened


def test_values_of_several_labels_count_together_under_the_rule_they_share(
    project: Path, workspace: Workspace
) -> None:
    with pytest.raises(AuthorisationDenied, match="at once"):
        workspace.reveal_values([*tokens(project)[:2], tokens(project)[2]], purpose="audit")
    born = tokens(project, "born")[:2]
    both = workspace.reveal_values([*tokens(project)[:2], *born], purpose="audit")
    assert both == ["p1@example.org", "p2@example.org", "1951-01-01", "1952-01-01"]


def test_another_host_name_or_user_namespace_opens_no_new_quota(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mapped := tmp_path / "uid_map").write_text("0 1000 1\n")
    with Workspace.open(project) as workspace:
        for _ in range(2):
            workspace.reveal_values(tokens(project)[:2], purpose="audit")
    monkeypatch.setattr("socket.gethostname", lambda: "evil1")
    with Workspace.open(project) as workspace, pytest.raises(AuthorisationDenied, match="a day"):
        workspace.reveal_values(tokens(project)[:2], purpose="audit")
    monkeypatch.setattr("lockgate.access.principal._UID_MAP", mapped)
    with Workspace.open(project) as workspace:
        with pytest.raises(AuthorisationDenied, match="a day"):
            workspace.reveal_values(tokens(project)[:2], purpose="audit")
        names = [event.principal for event in events(workspace, RevealRefused)]
    assert all("@evil1" in name for name in names)
    assert len(names) == 2
