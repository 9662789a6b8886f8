"""Rows that were not released, or not rejected, in the memory of those that were."""

from __future__ import annotations

import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lockgate
from lockgate.assemble.workspace import Workspace
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.intake import BatchDone, Intake
from small_project import change, make_project

SECRET = "SECRET-078-05-1120-" + "x" * 30


def people(count: int) -> dict[str, pa.Array]:
    return {
        "id": pa.array(range(count), pa.int64()),
        "email": pa.array(["a@example.org"] * count),
        "born": pa.nulls(count, pa.date32()),
        "city": pa.array(["Oslo"] * (count - 1) + [SECRET]),  # too long: rejected
    }


def test_a_released_frame_holds_no_bytes_of_rejected_rows(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    table = pa.table(people(DEFAULT_LIMITS.batch_rows + 10))
    with lockgate.open(str(project / "lockgate.yaml")) as opened:
        released, rejected = opened.gate("people", zone="study", purpose="test")(table)
    assert rejected.num_rows == 1
    assert released.num_rows == table.num_rows - 1
    assert SECRET.encode() not in pickle.dumps(released)
    for batch in released.to_batches():
        for column in batch.columns:
            assert all(SECRET.encode() not in b.to_pybytes() for b in column.buffers() if b)


def test_quarantined_rows_bring_no_dictionary_of_accepted_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "p")
    change(
        project / "pipelines/people.yaml",
        "path: data/people.csv, format: csv",
        "path: data/people.parquet, format: parquet",
    )
    emails = [f"secret{i}@example.org" for i in range(50)] + ["nobody"]
    columns = people(51) | {
        "email": pa.array(emails).dictionary_encode(),
        "city": pa.array(["Oslo"] * 51),
    }
    pq.write_table(pa.table(columns), project / "data/people.parquet")
    seen: list[pa.RecordBatch] = []
    taken = Intake.take

    def take(self: Intake, batch: BatchDone) -> None:
        seen.append(batch.rejected.table)
        taken(self, batch)

    monkeypatch.setattr(Intake, "take", take)
    with Workspace.open(project) as workspace:
        assert workspace.run("people").receipt.rows_rejected == 1
    (rejected,) = seen
    assert rejected.column("values").to_pylist()[0]["email"] == "nobody"
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, rejected.schema) as writer:
        writer.write_batch(rejected)
    assert b"secret" not in stream.getvalue().to_pybytes()
