"""A row with more reasons than are told is audited by those that are."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from pydantic import create_model

from lockgate.contract.batches import REASONS_TYPE, RawBatch, RowPositions
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Mode
from lockgate.errors import IntegrityError
from lockgate.limits import DEFAULT_LIMITS

COLUMNS = [f"c{number}" for number in range(DEFAULT_LIMITS.reasons_per_row + 6)]
MODEL = create_model("Wide", **dict.fromkeys(COLUMNS, (int, ...)))  # type: ignore[call-overload]
JUDGE = Judge(compile_model(MODEL, id="wide", name="wide"), Mode.STRINGS)


def batch(bad: int) -> RawBatch:
    """Two rows; the second has so many cells that are no numbers."""
    rows = {name: ["1", "x" if n < bad else "2"] for n, name in enumerate(COLUMNS)}
    return RawBatch(Mode.STRINGS, pa.RecordBatch.from_pydict(rows), RowPositions("a.csv", 1))


@pytest.mark.parametrize("beside", [-1, 0, 1, 6])
def test_as_many_reasons_as_are_told_and_some_beside_them(beside: int) -> None:
    raw = batch(DEFAULT_LIMITS.reasons_per_row + beside)
    verdict = JUDGE.judge(raw)
    told = len(verdict.reasons[0])
    assert told == DEFAULT_LIMITS.reasons_per_row + min(beside, 0)
    assert JUDGE.audit(raw, verdict, 1.0, 1) == 2


@pytest.mark.parametrize("bad", [3, DEFAULT_LIMITS.reasons_per_row + 6])
@pytest.mark.parametrize("change", ["another", "one less"])
def test_reasons_that_pydantic_does_not_give_stop_the_run(bad: int, change: str) -> None:
    raw = batch(bad)
    verdict = JUDGE.judge(raw)
    reasons = verdict.reasons.to_pylist()[0]
    reasons = (
        [{"column": "c0", "type": "missing"}, *reasons[1:]] if change == "another" else reasons[1:]
    )
    bent = replace(verdict, reasons=pa.array([reasons], REASONS_TYPE))
    with pytest.raises(IntegrityError, match="judged otherwise"):
        JUDGE.audit(raw, bent, 1.0, 1)
