"""Rules of `reveal:`: purposes, how much at once, how much in a day."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from lockgate.access.principal import OWNER
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
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
from reveal_project import NOON, at, events, released, released_people, tokens
from small_project import change


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released_people(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as opened:
        yield opened


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
    assert (rows.num_rows, event.count, taken) == (1, 4, 1)  # one value of each column


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
