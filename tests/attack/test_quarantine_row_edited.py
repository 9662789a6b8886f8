"""Attacks on rejected rows by who can write the state's tables and has no key: whose are they?

A row of the state says of which dataset and pipeline a quarantine is; permission is asked by that.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import lockgate
from lockgate.assemble.opened_project import record_of
from lockgate.errors import (
    AuthorisationDenied,
    IntegrityError,
    KeyUnavailable,
    LockgateError,
    UsageError,
)
from lockgate.run import quarantine
from lockgate.run.state_ports import QuarantineState
from quarantine_rows import PURPOSE, edit, scoped, two_datasets
from session_cases import People, people_of
from small_project import change

TO_LEADS = "contract_id = 'leads', pipeline = 'leads'"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_datasets(tmp_path_factory.mktemp("template") / "project")


@pytest.fixture
def people(template: Path, tmp_path: Path) -> Iterator[People]:
    with people_of(Path(shutil.copytree(template, tmp_path / "project"))) as opened:
        yield opened


def show(people: People, run_id: str, name: str) -> list[dict[str, object]]:
    with lockgate.session(people.token(name), project=people.workspace, purpose=PURPOSE):
        table = people.workspace.quarantine_rows(run_id, values=True, purpose=PURPOSE, limit=None)
    rows: list[dict[str, object]] = table.to_pylist()
    return rows


def replay(people: People, run_id: str, name: str) -> None:
    with lockgate.session(people.token(name), project=people.workspace):
        people.workspace.quarantine_replay(run_id)


def discard(people: People, run_id: str, name: str) -> None:
    with lockgate.session(people.token(name), project=people.workspace):
        people.workspace.quarantine_discard(run_id, purpose=PURPOSE)


def nothing_left(people: People, run_id: str) -> None:
    """No value was shown, no row released, and the rows still wait."""
    assert not people.told("data.revealed", "quarantine.read", "quarantine.discarded")
    assert not list(people.workspace.project.folder.glob("out/leads/*/run-*"))
    record = record_of(people.workspace).state.quarantine.get(run_id)
    assert record.state is QuarantineState.WAITING


def test_show_rows_of_people_as_those_of_another_dataset(people: People) -> None:
    run_id = people.workspace.run("people").run_id
    scoped(people, "eve", "privacy_officer", "leads")
    with pytest.raises(AuthorisationDenied):
        show(people, run_id, "eve")
    edit(people.workspace, run_id, TO_LEADS)
    with pytest.raises(LockgateError) as refused:
        show(people, run_id, "eve")
    assert isinstance(refused.value, AuthorisationDenied)  # told no more than where there is none
    with pytest.raises(IntegrityError, match="whose"):  # and who may for every pipeline
        people.workspace.quarantine_rows(run_id, values=True, purpose=PURPOSE, limit=None)
    nothing_left(people, run_id)


def test_replay_rows_of_people_through_another_datasets_pipeline(people: People) -> None:
    run_id = people.workspace.run("people").run_id
    scoped(people, "eng", "data_engineer", "leads")
    for edited in (TO_LEADS, "pipeline = 'leads'"):
        edit(people.workspace, run_id, edited)
        with pytest.raises(AuthorisationDenied):
            replay(people, run_id, "eng")
        with pytest.raises((IntegrityError, UsageError)):
            people.workspace.quarantine_replay(run_id)
    nothing_left(people, run_id)


def test_discard_rows_of_people_as_those_of_another_dataset(people: People) -> None:
    run_id = people.workspace.run("people").run_id
    scoped(people, "eve", "privacy_officer", "leads")
    edit(people.workspace, run_id, TO_LEADS)
    with pytest.raises(AuthorisationDenied):
        discard(people, run_id, "eve")
    with pytest.raises(IntegrityError):
        people.workspace.quarantine_discard(run_id, purpose=PURPOSE)
    nothing_left(people, run_id)


def test_a_row_of_another_datasets_key_and_this_ones_file(people: People) -> None:
    """The row names a whole quarantine of leads, but for the run whose file is opened."""
    leads = people.workspace.project.folder / "pipelines/leads.yaml"
    change(leads, "data/people.csv", "data/leads.csv")
    rows = "id,email,born,city\nx,a@b.org,,\n7,a@b.org,,\n"
    (people.workspace.project.folder / "data/leads.csv").write_text(rows)
    with people_of(people.workspace.project.folder) as again:
        run_id = again.workspace.run("people").run_id
        theirs = again.workspace.run("leads").run_id
        number = record_of(again.workspace).state.quarantine.get(theirs).key_number
        scoped(again, "eve", "privacy_officer", "leads")
        edit(again.workspace, run_id, f"{TO_LEADS}, key_number = {number}")
        with pytest.raises(KeyUnavailable):
            show(again, run_id, "eve")
        assert not again.told("data.revealed", "quarantine.read")


@pytest.mark.parametrize("do", ["show", "replay", "discard"])
@pytest.mark.parametrize("sealed_before", [False, True])
def test_rows_of_one_pipeline_as_those_of_another_of_the_same_dataset(
    people: People, monkeypatch: pytest.MonkeyPatch, do: str, sealed_before: bool
) -> None:
    """The key is the same; the sealed rows say otherwise, or the ledger where they say nothing."""
    if sealed_before:  # by a version that did not tell the pipeline
        forget_pipeline(monkeypatch)
    run_id = people.workspace.run("people").run_id
    edit(people.workspace, run_id, "pipeline = 'callers'")
    with pytest.raises(IntegrityError, match="whose"):
        {
            "show": lambda: people.workspace.quarantine_rows(
                run_id, values=True, purpose=PURPOSE, limit=None
            ),
            "replay": lambda: people.workspace.quarantine_replay(run_id),
            "discard": lambda: people.workspace.quarantine_discard(run_id, purpose=PURPOSE),
        }[do]()
    nothing_left(people, run_id)
    assert not list(people.workspace.project.folder.glob("out/callers/*/run-*"))


@pytest.mark.parametrize("sealed_before", [False, True])
def test_rows_that_nobody_edited_are_shown_replayed_and_discarded(
    people: People, monkeypatch: pytest.MonkeyPatch, sealed_before: bool
) -> None:
    if sealed_before:
        forget_pipeline(monkeypatch)
    run_id = people.workspace.run("people").run_id
    scoped(people, "eve", "privacy_officer", "people")
    scoped(people, "eng", "data_engineer", "people")
    assert len(show(people, run_id, "eve")) == 2
    change(people.workspace.project.folder / "contracts/people.odcs.yaml", "h: 20", "h: 60")
    with people_of(people.workspace.project.folder) as again:
        replay(again, run_id, "eng")
        (left,) = record_of(again.workspace).state.quarantine.list(QuarantineState.WAITING)
        discard(again, left.run_id, "eve")


def test_replay_through_a_pipeline_that_reads_another_dataset_now(people: People) -> None:
    run_id = people.workspace.run("people").run_id
    folder = people.workspace.project.folder
    change(folder / "pipelines/people.yaml", "contract: people", "contract: leads")
    with people_of(folder) as again:
        scoped(again, "eng", "data_engineer", "leads")
        with pytest.raises(AuthorisationDenied):
            replay(again, run_id, "eng")
        with pytest.raises(UsageError, match="another contract"):
            again.workspace.quarantine_replay(run_id)
        nothing_left(again, run_id)


def forget_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal rows as they were before they told their pipeline: without it."""
    sealed = quarantine._to_ipc

    def as_before(batch):  # type: ignore[no-untyped-def]
        told = {k: v for k, v in batch.schema.metadata.items() if k == b"mode"}
        return sealed(batch.replace_schema_metadata(told))

    monkeypatch.setattr(quarantine, "_to_ipc", as_before)
