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

from keys_at_hand import raw_keyring
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.shred_receipt import ShredReceipt
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
from lockgate.keys.ports import KeyState
from lockgate.ledger.event import SubjectShredded
from lockgate.secret import SecretText
from rewrap_project import rewrap
from small_project import change, make_project

ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
3,eve@example.org,,Bern
4,dan@example.org,1999-12-31,Kyiv
"""
SHRED = "labels:\n  pii.birth_date: {shred: subject}\n"
FORMATS = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      text: {zone: study, path: out/text, format: csv}
      lines: {zone: study, path: out/lines, format: jsonl}
      columns: {zone: study, path: out/columns, format: parquet}
"""
BIRTHS = ["1980-02-29", "1981-03-01", None, "1999-12-31"]
BOUND = "pii.birth_date: {encrypt: {bind: record}}"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people", ROWS)
    zones = folder / "policy/zones.yaml"
    zones.write_text(zones.read_text() + SHRED)
    (folder / "pipelines/people.yaml").write_text(FORMATS)
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def bind_records(project: Path) -> None:
    change(
        project / "policy/zones.yaml",
        "study:\n    rules: {pii: encrypt,",
        f"study:\n    rules: {{{BOUND}, pii: encrypt,",
    )
    change(
        project / "contracts/people.odcs.yaml",
        "required: true\n",
        "required: true\n        primaryKey: true\n",
    )


def run(project: Path) -> dict[str, Path]:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
    return {name: next(folder.glob("part-*")) for name, folder in result.sinks.items()}


def births(workspace: Workspace, file: Path) -> tuple[list[str | None], int]:
    found = workspace.reveal_file(file, "born", purpose="test")
    assert found.values is not None
    values = [None if value is None else str(value) for value in found.values.to_pylist()]
    return values, found.shredded


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


def shred_by_name(project: Path, name: str, **more: object) -> ShredReceipt:
    with Workspace.open(project) as workspace:
        return workspace.subjects.shred(SecretText(name), purpose="request 4711", **more)


def column(file: Path, name: str) -> list[str]:
    return pacsv.read_csv(file).column(name).to_pylist()


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


def test_who_comes_back_gets_a_key_that_opens_nothing_old(project: Path) -> None:
    old = run(project)
    shred_by_name(project, "1")
    (project / "data/people.csv").write_text(ROWS + "5,fay@example.org,1970-01-01,Bonn\n")
    new = run(project)
    with Workspace.open(project) as workspace:
        assert births(workspace, new["lines"]) == ([*BIRTHS, "1970-01-01"], 0)
        assert births(workspace, old["lines"]) == ([None, *BIRTHS[1:]], 1)


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


def rotate(project: Path, domain: str = "birth-date") -> None:
    with Workspace.open(project) as workspace:
        workspace.rotate(domain)


def test_a_rewrap_keeps_every_person_under_their_own_key(project: Path) -> None:
    files = run(project)
    shred_by_name(project, "1")
    rotate(project)
    rotate(project, "lockgate.subject-salts")
    rewrap(project, *(file.parent for file in files.values()))
    with Workspace.open(project) as workspace:
        for version in workspace.keyring.versions("birth-date"):
            if version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)
        frames = pq.read_table(files["columns"]).column("born").combine_chunks()
        primary = max(v.number for v in workspace.keyring.versions("birth-date"))
        assert workspace.context.kernel.frame_headers(frames) == {(ALGORITHM_SUBJECT, primary)}
        for file in files.values():
            assert births(workspace, file) == ([None, *BIRTHS[1:]], 1)
    shred_by_name(project, "2")
    with Workspace.open(project) as workspace:
        for file in files.values():
            assert births(workspace, file) == ([None, None, *BIRTHS[2:]], 2)


def test_a_rewrap_keeps_values_bound_to_their_record(project: Path) -> None:
    bind_records(project)
    files = run(project)
    rotate(project)
    for file in files.values():
        (done,) = rewrap(project, file)
        assert done.values == 3
    with Workspace.open(project) as workspace:
        frames = pq.read_table(files["columns"]).column("born").combine_chunks()
        headers = workspace.context.kernel.frame_headers(frames)
        assert {algorithm for algorithm, _ in headers} == {ALGORITHM_SUBJECT_RECORD}
        for file in files.values():
            assert births(workspace, file) == (BIRTHS, 0)
