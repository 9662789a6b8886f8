"""Rows the columnar judge must not decide alone: numbers too wide, rows that were replaced."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel, model_validator

from lockgate.contract.batches import RawBatch, RowPositions, Verdict
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Mode


def judged(model: type[BaseModel], mode: Mode, rows: pa.RecordBatch) -> Verdict:
    contract = compile_model(model, id="c", name="c")
    return Judge(contract, mode).judge(RawBatch(mode, rows, RowPositions("f", 1)))


def test_an_unsigned_number_beyond_int64_is_rejected_and_the_others_are_not() -> None:
    class Row(BaseModel):
        n: int

    column = pa.array([1, 2**63, 2**63 - 1, None], pa.uint64())
    verdict = judged(Row, Mode.PYTHON, pa.record_batch({"n": column}))
    assert verdict.accepted.column("n").to_pylist() == [1, 2**63 - 1]
    assert verdict.rejected_rows.to_pylist() == [1, 3]
    kinds = [[reason["type"] for reason in row] for row in verdict.reasons.to_pylist()]
    assert kinds == [["overflow"], ["int_type"]]


@pytest.mark.parametrize("mode", [Mode.PYTHON, Mode.STRINGS])
def test_a_validator_that_puts_something_else_in_the_rows_place_denies_it(mode: Mode) -> None:
    class Row(BaseModel):
        n: str

        @model_validator(mode="wrap")
        @classmethod
        def replace(cls, data: Any, handler: Any) -> Any:
            row = handler(data)
            return SimpleNamespace(n="other") if row.n == "bad" else row

    verdict = judged(Row, mode, pa.record_batch({"n": ["good", "bad"]}))
    assert verdict.accepted.column("n").to_pylist() == ["good"]
    assert verdict.reasons.to_pylist() == [[{"column": "", "type": "custom"}]]
