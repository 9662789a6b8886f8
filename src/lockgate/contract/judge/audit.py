"""Judging a sample again by plain Pydantic, to prove the columnar verdict on real data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lockgate.contract.batches import RawBatch, Verdict
from lockgate.contract.core_fields import ModelShape
from lockgate.contract.judge.outcome import rejected_mask
from lockgate.contract.judge.python_values import Rows
from lockgate.contract.judge.row_judge import RowJudge
from lockgate.contract.reasons import Reason
from lockgate.errors import IntegrityError


def audit_rows(
    judge: RowJudge,
    shape: ModelShape,
    raw: RawBatch,
    verdict: Verdict,
    sample: float,
    seed: int,
) -> int:
    """Compare ``sample`` (a share, 0 to 1) of the rows; returns how many were compared.

    Columns whose default is made by a factory are compared by verdict only: a
    factory may give another value each time. Raises IntegrityError on any difference.
    """
    count = raw.rows.num_rows
    rows = np.nonzero(np.random.default_rng(seed).random(count) < sample)[0]
    values, rejections = judge.judge(judge.rows(raw.rows, rows), raw.rows.schema.names)
    again = rejected_mask(len(rows), rejections)
    expected: list[set[Reason]] = [set() for _ in rows]
    for rejection in rejections:
        for index in rejection.rows:
            expected[index].update(rejection.reasons)
    wrong = _differences(shape, rows, verdict, values, again, expected)
    if wrong:
        raise IntegrityError(
            f"{wrong} of {len(rows)} audited rows were judged otherwise than by Pydantic",
            hint="nothing may be released; report this as a defect of the judge",
        )
    return len(rows)


def _differences(
    shape: ModelShape,
    rows: Rows,
    verdict: Verdict,
    values: list[pa.Array],
    again: np.ndarray[tuple[int], np.dtype[np.bool_]],
    expected: list[set[Reason]],
) -> int:
    rejected_rows = verdict.rejected_rows.to_numpy(zero_copy_only=False)
    accepted_rows = verdict.accepted_rows.to_numpy(zero_copy_only=False)
    rejected = np.isin(rows, rejected_rows)
    accepted = np.isin(rows, accepted_rows)
    wrong = int(np.count_nonzero((rejected != again) | (accepted == again)))
    both = np.nonzero(rejected & again)[0]
    reasons = verdict.reasons.take(pa.array(np.searchsorted(rejected_rows, rows[both])))
    for index, found in zip(both, reasons.to_pylist(), strict=True):
        wrong += {(item["column"], item["type"]) for item in found} != expected[index]
    same = np.nonzero(accepted & ~again)[0]
    released = verdict.accepted.take(pa.array(np.searchsorted(accepted_rows, rows[same])))
    differ = np.zeros(len(same), np.bool_)
    for field, column, array in zip(shape.fields, released.columns, values, strict=True):
        if not field.default_factory:
            differ |= _unequal(column, array.take(pa.array(same)))
    return wrong + int(np.count_nonzero(differ))


def _unequal(left: pa.Array, right: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which values differ; floats by their bits."""
    if left.equals(right):
        return np.zeros(len(left), np.bool_)
    pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
    return np.array([repr(one) != repr(two) for one, two in pairs], np.bool_)
