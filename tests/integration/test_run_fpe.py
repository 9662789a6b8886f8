"""A column that keeps its format, from the source to the sink and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.json as pajson
import pyarrow.parquet as pq
import pytest

from deny import deny
from lockgate.access.action import Action
from lockgate.adapters.connectors.files import formulas
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthorisationDenied, IntegrityError, KeyUnavailable, LockgateError
from lockgate.ledger.event import Revealed
from small_project import change, make_project

PHONES = ["+49 30 901820", None, "(555) 123-4567", "555-123-4567"]
ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,+49 30 901820
2,bob@example.org,,
3,carol@example.org,1970-01-01,(555) 123-4567
4,dave@example.org,1999-12-31,555-123-4567
5,erin@example.org,2001-05-05,12345
6,frank@example.org,2001-05-05,555-CALL-ME-1
"""
READERS = {"csv": pacsv.read_csv, "jsonl": pajson.read_json, "parquet": pq.read_table}
CONTRACT = "_contract.odcs.yaml"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``city`` holds telephone numbers, which the zone ``study`` wants as ``fpe``."""
    folder = make_project(tmp_path_factory.mktemp("template") / "people", ROWS)
    change(folder / "contracts/people.odcs.yaml", "value: public", "value: pii.phone")
    rules = "pii.email: tokenize, pii.phone: {fpe: {alphabet: digits}}"
    change(folder / "policy/zones.yaml", "pii.email: tokenize", rules)
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def released(project: Path, format: str = "csv") -> Path:
    pipeline = project / "pipelines/people.yaml"
    change(pipeline, "path: out/study, format: csv", f"path: out/study, format: {format}")
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
    assert (result.receipt.rows_accepted, result.receipt.rows_rejected) == (4, 2)
    return next(iter(result.sinks["study"].glob(f"part-*.{format}")))


@pytest.mark.parametrize("format", READERS)
def test_values_keep_their_format_join_and_come_back(project: Path, format: str) -> None:
    file = released(project, format)
    text = (file.parent / CONTRACT).read_text()
    column = READERS[format](file).column("city").combine_chunks()
    made = (formulas.undo(column) if format == "csv" else column).to_pylist()

    assert "surrogate(pii.phone; domain=phone; key=" in text
    assert made[1] in (None, "")
    for before, after in zip(PHONES, made, strict=True):
        if before:
            assert after != before
            assert [c for c in after if not c.isdigit()] == [c for c in before if not c.isdigit()]
    assert [c for c in made[2] if c.isdigit()] == [c for c in made[3] if c.isdigit()]
    with Workspace.open(project) as workspace:
        assert workspace.reveal_file(file, "city", purpose="call").values.to_pylist() == PHONES
        (event,) = (
            entry.event for entry in workspace.ledger.read() if isinstance(entry.event, Revealed)
        )
        (number,) = event.key_numbers
        assert workspace.keyring.domain_of(number) == "phone"
    assert (event.what, event.labels, event.count) == ("people.city", ("pii.phone",), 3)


def test_rejected_rows_say_why(project: Path) -> None:
    released(project)
    with Workspace.open(project) as workspace:
        (run,) = {entry.run_id for entry in workspace.quarantine_list()}
        rows = workspace.quarantine_rows(run, values=False, purpose="look", limit=None)
    reasons = [reason for row in rows.column("reasons").to_pylist() for reason in row]
    assert reasons == [{"column": "city", "type": "not_treatable_fpe"}] * 2


def test_without_permission_nothing_comes_back(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = released(project)
    deny(monkeypatch, lambda asked, what: (asked, what) == (Action.REVEAL, "pii.phone"))
    with Workspace.open(project) as workspace, pytest.raises(AuthorisationDenied):
        workspace.reveal_file(file, "city", purpose="look")


def numbers(project: Path) -> dict[tuple[str, str], int]:
    """Key numbers by domain and use."""
    with Workspace.open(project) as workspace:
        return {(v.domain, v.use.value): v.number for v in workspace.keyring.versions()}


@pytest.mark.parametrize(
    ("domain", "use", "error"),
    [("email", "index", IntegrityError), ("phone", "encryption", KeyUnavailable)],
)
def test_a_contract_that_names_another_key_opens_nothing(
    project: Path, domain: str, use: str, error: type[LockgateError]
) -> None:
    file, known = released(project), numbers(project)
    here, there = (f"value: {known[pair]}\n" for pair in (("phone", "index"), (domain, use)))
    place = "property: lockgate.key_number\n"
    text = (file.parent / CONTRACT).read_text()
    assert place in text
    head, tail = text.rsplit(place, 1)
    (file.parent / CONTRACT).write_text(head + place + tail.replace(here, there, 1))
    (file.parent / "_manifest.json").unlink()

    with Workspace.open(project) as workspace, pytest.raises(error):
        workspace.reveal_file(file, "city", purpose="look")


@pytest.mark.parametrize("alphabet", ["base64", "[digits]", "10"])
def test_a_contract_that_names_no_alphabet_opens_nothing(project: Path, alphabet: str) -> None:
    file = released(project)
    change(file.parent / CONTRACT, "value: digits", f"value: {alphabet}")

    with Workspace.open(project) as workspace:
        with pytest.raises(IntegrityError, match="contract beside the file was changed"):
            workspace.reveal_file(file, "city", purpose="look")


def test_values_that_fpe_cannot_have_made_are_refused_unrecorded(project: Path) -> None:
    file = released(project)
    table = pacsv.read_csv(file)
    at = table.column_names.index("city")
    pacsv.write_csv(table.set_column(at, "city", table.column("email")), file)

    with Workspace.open(project) as workspace:
        with pytest.raises(IntegrityError, match="4 of 4 values"):
            workspace.reveal_file(file, "city", purpose="look")
        assert not [e for e in workspace.ledger.read() if isinstance(e.event, Revealed)]


def test_single_values_carry_no_key_and_do_not_open(project: Path) -> None:
    value = pacsv.read_csv(released(project)).column("city")[2].as_py()

    with Workspace.open(project) as workspace, pytest.raises(IntegrityError, match="no Lockgate"):
        workspace.reveal_values([value], purpose="look")
