"""How many rows an audit looks at."""

from __future__ import annotations

import pyarrow as pa
from pydantic import BaseModel

from lockgate.contract.batches import RawBatch, RowPositions
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.judge.audit import TOGETHER
from lockgate.contract.model import Mode

ROWS = 4_000


class Row(BaseModel):
    """Any text."""

    a: str


JUDGE = Judge(compile_model(Row, id="rows", name="rows"), Mode.STRINGS)
RAW = RawBatch(
    Mode.STRINGS,
    pa.RecordBatch.from_pydict({"a": [str(i) for i in range(ROWS)]}),
    RowPositions("a.csv", 1),
)
VERDICT = JUDGE.judge(RAW)


def looked_at(share: float, seed: int, *, certain: bool) -> int:
    return JUDGE.audit(RAW, VERDICT, share, seed, certain=certain)


def test_the_share_of_all_rows_is_kept_though_some_batches_are_passed_over() -> None:
    found = [looked_at(0.001, seed, certain=False) for seed in range(600)]
    assert 0.0008 < sum(found) / (600 * ROWS) < 0.0012
    assert found.count(0) > 300  # a batch of so few rows is looked at every eighth time
    assert min(n for n in found if n) > TOGETHER // 3


def test_a_batch_asked_for_is_looked_at_and_no_share_is_none() -> None:
    assert all(looked_at(0.001, seed, certain=True) > TOGETHER // 3 for seed in range(50))
    assert looked_at(0.0, 1, certain=True) == 0
    assert looked_at(1.0, 1, certain=False) == ROWS
