"""Judging a sample again by plain Pydantic, to prove the columnar verdict on real data."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from lockgate.contract.batches import RawBatch, Verdict
from lockgate.contract.core_fields import ModelShape
from lockgate.contract.judge.outcome import rejected_mask
from lockgate.contract.judge.python_values import Rows
from lockgate.contract.judge.row_judge import RowJudge
from lockgate.contract.reasons import Reason
from lockgate.errors import IntegrityError

TOGETHER: Final = 32
"""Rows that are drawn from a batch at once, on average, if any are."""


def audit_rows(
    judge: RowJudge,
    shape: ModelShape,
    raw: RawBatch,
    verdict: Verdict,
    sample: float,
    seed: int,
    certain: bool,
    most_reasons: int,
) -> int:
    """Compare ``sample`` (a share, 0 to 1) of the rows; returns how many were compared.

    A batch is looked at for ``certain``, or else as often as makes that share of all rows.

    Columns whose default is made by a factory are compared by verdict only: a
    factory may give another value each time. A verdict tells ``most_reasons`` a row at most.
    Raises IntegrityError on any difference.
    """
    count = raw.rows.num_rows
    rows = _drawn(count, sample, np.random.default_rng(seed), certain)
    if verdict.accepted.num_rows + len(verdict.rejected_rows) != count:
        raise _difference(count, count)
    if not len(rows):
        return 0
    values, rejections = judge.judge(judge.rows(raw.rows, rows), raw.rows.schema.names)
    again = rejected_mask(len(rows), rejections)
    expected: list[set[Reason]] = [set() for _ in rows]
    for rejection in rejections:
        for index in rejection.rows:
            expected[index].update(rejection.reasons)
    wrong = _differences(shape, rows, verdict, values, again, expected, most_reasons)
    if wrong:
        raise _difference(wrong, len(rows))
    return len(rows)


def _drawn(count: int, sample: float, random: np.random.Generator, certain: bool) -> Rows:
    """Rows, rising, each of them with probability ``sample`` or, if ``certain``, a higher one.

    Few rows cost as much to prepare as many: rather than a few of every batch, TOGETHER of some
    batches are drawn. In a batch that is drawn, rows are independent of each other.
    """
    share = max(sample, min(1.0, TOGETHER / max(count, 1))) if sample > 0 else 0.0
    if not share or (not certain and random.random() >= sample / share):
        return np.zeros(0, np.int64)
    # As many as rows chosen one by one would be, and any so many as likely as any others.
    several = random.binomial(count, share)
    rows: Rows = np.sort(random.choice(count, several, replace=False, shuffle=False))
    return rows


def _difference(wrong: int, rows: int) -> IntegrityError:
    return IntegrityError(
        f"{wrong} of {rows} audited rows were judged otherwise than by Pydantic",
        hint="nothing may be released; report this as a defect of the judge",
    )


def _differences(
    shape: ModelShape,
    rows: Rows,
    verdict: Verdict,
    values: list[pa.Array],
    again: np.ndarray[tuple[int], np.dtype[np.bool_]],
    expected: list[set[Reason]],
    most_reasons: int,
) -> int:
    rejected_rows = verdict.rejected_rows.to_numpy(zero_copy_only=False)
    before = np.searchsorted(rejected_rows, rows)  # rejected rows in front of each
    rejected = np.searchsorted(rejected_rows, rows, side="right") > before
    wrong = int(np.count_nonzero(rejected != again))
    both = np.nonzero(rejected & again)[0]
    reasons = verdict.reasons.take(pa.array(before[both]))
    for index, found in zip(both, reasons.to_pylist(), strict=True):
        told = {(item["column"], item["type"]) for item in found}
        cut = len(found) == most_reasons  # then it may have more that are not told
        wrong += not (told <= expected[index] if cut else told == expected[index])
    same = np.nonzero(~rejected & ~again)[0]
    released = verdict.accepted.take(pa.array(rows[same] - before[same]))
    differ = np.zeros(len(same), np.bool_)
    taken = None if len(same) == len(rows) else pa.array(same)
    for field, column, array in zip(shape.fields, released.columns, values, strict=True):
        if not field.default_factory:
            differ |= _unequal(column, array if taken is None else array.take(taken))
    return wrong + int(np.count_nonzero(differ))


def _unequal(left: pa.Array, right: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which values differ; floats by their bits."""
    if left.equals(right):
        return np.zeros(len(left), np.bool_)
    pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
    return np.array([repr(one) != repr(two) for one, two in pairs], np.bool_)
