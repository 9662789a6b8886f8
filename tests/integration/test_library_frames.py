"""Frames of every shape through the library's gate: rows keep their numbers, notes stay behind."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import lockgate
from lockgate.assemble.frames import to_table
from lockgate.assemble.opened_project import record_of
from lockgate.errors import KeyUnavailable, LedgerUnwritable, UsageError
from lockgate.ledger.event import GateReleased
from lockgate.limits import DEFAULT_LIMITS
from small_project import make_project

COLUMNS: dict[str, list[Any]] = {
    "id": [1, 2, 3, 4, 5],
    "email": ["a@example.org", "nobody", "c@example.org", "d@example.org", "no"],
    "born": [None] * 5,
    "city": ["Oslo", "Rome", "Bonn", "Bern", "Thun"],
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


@pytest.fixture
def opened(project: Path) -> Iterator[lockgate.Workspace]:
    with lockgate.open(project) as workspace:
        yield workspace


def in_small_batches(workspace: lockgate.Workspace) -> None:
    limits = replace(DEFAULT_LIMITS, batch_rows=2)
    workspace._opened = replace(workspace.context, limits=limits)


def test_rows_keep_their_numbers_over_many_batches(opened: lockgate.Workspace) -> None:
    in_small_batches(opened)
    gate = opened.gate("people", zone="study", purpose="study")
    released, rejected = gate(pa.table(COLUMNS))
    assert released.column("city").to_pylist() == ["Oslo", "Bonn", "Bern"]
    assert rejected.column("lockgate_row").to_pylist() == [2, 5]
    assert rejected.column("city").to_pylist() == ["Rome", "Thun"]
    (event,) = (e.event for e in opened.ledger.read() if isinstance(e.event, GateReleased))
    assert (event.rows_accepted, event.rows_rejected, event.zone) == (3, 2, "study")
    numbers = {v.number: v.domain for v in opened.keyring.versions()}
    assert "email" in {numbers[number] for number in event.key_numbers}


def test_a_record_batch_comes_back_as_one_whole_record_batch(opened: lockgate.Workspace) -> None:
    in_small_batches(opened)
    gate = opened.gate("people", zone="study", purpose="study")
    released, rejected = gate(pa.RecordBatch.from_pydict(COLUMNS))
    assert (released.num_rows, rejected.num_rows) == (3, 2)


def test_two_columns_of_one_name_are_refused(opened: lockgate.Workspace) -> None:
    gate = opened.gate("people", zone="study", purpose="study")
    table = pa.table(COLUMNS)
    twice = table.append_column("city", table.column("email"))
    with pytest.raises(UsageError, match="stands twice"):
        gate(twice)


@pytest.mark.parametrize("frame", [COLUMNS, [COLUMNS], "people.csv", None], ids=str)
def test_what_is_no_frame_is_refused(opened: lockgate.Workspace, frame: object) -> None:
    gate = opened.gate("people", zone="study", purpose="study")
    with pytest.raises(UsageError, match="__arrow_c_stream__"):
        gate(frame)


def test_what_pandas_notes_beside_its_columns_stays_behind() -> None:
    frame = pd.DataFrame(COLUMNS).rename_axis("ann@example.org")
    frame.attrs["note"] = "ann@example.org"
    assert to_table(frame).schema.metadata is None


def test_what_could_not_be_recorded_is_not_given_out(
    opened: lockgate.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = opened.gate("people", zone="study", purpose="study")

    def refuse(_: object) -> int:
        raise LedgerUnwritable("the ledger could not be written")

    monkeypatch.setattr(record_of(opened).ledger, "append", refuse)
    with pytest.raises(LedgerUnwritable):
        gate(pa.table(COLUMNS))


def test_a_gate_whose_keys_were_never_made_says_how_to_make_them(project: Path) -> None:
    database = sqlite3.connect(project / ".lockgate/state.db")
    with database:
        database.execute("DELETE FROM key_versions WHERE domain = 'email'")
        database.execute("DELETE FROM key_domains WHERE name = 'email'")
    database.close()
    with lockgate.open(project) as workspace:
        with pytest.raises(KeyUnavailable, match="email") as caught:
            workspace.gate("people", zone="study", purpose="study")
    assert "lockgate keys init" in caught.value.hint
