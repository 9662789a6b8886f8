"""Rows of the key tables are edited by hand: doctor says so, and joins do not break unnoticed."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError, KeyUnavailable
from lockgate.secret import SecretBytes
from small_project import make_project

BIRTHS = "where domain='birth-date' and use='encryption' and version="
REST = "'decrypt-only',created_at,service,wrapped,destroy_at"
EDITS = {
    "relabelled": (f"update key_versions set version=9 {BIRTHS}1", "and was made as"),
    "of another use": (f"update key_versions set use='fernet' {BIRTHS}1", "and was made as"),
    "a copy beside it": (
        f"insert into key_versions select 999,domain,use,3,{REST} from key_versions {BIRTHS}1",
        "its making was not recorded",
    ),
    "demoted": (f"update key_versions set state='decrypt-only' {BIRTHS}2", "should protect"),
    "destroyed": (
        f"update key_versions set state='destroyed', wrapped=x'' {BIRTHS}1",
        "its destruction was not recorded",
    ),
    "made long ago": (
        f"update key_versions set created_at='2020'||substr(created_at,5) {BIRTHS}2",
        "not when it is stored to be",
    ),
    "made in years": (
        f"update key_versions set created_at='2092'||substr(created_at,5) {BIRTHS}2",
        "not when it is stored to be",
    ),
    "numbers set back": ("update key_counter set last=1", "key numbers were set back"),
    "another normaliser": (
        "update key_domains set normaliser='exact' where name='email'",
        "'email' has the normaliser exact, and the policy says email",
    ),
    "no domain": ("delete from key_domains where name='email'", "key domain 'email' is missing"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One version of a key was made here, the others came in from a copy; then a rotation."""
    folder = make_project(tmp_path_factory.mktemp("template") / "people")
    with Workspace.open(folder) as workspace:
        workspace.keys.export(folder.parent / "copy", SecretBytes(b"correct horse battery"), "x")
    for name in ("state.db", "state.db-wal", "state.db-shm", "checkpoint"):
        (folder / ".lockgate" / name).unlink(missing_ok=True)
    with Workspace.open(folder) as workspace:
        workspace.keys.restore(folder.parent / "copy", SecretBytes(b"correct horse battery"), "x")
        workspace.rotate("birth-date")
        workspace.run("people")
        workspace.keys.check()
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def edit(project: Path, statement: str) -> None:
    with closing(sqlite3.connect(project / ".lockgate/state.db")) as state, state:
        assert state.execute(statement).rowcount == 1


@pytest.mark.parametrize("name", EDITS)
def test_doctor_names_the_key_that_was_edited(project: Path, name: str) -> None:
    statement, found = EDITS[name]
    edit(project, statement)
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError, match=found):
        workspace.keys.check()


@pytest.mark.parametrize("what", ["use='nix'", "state='primarY'", "wrapped='text'"])
def test_what_no_key_can_be_is_one_clear_error(project: Path, what: str) -> None:
    edit(project, f"update key_versions set {what} {BIRTHS}1")
    with pytest.raises(IntegrityError, match="is stored with a use, state or wrapped"):
        with Workspace.open(project) as workspace:
            workspace.keys.check()


def test_a_run_does_not_make_tokens_by_another_normaliser(project: Path) -> None:
    edit(project, EDITS["another normaliser"][0])
    rows = "id,email,born,city\n9,z@example.org,1990-01-01,Rome\n"
    (project / "data/people.csv").write_text(rows)
    with (
        Workspace.open(project) as workspace,
        pytest.raises(KeyUnavailable, match="has the normaliser exact") as caught,
    ):
        workspace.run("people")
    assert "another domain" in str(caught.value.hint)
