"""Attacks on the keys of people: in the state's file, in released files, and by looking."""

from __future__ import annotations

import base64
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError, LockgateError
from lockgate.kernel.frame import PREFIX
from lockgate.secret import SecretText
from small_project import make_project

CANARY = "1987650431"
ROWS = f"""id,email,born,city
{CANARY},ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
3,eve@example.org,1999-12-31,Bern
"""
BIRTHS = ["1980-02-29", "1981-03-01", "1999-12-31"]
OPEN = "1 of 3 frames do not open"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people", ROWS)
    zones = folder / "policy/zones.yaml"
    zones.write_text(zones.read_text() + "labels:\n  pii.birth_date: {shred: subject}\n")
    with Workspace.open(folder) as workspace:
        workspace.run("people")
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def released(project: Path) -> Path:
    (file,) = (project / "out/study").glob("run-*/part-*.csv")
    return file


def births(project: Path) -> list[str | None]:
    with Workspace.open(project) as workspace:
        values = workspace.reveal_file(released(project), "born", purpose="test").values
        assert values is not None
        return [None if value is None else str(value) for value in values.to_pylist()]


def sql(project: Path, *statements: str) -> None:
    with sqlite3.connect(project / ".lockgate/state.db") as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def edit(project: Path, row: int, change: Callable[[bytes], bytes]) -> None:
    """Change one frame in the released file."""
    file = released(project)
    text = pacsv.read_csv(file).column("born").to_pylist()[row]
    frame = base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "==")
    made = PREFIX + base64.urlsafe_b64encode(change(frame)).decode().rstrip("=")
    file.write_text(file.read_text().replace(text, made))


def frame_of(project: Path, row: int) -> bytes:
    text = pacsv.read_csv(released(project)).column("born").to_pylist()[row]
    return base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "==")


def run_again(project: Path) -> None:
    (project / "data/people.csv").write_text(ROWS + "4,new@example.org,1970-01-01,Bonn\n")
    with Workspace.open(project) as workspace:
        workspace.run("people")


@pytest.mark.parametrize("algorithm", [1, 2, 4, 5])
def test_every_edited_algorithm_is_refused_in_the_same_words(project: Path, algorithm: int) -> None:
    """Else the words tell how the column was made, and which keys there are."""
    edit(project, 1, lambda frame: bytes([0x10 | algorithm]) + frame[1:])
    with pytest.raises(IntegrityError) as refused:
        births(project)

    assert refused.value.message == OPEN


@pytest.mark.parametrize("algorithm", [2, 3, 4, 5])
def test_a_token_that_calls_itself_a_ciphertext_is_refused_in_the_same_words(
    project: Path, algorithm: int
) -> None:
    file = released(project)
    text = pacsv.read_csv(file).column("email").to_pylist()[1]
    frame = base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "==")
    made = bytes([0x10 | algorithm]) + frame[1:] + bytes(60)
    other = PREFIX + base64.urlsafe_b64encode(made).decode().rstrip("=")
    file.write_text(file.read_text().replace(text, other))
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError) as refused:
        workspace.reveal_file(file, "email", purpose="test")

    assert refused.value.message == OPEN


SWAPPED = (
    "UPDATE subject_salts SET sealed = (SELECT sealed FROM subject_salts o WHERE o.id = 3 -"
    " subject_salts.id) WHERE id IN (1, 2)"
)
OTHER_INDEX = (
    "CREATE TEMP TABLE kept AS SELECT id, subject_index FROM subject_salts WHERE id IN (1, 2)",
    "UPDATE subject_salts SET subject_index = x'00' WHERE id = 1",
    (
        "UPDATE subject_salts SET subject_index = (SELECT k.subject_index FROM kept k"
        " WHERE k.id = 3 - subject_salts.id) WHERE id = 2"
    ),
    (
        "UPDATE subject_salts SET subject_index = (SELECT k.subject_index FROM kept k"
        " WHERE k.id = 3 - subject_salts.id) WHERE id = 1"
    ),
)
OTHER_HANDLE = (
    "CREATE TEMP TABLE kept AS SELECT id, handle FROM subject_salts WHERE id IN (1, 2)",
    "UPDATE subject_salts SET handle = x'00' WHERE id = 1",
    "UPDATE subject_salts SET handle = (SELECT handle FROM kept WHERE id = 1) WHERE id = 2",
    "UPDATE subject_salts SET handle = (SELECT handle FROM kept WHERE id = 2) WHERE id = 1",
)
CUT = ("UPDATE subject_salts SET sealed = substr(sealed, 1, 60) WHERE id = 1",)


@pytest.mark.parametrize("statements", [(SWAPPED,), OTHER_INDEX, OTHER_HANDLE, CUT])
def test_salts_moved_between_rows_of_the_state_open_nothing_and_protect_nothing(
    project: Path, statements: tuple[str, ...]
) -> None:
    sql(project, *statements)
    for attempt in (births, run_again):
        with pytest.raises(IntegrityError) as refused:
            attempt(project)
        assert refused.value.__cause__ is None


def test_a_salt_brought_back_under_another_person_does_not_open(project: Path) -> None:
    sql(project, "CREATE TABLE stolen AS SELECT * FROM subject_salts")
    with Workspace.open(project) as workspace:
        assert workspace.subjects.shred(SecretText("2"), purpose="request").destroyed
    sql(
        project,
        "UPDATE subject_salts SET subject_index = x'11', shredded_at = NULL, sealed = (SELECT"
        " sealed FROM stolen s WHERE s.handle <> subject_salts.handle) WHERE sealed IS NULL",
    )
    with pytest.raises(IntegrityError, match="the salts of subjects in the state were changed"):
        births(project)


def test_a_handle_nobody_handed_out_does_not_open(project: Path) -> None:
    edit(project, 1, lambda frame: frame[:4] + bytes(16) + frame[20:])
    with pytest.raises(IntegrityError, match="1 of 3"):
        births(project)


def test_a_handle_of_another_person_does_not_open(project: Path) -> None:
    other = frame_of(project, 2)[4:20]
    edit(project, 1, lambda frame: frame[:4] + other + frame[20:])
    with pytest.raises(IntegrityError, match="1 of 3"):
        births(project)


@pytest.mark.parametrize("algorithm", [1, 2, 4, 5])
def test_a_value_declared_to_be_under_no_persons_key_does_not_open(
    project: Path, algorithm: int
) -> None:
    edit(project, 1, lambda frame: bytes([0x10 | algorithm]) + frame[1:])
    with pytest.raises(LockgateError):
        births(project)


@pytest.mark.parametrize("length", [0, 3, 4, 19, 20, 31, 32, 47])
def test_a_frame_cut_short_does_not_open(project: Path, length: int) -> None:
    edit(project, 1, lambda frame: frame[:length])
    with pytest.raises(IntegrityError, match="1 of 3"):
        births(project)


def test_a_shredded_persons_handle_on_anothers_value_gives_nothing(project: Path) -> None:
    gone = frame_of(project, 1)[4:20]
    with Workspace.open(project) as workspace:
        workspace.subjects.shred(SecretText("2"), purpose="request")
    edit(project, 2, lambda frame: frame[:4] + gone + frame[20:])
    assert births(project) == [BIRTHS[0], None, None]


def test_a_reader_that_keeps_the_erased_salt_on_disk_is_told(project: Path) -> None:
    reader = sqlite3.connect(project / ".lockgate/state.db", isolation_level=None)
    with Workspace.open(project) as workspace:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM subject_salts").fetchone()
        kept = workspace.subjects.shred(SecretText("2"), purpose="request")
        assert kept.erased_bytes_remain
        reader.execute("COMMIT")
        reader.close()
        with Workspace.open(project) as again:
            assert not record_of(again).state.erased_bytes_remain
        assert (project / ".lockgate/state.db-wal").stat().st_size == 0
        assert not workspace.subjects.shred(SecretText("3"), purpose="x").erased_bytes_remain


def test_no_file_of_the_project_holds_an_identifier(project: Path, tmp_path: Path) -> None:
    with Workspace.open(project) as workspace:
        receipt = workspace.subjects.shred(
            SecretText(CANARY), purpose="request", to=tmp_path / "receipt"
        )
    assert receipt.destroyed
    assert CANARY not in repr(receipt)
    state = [path for path in (project / ".lockgate").rglob("*") if path.is_file()]
    for path in (*state, tmp_path / "receipt"):
        assert CANARY.encode() not in path.read_bytes(), path
