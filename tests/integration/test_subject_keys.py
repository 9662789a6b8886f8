"""A key for each person: what is released under it, who opens it, and what is refused."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.errors import (
    AuthorisationDenied,
    IntegrityError,
    KeyUnavailable,
    LedgerUnwritable,
    UsageError,
)
from lockgate.kernel.frame import (
    ALGORITHM_SUBJECT,
    ALGORITHM_SUBJECT_RECORD,
)
from lockgate.secret import SecretText
from small_project import change
from subject_project import (
    BIRTHS,
    ROWS,
    bind_records,
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


def shred(workspace: Workspace, file: Path, row: int) -> None:
    """Destroy the salt of whom a row of a Parquet file is about."""
    frames = pq.read_table(file).column("born").combine_chunks()
    handle = workspace.context.kernel.frame_subjects(frames).slice(row, 1)
    assert workspace.state.salts.destroy(handle, workspace.context.now()) == 1


@pytest.mark.parametrize("bound", [False, True], ids=["alone", "beside-its-key"])
def test_one_persons_values_become_unreadable_in_every_file_and_copy(
    project: Path, tmp_path: Path, bound: bool
) -> None:
    if bound:
        bind_records(project)
    files = run(project)
    backup = shutil.copytree(files["text"].parent, tmp_path / "backup") / files["text"].name
    expected = {ALGORITHM_SUBJECT_RECORD if bound else ALGORITHM_SUBJECT}
    with Workspace.open(project) as workspace:
        kernel = workspace.context.kernel
        frames = pq.read_table(files["columns"]).column("born").combine_chunks()
        assert {algorithm for algorithm, _ in kernel.frame_headers(frames)} == expected
        for file in (*files.values(), backup):
            assert births(workspace, file) == (BIRTHS, 0)

        shred(workspace, files["columns"], 1)
        left = [BIRTHS[0], None, *BIRTHS[2:]]
        for file in (*files.values(), backup):
            assert births(workspace, file) == (left, 1)


def test_a_single_value_of_a_shredded_person_says_so(project: Path) -> None:
    files = run(project)
    values = pacsv.read_csv(files["text"]).column("born").to_pylist()
    with Workspace.open(project) as workspace:
        assert workspace.reveal_values(values[:2], purpose="test") == BIRTHS[:2]
        shred(workspace, files["columns"], 0)
        with pytest.raises(KeyUnavailable, match="value 2 belongs to a person whose key was"):
            workspace.reveal_values([values[1], values[0]], purpose="test")
        assert workspace.reveal_values(values[1:2], purpose="test") == BIRTHS[1:2]


def test_who_comes_back_gets_a_key_that_opens_nothing_old(project: Path) -> None:
    old = run(project)
    shred_by_name(project, "1")
    (project / "data/people.csv").write_text(ROWS + "5,fay@example.org,1970-01-01,Bonn\n")
    new = run(project)
    with Workspace.open(project) as workspace:
        assert births(workspace, new["lines"]) == ([*BIRTHS, "1970-01-01"], 0)
        assert births(workspace, old["lines"]) == ([None, *BIRTHS[1:]], 1)


def test_nothing_of_an_erased_salt_is_left_in_the_state(project: Path) -> None:
    files = run(project)
    with Workspace.open(project) as workspace:
        frames = pq.read_table(files["columns"]).column("born").combine_chunks()
        handle = workspace.context.kernel.frame_subjects(frames).slice(1, 1)
        held = workspace.state.salts.of_handles(handle)
    needles = [held.sealed[0].as_py(), held.indices[0].as_py()]
    with Workspace.open(project) as workspace:
        workspace.subjects.shred(SecretText("2"), purpose="request")
        # While it is open: the last one to close a database would tidy up after anybody.
        left = b"".join(path.read_bytes() for path in (project / ".lockgate").glob("state.db*"))
    assert handle[0].as_py() in left
    assert [needle in left for needle in needles] == [False, False]


def test_nobody_is_shredded_without_permission_or_record(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = run(project)
    with pytest.raises(AuthorisationDenied), Workspace.open(project) as workspace:
        workspace.subjects.shred(SecretText("1"), purpose=" ")
    with Workspace.open(project) as workspace:

        def full(event: object) -> None:
            raise LedgerUnwritable("the ledger could not be written")

        monkeypatch.setattr(record_of(workspace).ledger, "append", full)
        with pytest.raises(LedgerUnwritable):
            workspace.subjects.shred(SecretText("1"), purpose="request")
        monkeypatch.undo()
        assert births(workspace, files["text"]) == (BIRTHS, 0)


def test_a_value_beside_no_subject_is_a_rejected_row(project: Path) -> None:
    contract = project / "contracts/people.odcs.yaml"
    change(contract, "logicalType: integer\n        required: true", "logicalType: integer")
    (project / "data/people.csv").write_text(
        "id,email,born,city\n1,a@x.org,1980-02-29,Oslo\n,b@x.org,1981-01-01,Rome\n"
        ",c@x.org,,Bern\n4,d@x.org,,Kyiv\n"
    )
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        assert dict(result.receipt.rejected_by_reason) == {"born: no_subject": 1}
        file = next(result.sinks["columns"].glob("part-*"))
        assert births(workspace, file) == (["1980-02-29", None, None], 0)


def test_the_librarys_gate_uses_the_same_keys(project: Path) -> None:
    files = run(project)
    frame = pa.table(
        {
            "id": pa.array([2, 9]),
            "email": ["bob@example.org", "new@example.org"],
            "born": pa.array([date(1981, 3, 1), date(2000, 1, 1)]),
            "city": ["Rome", "Bonn"],
        }
    )
    with Workspace.open(project) as workspace:
        released = workspace.gate("people", "study")(frame).released
        values = released.column("born").to_pylist()
        assert workspace.reveal_values(values, purpose="test") == ["1981-03-01", "2000-01-01"]
        workspace.subjects.shred(SecretText("2"), purpose="request")
        with pytest.raises(KeyUnavailable, match="value 1 belongs"):
            workspace.reveal_values(values, purpose="test")
        assert workspace.reveal_values(values[1:], purpose="test") == ["2000-01-01"]
        assert births(workspace, files["lines"])[1] == 1


def test_values_bound_to_their_record_open_in_their_own_row_only(project: Path) -> None:
    bind_records(project)
    files = run(project)
    for name in ("text", "lines"):
        text = files[name].read_text()
        one, two = column(files["text"], "born")[:2]
        if name == "lines":
            one, two = (json.loads(line)["born"] for line in text.splitlines()[:2])
        swapped = text.replace(one, "?").replace(two, one).replace("?", two)
        files[name].write_text(swapped)
        with Workspace.open(project) as workspace, pytest.raises(IntegrityError, match="2 of 4"):
            births(workspace, files[name])
    with Workspace.open(project) as workspace:
        single = pq.read_table(files["columns"]).column("born").to_pylist()[0]
        with pytest.raises(UsageError, match="value 1 is bound to its row"):
            workspace.reveal_values([single], purpose="test")
