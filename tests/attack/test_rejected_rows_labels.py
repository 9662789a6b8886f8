"""Attacks on rejected rows: values shown that no permission was asked for, or nobody counted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from deny import deny
from lockgate.access.action import Action
from lockgate.access.principal import OWNER
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthorisationDenied, IntegrityError
from lockgate.ledger.event import Revealed, RevealRefused
from lockgate.run import quarantine
from quarantine_rows import edit
from small_project import change, make_project

BORN = """      - name: born
        logicalType: date
        customProperties: [{property: lockgate.label, value: pii.birth_date}]
"""
ALL = {"pii.id", "pii.email", "pii.birth_date", "public"}
CONTRACT = "contracts/people.odcs.yaml"
SPLIT = """id,email,born,city,ssn
1,ann@example.org,1980-02-29,Oslo,111-11-1111
2,nobody,1970-01-01,Rome,222-22-2222
3,a@b.org,1970-01-01,Rome,333-33-3333,one more
4,a@b.org,1970-01-01,Rome,444-44-4444
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "project")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "project"))


def run(project: Path) -> str:
    with Workspace.open(project) as workspace:
        return workspace.run("people").run_id


def show(project: Path, run_id: str, limit: int | None = None) -> Revealed:
    """Look at the values as the owner, and tell what was recorded."""
    with Workspace.open(project) as workspace:
        workspace.quarantine_rows(run_id, values=True, purpose="look", limit=limit)
        events = [one.event for one in workspace.ledger.read()]
    return [event for event in events if isinstance(event, Revealed)][-1]


def deny_label(patch: pytest.MonkeyPatch, label: str) -> None:
    deny(patch, lambda action, name: action is Action.REVEAL and name == label)


def refused_without(
    project: Path, run_id: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        deny_label(patch, label)
        with pytest.raises(AuthorisationDenied):
            show(project, run_id)


@pytest.mark.parametrize(
    ("old", "new"),
    [(BORN, ""), (BORN, BORN.replace("pii.birth_date", "public")), ("id: people", "id: persons")],
    ids=["taken out", "public now", "contract gone"],
)
def test_a_column_loses_its_label_in_the_contract_after_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    run_id = run(project)
    change(project / CONTRACT, old, new)
    refused_without(project, run_id, "pii.birth_date", monkeypatch)
    assert "pii.birth_date" in show(project, run_id).labels


def test_a_column_that_is_known_to_be_personal_since_needs_that_label(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = run(project)
    change(project / CONTRACT, "value: public", "value: pii.address")
    refused_without(project, run_id, "pii.address", monkeypatch)


def test_a_line_that_could_not_be_split_shows_columns_that_were_ignored(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The social security number is in no contract, and the whole line is shown."""
    change(
        project / "pipelines/people.yaml",
        "format: csv}\n    sinks",
        "format: csv, ignore: [ssn]}\n    sinks",
    )
    (project / "data/people.csv").write_text(SPLIT)
    run_id = run(project)
    refused_without(project, run_id, "unclassified", monkeypatch)
    with monkeypatch.context() as patch:
        deny_label(patch, "unclassified")
        assert "unclassified" not in show(project, run_id, limit=1).labels  # that row was split
    shown = show(project, run_id)
    assert "unclassified" in shown.labels
    assert shown.count == 4 + 4 + 1  # a row, and a line with as many values and what is unknown
    (project / "policy/reveal.yaml").write_text("reveal:\n  unclassified: deny\n")
    with pytest.raises(AuthorisationDenied, match="unclassified"):
        show(project, run_id)


def test_a_column_that_no_contract_knows_in_json(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(
        project / "pipelines/people.yaml", "people.csv, format: csv", "people.jsonl, format: jsonl"
    )
    good = {"id": 1, "email": "ann@example.org", "born": None, "city": None}
    lines = [good, good, good, {**good, "id": "x"}, {**good, "id": 2, "ssn": "222-22-2222"}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (project / "data/people.jsonl").write_text(text + '{"id": 3, "ssn": \n')
    run_id = run(project)
    known = show(project, run_id, limit=1)
    assert (set(known.labels), known.count) == (ALL - {"public"}, 2)
    assert show(project, run_id, limit=2).count == 2 + 3
    assert show(project, run_id).count == 2 + 3 + 4 + 1  # which is no object: as any other line
    refused_without(project, run_id, "unclassified", monkeypatch)
    assert "unclassified" in show(project, run_id).labels


@pytest.mark.parametrize("label", ["unclassified", "pii.birth_date", "pii.email"])
def test_rows_sealed_before_they_told_their_labels(
    project: Path, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    sealed = quarantine._to_ipc
    with monkeypatch.context() as before:
        before.setattr(
            quarantine,
            "_to_ipc",
            lambda batch: sealed(batch.replace_schema_metadata({b"mode": b"strings"})),
        )
        run_id = run(project)
    refused_without(project, run_id, label, monkeypatch)
    assert label in show(project, run_id).labels
    change(project / CONTRACT, BORN, "")
    assert "unclassified" in show(project, run_id).labels


def test_labels_that_cannot_be_read_show_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = quarantine._to_ipc
    with monkeypatch.context() as before:
        told = {b"mode": b"strings", b"pipeline": b"people", b"labels": b'{"id": ["NO LABEL"]}'}
        before.setattr(
            quarantine, "_to_ipc", lambda batch: sealed(batch.replace_schema_metadata(told))
        )
        run_id = run(project)
    with pytest.raises(IntegrityError, match="labels"):
        show(project, run_id)
    with Workspace.open(project) as workspace:
        events = [one.event for one in workspace.ledger.read()]
    (event,) = [event for event in events if isinstance(event, RevealRefused)]
    assert (event.code, event.count) == (IntegrityError.code, None)


def test_more_values_than_the_rule_allows_in_fewer_rows(project: Path) -> None:
    """Two rejected rows are eight values: ids, names, births and cities."""
    rules = project / "policy/reveal.yaml"
    rules.write_text("reveal:\n  '*': {max_rows: 7}\n  pii.email: {max_rows: 1}\n")
    run_id = run(project)
    with pytest.raises(AuthorisationDenied, match="more than 1 values of pii.email at once"):
        show(project, run_id)
    change(rules, "max_rows: 1", "max_rows: 2")
    assert show(project, run_id).count == 8  # six of `*`: emails have a bound of their own
    change(rules, "max_rows: 7", "max_rows: 5")
    with pytest.raises(AuthorisationDenied, match=r"more than 5 values of \* at once"):
        show(project, run_id)
    assert show(project, run_id, limit=1).count == 4


def test_a_count_of_rows_that_was_edited_in_the_state(project: Path) -> None:
    run_id = run(project)
    with Workspace.open(project) as workspace:
        edit(workspace, run_id, "rows = 0")
    assert show(project, run_id).count == 8
    with Workspace.open(project) as workspace:
        hour = int(workspace.context.now().timestamp()) // 3600
        assert workspace.state.reveals.taken(OWNER, "*", hour) == 8
