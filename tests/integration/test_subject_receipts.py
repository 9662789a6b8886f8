"""Shredding by name: whom a word finds, what the receipt says, and what it is good for."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.assemble.shred_receipt import ShredReceipt
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import (
    AuthorisationDenied,
    UsageError,
)
from lockgate.ledger.event import SubjectShredded
from small_project import change
from subject_project import (
    BIRTHS,
    SHRED,
    births,
    column,
    people,
    run,
    shred_by_name,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return people(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def test_the_receipt_says_what_dies_and_what_survives(project: Path, tmp_path: Path) -> None:
    files = run(project)
    receipt = shred_by_name(project, "2", to=tmp_path / "receipt.json")

    assert receipt.destroyed
    assert {(r.sink, r.column, r.how, r.rows) for r in receipt.scope.unreadable} == {
        (sink, "born", "encrypt", 4) for sink in ("text", "lines", "columns")
    }
    assert {(r.column, r.how) for r in receipt.scope.survive} == {
        ("id", "tokenize"),
        ("email", "tokenize"),
    }
    assert receipt.runs == receipt.scope.runs == (files["text"].parent.name[4:],)
    assert (receipt.backups_until - receipt.at).days == 35
    with Workspace.open(project) as workspace:
        assert births(workspace, files["text"]) == ([BIRTHS[0], None, *BIRTHS[2:]], 1)
        (event,) = [
            entry.event
            for entry in workspace.ledger.read()
            if isinstance(entry.event, SubjectShredded)
        ]
    assert (event.subjects, event.domain) == (receipt.subjects, "person-id")
    written = json.loads((tmp_path / "receipt.json").read_text())
    assert written == json.loads(json.dumps(receipt.document()))
    assert (tmp_path / "receipt.json").stat().st_mode & 0o777 == 0o600


def test_rows_released_before_the_label_shredded_are_not_said_to_be_unreadable(
    project: Path,
) -> None:
    change(project / "policy/zones.yaml", SHRED, "")
    before = run(project)
    zones = project / "policy/zones.yaml"
    zones.write_text(zones.read_text() + SHRED)
    run(project)
    receipt = shred_by_name(project, "2")
    assert {(reached.releases, reached.rows) for reached in receipt.scope.unreadable} == {(1, 4)}
    assert receipt.scope.earlier == {"people": 1}
    with Workspace.open(project) as workspace:
        assert births(workspace, before["text"])[0] == BIRTHS


def test_a_person_can_be_named_by_a_token_and_twice_is_once(project: Path) -> None:
    files = run(project)
    token = column(files["text"], "id")[3]

    assert shred_by_name(project, token).destroyed
    again = shred_by_name(project, "4")
    assert not again.destroyed
    assert (again.runs, again.runs_unread) == ((), ())
    with Workspace.open(project) as workspace:
        assert births(workspace, files["columns"]) == ([*BIRTHS[:3], None], 1)


@pytest.mark.parametrize("name", ["5", "x", "", "lkg1_nothing"])
def test_who_has_no_key_is_told_the_least(project: Path, name: str) -> None:
    run(project)
    if name == "5":
        receipt = shred_by_name(project, name)
        assert not receipt.destroyed
        assert receipt.runs == ()
    else:
        with pytest.raises(UsageError, match="not how a contract writes") as refused:
            shred_by_name(project, name)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_token_of_another_domain_names_nobody(project: Path) -> None:
    files = run(project)
    with pytest.raises(UsageError, match="no token of the key domain person-id"):
        shred_by_name(project, column(files["text"], "email")[0])


def test_an_older_state_brings_keys_back_until_the_shreds_are_replayed(
    project: Path, tmp_path: Path
) -> None:
    files = run(project)
    backup = shutil.copytree(project / ".lockgate", tmp_path / "backup")
    kept = tmp_path / "receipt.json"
    shred_by_name(project, "4", to=kept)
    shutil.rmtree(project / ".lockgate")
    shutil.copytree(backup, project / ".lockgate")
    with Workspace.open(project) as workspace:
        assert births(workspace, files["text"]) == (BIRTHS, 0)
        assert workspace.subjects.shred_again([], purpose="restored").digests == ()
        done = workspace.subjects.shred_again([kept], purpose="restored")
        assert len(done.digests) == 1
        assert births(workspace, files["text"]) == ([*BIRTHS[:3], None], 1)
        assert workspace.subjects.shred_again([kept], purpose="again").digests == ()


def test_what_is_no_receipt_replays_nothing(project: Path, tmp_path: Path) -> None:
    run(project)
    with Workspace.open(project) as workspace:
        for text in ("", "[]", '{"lockgate": "shred receipt 1", "subjects": ["x"]}', "{}"):
            (tmp_path / "receipt").write_text(text)
            with pytest.raises(UsageError, match="is no receipt"):
                workspace.subjects.shred_again([tmp_path / "receipt"], purpose="restored")


def test_a_receipt_that_was_never_written_is_made_again_from_the_ledger(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = run(project)
    made = tmp_path / "receipt.json"
    with monkeypatch.context() as patched:
        patched.setattr(ShredReceipt, "write", _dies)
        with pytest.raises(KeyboardInterrupt):
            shred_by_name(project, "2", to=made)
    assert not made.exists()
    with Workspace.open(project) as workspace:
        entries = list(workspace.ledger.read())
        (told,) = [one for one in entries if isinstance(one.event, SubjectShredded)]
        receipt = workspace.subjects.recorded(told.index, purpose="lost", to=made)
        again = [one for one in workspace.ledger.read() if isinstance(one.event, SubjectShredded)]
        assert again == [told], "nothing is destroyed anew"
        assert births(workspace, files["text"]) == (["1980-02-29", None, *BIRTHS[2:]], 1)
        assert workspace.subjects.shred_again([made], purpose="restored").digests == ()
    assert (receipt.subjects, receipt.at) == (told.event.subjects, told.event.at)
    assert (receipt.principal, receipt.purpose) == (told.event.principal, told.event.purpose)
    assert receipt.backups_until == told.event.at + timedelta(days=35)
    assert [one.column for one in receipt.scope.unreadable] == ["born"] * 3
    assert (receipt.runs, len(receipt.runs_unread)) == ((), 1)
    document = json.loads(made.read_text())
    assert (document["entry"], document["destroyed"]) == (told.index, True)


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_receipt_is_made_of_nothing_but_a_first_shredding(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(project)
    shred_by_name(project, "2")
    with Workspace.open(project) as workspace:
        (number,) = (
            e.index for e in workspace.ledger.read() if isinstance(e.event, SubjectShredded)
        )
        with pytest.raises(UsageError, match="tells of no shredding") as refused:
            workspace.subjects.recorded(0, purpose="lost")
        assert refused.value.hint == f"the latest that do: {number}"
        with pytest.raises(AuthorisationDenied):
            workspace.subjects.recorded(number, purpose=" ")
    words = ["keys", "shred", "--project", str(project), "--recorded", str(number)]
    made = tmp_path / "receipt.json"
    assert invoke([*words, "--purpose", "lost", "--to", str(made)]) == 0
    told = capsys.readouterr().out
    assert f"Entry {number}: a person's key was destroyed" in told
    assert "nobody looked for the person's rows" in " ".join(told.split())
    assert invoke([*words, "--purpose", "lost", "--to", str(made)]) != 0, "it is there"
    assert invoke([*words, "2", "--purpose", "lost"]) != 0
