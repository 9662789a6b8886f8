"""The gate inside somebody's own code, on the frames they have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lockgate
from lockgate.errors import AuthorisationDenied, PlanRefused, UsageError
from lockgate.ledger.event import GateReleased, UnrecordedUse
from small_project import change, make_project

COLUMNS: dict[str, list[Any]] = {
    "id": [1, 2, 3],
    "email": ["ann@example.org", "nobody", None],
    "born": [dt.date(1980, 2, 29), None, None],
    "city": ["Oslo", "Rome", "Bonn"],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "people")


@pytest.fixture
def opened(project: Path) -> Iterator[lockgate.Workspace]:
    with lockgate.open(project) as workspace:
        yield workspace


def test_a_table_is_judged_protected_and_recorded(opened: lockgate.Workspace) -> None:
    gate = opened.gate("people", zone="study", purpose="study")
    released, rejected = gate(pa.table(COLUMNS))
    assert released.num_rows == 1
    assert released.column("city").to_pylist() == ["Oslo"]
    token = released.column("email")[0].as_py()
    assert opened.reveal_values([token], purpose="test") == ["ann@example.org"]
    assert rejected.column("lockgate_row").to_pylist() == [2, 3]
    assert rejected.column("email").to_pylist() == ["nobody", None]
    reasons = rejected.column("lockgate_reasons").to_pylist()
    assert reasons[0] == [{"column": "email", "type": "string_pattern_mismatch"}]
    event = [e.event for e in opened.ledger.read() if isinstance(e.event, GateReleased)][-1]
    assert (event.rows_accepted, event.rows_rejected, event.purpose) == (1, 2, "study")


def test_polars_pandas_and_record_batches_come_back_as_what_they_were(
    opened: lockgate.Workspace,
) -> None:
    gate = opened.gate("people", zone="study", purpose="study")
    for frame in (
        pl.DataFrame(COLUMNS),
        pd.DataFrame(COLUMNS),
        pa.RecordBatch.from_pydict(COLUMNS),
    ):
        released, rejected = gate(frame)
        assert type(released) is type(rejected) is type(frame)
        assert (len(released), len(rejected)) == (1, 2)


def test_equal_values_give_equal_tokens_in_every_frame(opened: lockgate.Workspace) -> None:
    gate = opened.gate("people", zone="study", purpose="study")
    table = gate(pa.table(COLUMNS)).released
    frame = gate(pl.DataFrame(COLUMNS)).released
    assert table.column("email").to_pylist() == frame["email"].to_list()


def test_empty_frames_and_sliced_tables_keep_the_schema(opened: lockgate.Workspace) -> None:
    gate = opened.gate("people", zone="study", purpose="study")
    table = pa.table(COLUMNS)
    empty = table.schema.empty_table()
    assert gate(empty).released.schema == gate(table).released.schema
    assert gate(table.slice(2, 1)).rejected.column("lockgate_row").to_pylist() == [1]


def test_other_columns_than_the_contracts_are_refused_unnamed(opened: lockgate.Workspace) -> None:
    gate = opened.gate("people", zone="study", purpose="study")
    with pytest.raises(UsageError) as caught:
        gate(pa.table({**COLUMNS, "ann@example.org": [1, 2, 3]}))
    assert "ann@example.org" not in str(caught.value)
    with pytest.raises(UsageError, match="missing id"):
        gate(pa.table({"email": ["a@b"]}))


def test_a_zone_that_does_not_take_it_makes_no_gate(project: Path) -> None:
    change(project / "policy/zones.yaml", "pii.email: tokenize", "pii.email: deny")
    with lockgate.open(project) as workspace, pytest.raises(PlanRefused):
        workspace.gate("people", zone="study", purpose="study")


def test_no_purpose_no_gate(opened: lockgate.Workspace) -> None:
    with pytest.raises(AuthorisationDenied):
        opened.gate("people", zone="study", purpose=" ")


def test_unrecorded_use_is_named_unsafe_and_leaves_one_record(project: Path) -> None:
    with lockgate.unsafe_unrecorded_gate(project, "people", "study", purpose="loop") as gate:
        for _ in range(3):
            assert gate(pa.table(COLUMNS)).released.num_rows == 1
    with lockgate.open(project) as workspace:
        events = [entry.event for entry in workspace.ledger.read()]
    assert sum(isinstance(event, UnrecordedUse) for event in events) == 1
    assert not any(isinstance(event, GateReleased) for event in events)


def test_a_gate_cannot_be_turned_into_one_that_records_nothing(opened: lockgate.Workspace) -> None:
    gate = opened.gate("people", zone="study", purpose="study")

    with pytest.raises(TypeError, match="recorded"):
        replace(gate, recorded=False)
    assert gate.recorded
