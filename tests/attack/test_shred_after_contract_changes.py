"""A person's key under a key domain that the contracts no longer name: still found, and ended."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import KeyUnavailable, UsageError
from lockgate.keys.ports import KeyUse
from lockgate.secret import SecretText
from small_project import change, make_project

ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
"""
BIRTHS = ["1980-02-29", "1981-03-01"]
SUBJECT = "          - {property: lockgate.subject, value: true}\n"
OTHER = SUBJECT + "          - {property: lockgate.domain, value: patient-id}\n"
WHY = "request 4711"


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


@pytest.fixture
def moved(project: Path) -> Path:
    """Released under person-id; the subjects' domain is patient-id now."""
    change(project / "contracts/people.odcs.yaml", SUBJECT, OTHER)
    with Workspace.open(project) as workspace:
        workspace.create_domains()
        assert workspace.subjects.domains == ("patient-id",)
    return project


def births(project: Path) -> list[str | None]:
    files = (project / "out/study").glob("run-*/part-*.csv")
    file = min(files, key=lambda one: one.stat().st_mtime_ns)  # of the first run
    with Workspace.open(project) as workspace:
        values = workspace.reveal_file(file, "born", purpose="test").values
        assert values is not None
        return [None if value is None else str(value) for value in values.to_pylist()]


def shred(project: Path, name: str, domain: str | None = None) -> tuple[str, ...]:
    with Workspace.open(project) as workspace:
        return workspace.subjects.shred(SecretText(name), purpose=WHY, domain=domain).domains


def test_a_changed_domain_of_the_subject_column_hides_no_key(moved: Path) -> None:
    assert shred(moved, "2") == ("person-id",)
    assert births(moved) == [BIRTHS[0], None]
    assert shred(moved, "2") == ()


def test_keys_under_the_old_domain_and_the_new_one_end_together(moved: Path) -> None:
    (moved / "data/people.csv").write_text(ROWS + "3,eve@example.org,1999-12-31,Bern\n")
    with Workspace.open(moved) as workspace:
        workspace.run("people")
    with Workspace.open(moved) as workspace:
        receipt = workspace.subjects.shred(SecretText("2"), purpose=WHY)
    assert receipt.domains == ("patient-id", "person-id")
    assert len(receipt.subjects) == 2
    assert len(receipt.runs) == 2
    assert births(moved) == [BIRTHS[0], None]


def test_the_old_domain_can_be_named(moved: Path) -> None:
    assert shred(moved, "1", domain="person-id") == ("person-id",)
    assert births(moved) == [None, BIRTHS[1]]


def test_naming_one_domain_never_says_that_there_is_no_key_in_another(moved: Path) -> None:
    with pytest.raises(UsageError, match="under patient-id, but one under person-id"):
        shred(moved, "2", domain="patient-id")
    with pytest.raises(UsageError, match="and nobody of that name a key in it|but one under"):
        shred(moved, "2", domain="email")
    assert births(moved) == BIRTHS


def test_a_token_of_the_old_domain_names_the_person(moved: Path) -> None:
    file = next((moved / "out/study").glob("run-*/part-*.csv"))
    assert shred(moved, pacsv.read_csv(file).column("id").to_pylist()[0]) == ("person-id",)
    assert births(moved) == [None, BIRTHS[1]]


@pytest.mark.parametrize("what", ["no-subject", "text"])
def test_a_contract_that_loses_its_subject_or_types_it_anew_hides_no_key(
    project: Path, what: str
) -> None:
    contract = project / "contracts/people.odcs.yaml"
    if what == "text":
        change(contract, "logicalType: integer", "logicalType: string")
    else:
        change(contract, SUBJECT, "")
        change(project / "policy/zones.yaml", "labels:\n  pii.birth_date: {shred: subject}\n", "")
    assert shred(project, "2") == ("person-id",)
    assert births(project) == [BIRTHS[0], None]


def test_a_subject_typed_as_a_number_with_fractions_hides_no_key(tmp_path: Path) -> None:
    """Such a type has no canonical encoding: it finds nobody, and keeps nobody from being found."""
    rows = ROWS.replace("1,ann", "007,ann")
    project = make_project(tmp_path / "people", rows)
    contract, zones = project / "contracts/people.odcs.yaml", project / "policy/zones.yaml"
    zones.write_text(zones.read_text() + "labels:\n  pii.birth_date: {shred: subject}\n")
    change(contract, "logicalType: integer", "logicalType: string")
    with Workspace.open(project) as workspace:
        workspace.run("people")
    column = "name: id\n        logicalType: "
    change(contract, column + "string", column + "number")
    assert shred(project, "008") == ()
    assert shred(project, "007") == ("person-id",)
    assert births(project) == [None, BIRTHS[1]]


def test_a_domain_nobody_can_be_looked_up_in_is_no_absence(moved: Path) -> None:
    with Workspace.open(moved) as workspace:
        for version in workspace.keyring.versions("person-id"):
            if version.use is KeyUse.INDEX:
                raw_keyring(workspace).destroy(version.number, "test")
    with pytest.raises(KeyUnavailable, match="the index key is destroyed of person-id"):
        shred(moved, "2")


def test_the_command_says_under_which_domains_it_was_found(
    moved: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("2\n"))
    assert invoke(["keys", "shred", "-", "--purpose", WHY, "--yes", "-C", str(moved)]) == 0
    assert "Key domains it was found under: person-id." in capsys.readouterr().out
