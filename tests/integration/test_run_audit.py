"""Plain Pydantic judges a share of every run's rows again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.contract.batches import RawBatch, Verdict
from lockgate.contract.judge import Judge
from lockgate.errors import IntegrityError
from small_project import make_project

HEADER = "id,email,born,city\n"


def rows(count: int) -> str:
    return HEADER + "".join(f"{i},p{i}@example.org,,Oslo\n" for i in range(count))


def test_the_receipt_says_how_many_rows_were_audited(tmp_path: Path) -> None:
    with Workspace.open(make_project(tmp_path / "p", rows(20_000))) as workspace:
        receipt = workspace.run("people").receipt
    assert 0 < receipt.rows_audited < 200


def test_a_judge_that_accepts_too_much_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "p", rows(20_000).replace("@", "-"))
    honest = Judge.judge

    def lenient(self: Judge, raw: RawBatch) -> Verdict:
        mended = raw.rows.set_column(1, "email", pa.array(["x@y"] * raw.rows.num_rows))
        return honest(self, RawBatch(raw.mode, mended, raw.positions, raw.broken))

    monkeypatch.setattr(Judge, "judge", lenient)
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError, match="audited"):
        workspace.run("people")
    assert not list(project.glob("out/*/run-*"))
