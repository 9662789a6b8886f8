"""Revealing: asked for by label, recorded first, and only from where a value belongs."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from deny import deny
from lockgate.access.action import Action
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.errors import (
    AuthorisationDenied,
    EnvironmentFailed,
    IntegrityError,
    LedgerUnwritable,
    UsageError,
)
from lockgate.ledger.access_events import AccessDenied
from lockgate.ledger.event import Event, QuarantineRead, Revealed
from lockgate.run import opening, reveal
from small_project import change, make_project

RENAMED = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    select: [{born: email}, {email: city}, {city: born}]
    sinks:
      study: {zone: study, path: out/study, format: csv}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two encrypted columns, ``born`` and ``city``, with different labels and one key domain."""
    folder = make_project(tmp_path_factory.mktemp("template") / "people")
    contract = folder / "contracts/people.odcs.yaml"
    person = "{property: lockgate.domain, value: person}"
    for label in ("pii.birth_date", "public"):
        old = f"[{{property: lockgate.label, value: {label}}}]"
        new = "pii.address" if label == "public" else label
        change(contract, old, f"[{{property: lockgate.label, value: {new}}}, {person}]")
    zones = folder / "policy/zones.yaml"
    zones.write_text(zones.read_text() + "domains: {person: {normaliser: exact}}\n")
    change(folder / "policy/zones.yaml", "rules: {pii: drop,", "rules: {pii: drop, pii.name: drop,")
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def released(project: Path) -> Path:
    """A released file of the zone ``study``."""
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
    return next(iter(result.sinks["study"].glob("part-*.csv")))


def first(file: Path, column: str) -> str:
    return str(pacsv.read_csv(file).column(column)[0].as_py())


def events(workspace: Workspace, kind: type) -> list[Event]:
    return [entry.event for entry in workspace.ledger.read() if isinstance(entry.event, kind)]


def deny_one(monkeypatch: pytest.MonkeyPatch, action: Action, resource: str) -> None:
    """Deny one action on one resource, allow the rest as ever."""
    deny(monkeypatch, lambda asked, what: (asked, what) == (action, resource))


def refuse_to_record(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    append = record_of(workspace).ledger.append

    def refuse(event: object) -> int:
        if isinstance(event, kind):
            raise LedgerUnwritable("the ledger could not be written")
        return append(event)

    monkeypatch.setattr(record_of(workspace).ledger, "append", refuse)


def test_a_record_says_which_column_labels_keys_and_how_many(project: Path) -> None:
    file = released(project)
    with Workspace.open(project) as workspace:
        values = [first(file, name) for name in ("city", "born", "email")]
        workspace.reveal_values(values[:1], purpose="city")
        workspace.reveal_values(values[1:2], purpose="born")
        workspace.reveal_values(values, purpose="all")
        workspace.reveal_file(file, "born", purpose="file")
        found = {event.purpose: event for event in events(workspace, Revealed)}
        numbers = {v.number: v.domain for v in workspace.keyring.versions()}
    assert {name: event.labels for name, event in found.items()} == {
        "city": ("pii.address",),
        "born": ("pii.birth_date",),
        "all": ("pii.address", "pii.birth_date", "pii.email"),
        "file": ("pii.address", "pii.birth_date"),  # every label under the same keys
    }
    assert found["file"].what == "people.born"
    assert {name: event.count for name, event in found.items()} == {
        "city": 1,
        "born": 1,
        "all": 3,
        "file": 2,
    }
    assert [numbers[n] for n in found["file"].key_numbers] == ["person"]
    assert {numbers[n] for n in found["all"].key_numbers} == {"person", "email"}


@pytest.mark.parametrize(
    ("column", "label"),
    [("email", "pii.email"), ("city", "pii.address"), ("born", "pii.birth_date")],
)
def test_without_permission_for_the_label_nothing_is_revealed_and_that_is_recorded(
    project: Path, monkeypatch: pytest.MonkeyPatch, column: str, label: str
) -> None:
    file = released(project)
    deny_one(monkeypatch, Action.REVEAL, label)
    with Workspace.open(project) as workspace:
        with pytest.raises(AuthorisationDenied):
            workspace.reveal_values([first(file, column)], purpose="look")
        with pytest.raises(AuthorisationDenied):
            workspace.reveal_file(file, column, purpose="look")
        denied = events(workspace, AccessDenied)
        assert [(event.action, event.resource) for event in denied] == [("reveal", label)] * 2
        assert not events(workspace, Revealed)


def test_a_token_is_permitted_by_every_label_of_its_key_domain(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(project / "policy/zones.yaml", "pii: encrypt", "pii: tokenize")
    file = released(project)
    for label in ("pii.address", "pii.birth_date"):
        with monkeypatch.context() as patch, Workspace.open(project) as workspace:
            deny_one(patch, Action.REVEAL, label)
            with pytest.raises(AuthorisationDenied):
                workspace.reveal_values([first(file, "city")], purpose="look")


def test_a_token_of_no_known_column_needs_permission_for_the_unclassified(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = first(released(project), "email")
    with Workspace.open(project) as workspace:
        context = workspace.context
        deny_one(monkeypatch, Action.REVEAL, "unclassified")
        with pytest.raises(AuthorisationDenied):
            reveal.reveal_values(context, [token], (), "look")


def test_nothing_is_shown_that_could_not_be_recorded(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = released(project)
    to = project / "clear.csv"
    with Workspace.open(project) as workspace:
        refuse_to_record(workspace, monkeypatch, Revealed)
        with pytest.raises(LedgerUnwritable):
            workspace.reveal_values([first(file, "email")], purpose="look")
        opened: list[object] = []
        open_frames = opening.open_frames
        monkeypatch.setattr(opening, "open_frames", lambda *a: opened.append(a) or open_frames(*a))
        with pytest.raises(LedgerUnwritable):
            workspace.reveal_file(file, "born", purpose="look", to=to)
    assert not opened
    assert not to.exists()


def test_a_ciphertext_opens_only_at_its_own_column(project: Path) -> None:
    file = released(project)
    table = pacsv.read_csv(file)
    names = table.column_names
    pasted = table.set_column(names.index("born"), "born", table.column("city"))
    pacsv.write_csv(pasted, file)
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError):
        workspace.reveal_file(file, "born", purpose="look")


def test_renamed_columns_come_back_as_the_columns_they_were(project: Path) -> None:
    (project / "pipelines/people.yaml").write_text(RENAMED)
    file = released(project)
    with Workspace.open(project) as workspace:
        born = workspace.reveal_file(file, "email", purpose="look").values.to_pylist()
        city = workspace.reveal_file(file, "born", purpose="look").values.to_pylist()
    assert [str(value) for value in born] == ["1980-02-29", "None", "2001-05-05"]
    assert city == ["Oslo", "=1+1", None]


def test_a_file_of_a_contract_the_project_lacks_is_not_revealed(project: Path) -> None:
    file = released(project)
    change(project / "contracts/people.odcs.yaml", "id: people\n", "id: others\n")
    with Workspace.open(project) as workspace, pytest.raises(UsageError, match="does not hold"):
        workspace.reveal_file(file, "born", purpose="look")


def test_values_go_to_a_new_private_file_only(project: Path) -> None:
    file, to = released(project), project / "clear.parquet"
    with Workspace.open(project) as workspace:
        assert workspace.reveal_file(file, "city", purpose="look", to=to).rows == 3
        assert to.stat().st_mode & 0o777 == 0o600
        assert pq.read_table(to).column("city").to_pylist() == ["Oslo", "=1+1", None]
        before = to.read_bytes()
        with pytest.raises(EnvironmentFailed):
            workspace.reveal_file(file, "born", purpose="look", to=to)
    assert to.read_bytes() == before


def test_a_file_that_could_not_be_revealed_whole_is_removed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, to = released(project), project / "clear.csv"

    def fail(*_: object) -> None:
        assert to.exists()
        raise IntegrityError("a frame does not open")

    monkeypatch.setattr(opening, "open_frames", fail)
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError):
        workspace.reveal_file(file, "city", purpose="look", to=to)
    assert not to.exists()


class TestRejectedRows:
    """Listing the quarantine is revealing too, once values are asked for."""

    def test_without_values_none_are_shown(self, project: Path) -> None:
        with Workspace.open(project) as workspace:
            run = workspace.run("people").run_id
            rows = workspace.quarantine_rows(run, values=False, purpose="look", limit=None)
            (event,) = events(workspace, QuarantineRead)
        assert rows.column_names == ["file", "row", "line", "offset", "reasons"]
        assert (event.run_id, event.rows, event.with_values) == (run, 2, False)

    def test_no_more_are_shown_than_asked_for_and_the_record_says_how_many(
        self, project: Path
    ) -> None:
        with Workspace.open(project) as workspace:
            run = workspace.run("people").run_id
            rows = workspace.quarantine_rows(run, values=True, purpose="look", limit=1)
            (event,) = events(workspace, QuarantineRead)
        assert rows.column("line").to_pylist() == [4]
        assert (event.rows, event.with_values) == (1, True)

    def test_values_need_the_permission_of_every_label(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Workspace.open(project) as workspace:
            run = workspace.run("people").run_id
            for label in ("pii.id", "pii.email", "pii.birth_date", "pii.address"):
                with monkeypatch.context() as patch:
                    deny_one(patch, Action.REVEAL, label)
                    with pytest.raises(AuthorisationDenied):
                        workspace.quarantine_rows(run, values=True, purpose="x", limit=None)
            assert not events(workspace, QuarantineRead)

    def test_rows_that_could_not_be_recorded_are_not_shown(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Workspace.open(project) as workspace:
            run = workspace.run("people").run_id
            refuse_to_record(workspace, monkeypatch, QuarantineRead)
            with pytest.raises(LedgerUnwritable):
                workspace.quarantine_rows(run, values=False, purpose="look", limit=None)


@pytest.mark.parametrize(
    "action", ["run", "replay", "read-quarantine", "discard", "rotate", "gate"]
)
def test_every_guarded_deed_asks_first_and_records_a_denial(
    project: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    with Workspace.open(project) as workspace:
        run = workspace.run("people").run_id
        size = workspace.ledger.verify().size
        resource = {"rotate": "email"}.get(action, "people")
        deny_one(monkeypatch, Action(action), resource)
        deeds = {
            "run": lambda: workspace.run("people"),
            "replay": lambda: workspace.quarantine_replay(run),
            "read-quarantine": lambda: workspace.quarantine_rows(
                run, values=False, purpose="x", limit=1
            ),
            "discard": lambda: workspace.quarantine_discard(run, purpose="x"),
            "rotate": lambda: workspace.rotate("email"),
            "gate": lambda: workspace.gate("people", "study", purpose="x"),
        }
        with pytest.raises(AuthorisationDenied):
            deeds[action]()
        last = [entry.event for entry in workspace.ledger.read(size)]
    assert [(event.kind, event.action, event.resource) for event in last] == [
        ("access.denied", action, resource)
    ]


def test_somebody_else_than_the_systems_user_is_denied(project: Path) -> None:
    with Workspace.open(project) as workspace:
        stranger = replace(workspace.context.principal, id="os:stranger@elsewhere")
        keeper = replace(workspace.gatekeeper, _who=lambda: stranger)
        workspace._opened = replace(workspace.context, gatekeeper=keeper)
        with pytest.raises(AuthorisationDenied):
            workspace.run("people")
        (denied,) = events(workspace, AccessDenied)
    assert denied.principal == "os:stranger@elsewhere"


def test_a_frame_from_parquet_opens_as_the_bytes_it_is(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    change(
        project / "pipelines/people.yaml",
        "path: out/study, format: csv",
        "path: out/study, format: parquet",
    )
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        file = next(iter(result.sinks["study"].glob("*.parquet")))
        token = pq.read_table(file).column("email")[0].as_py()
        assert isinstance(token, bytes)
        assert workspace.reveal_values([token], purpose="test") == ["ann@example.org"]
        with pytest.raises(UsageError, match="text .* or bytes"):
            workspace.reveal_values([1], purpose="test")  # type: ignore[list-item]
