"""What became of rows: coerced values, and rejections with their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from lockgate.contract.arrow_types import Held, TimezoneLost
from lockgate.contract.batches import REASONS_TYPE
from lockgate.contract.judge.python_values import Bools, Rows
from lockgate.contract.reasons import OVERFLOW, TIMEZONE, Reason

_CANNOT_HOLD = (TypeError, ValueError, OverflowError, AttributeError, pa.ArrowException)
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Rows rejected for the same reasons.

    Not ``held``: Pydantic would accept, but Arrow cannot hold the value. That counts
    only for a row that nothing else rejects.
    """

    rows: Rows
    reasons: tuple[Reason, ...]
    held: bool = True


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """One column's answer: ``values`` hold where no rejection names the row."""

    values: pa.Array
    rejections: tuple[Rejection, ...] = ()


def hold(values: Sequence[Any], held: Held, column: str) -> tuple[pa.Array, dict[int, Reason]]:
    """Accepted Python values in the column's Arrow type.

    Returns the array (null where a value could not be held) and the reason by
    index for those: ``overflow``, or ``timezone_naive`` for a zone that would be lost.
    """
    try:
        return pa.array([held.ready(value) for value in values], held.arrow_type), {}
    except _CANNOT_HOLD:
        return _hold_one_by_one(values, held, column)


def _hold_one_by_one(
    values: Sequence[Any], held: Held, column: str
) -> tuple[pa.Array, dict[int, Reason]]:
    ready: list[Any] = []
    lost: dict[int, Reason] = {}
    for index, value in enumerate(values):
        item = None
        try:
            item = held.ready(value)
            pa.array([item], held.arrow_type)
        except TimezoneLost:
            item, lost[index] = None, (column, TIMEZONE)
        except _CANNOT_HOLD:
            item, lost[index] = None, (column, OVERFLOW)
        ready.append(item)
    return pa.array(ready, held.arrow_type), lost


def group(rows: Rows, reasons: Sequence[tuple[Reason, ...] | None]) -> tuple[Rejection, ...]:
    """Rejections of ``rows`` by their reasons; None is accepted."""
    together: dict[tuple[Reason, ...], list[int]] = {}
    for index, found in enumerate(reasons):
        if found is not None:
            together.setdefault(found, []).append(index)
    return tuple(
        Rejection(rows[np.array(places, np.int64)], found) for found, places in together.items()
    )


def rejected_mask(count: int, rejections: Sequence[Rejection]) -> Bools:
    """Which of ``count`` rows are named by a rejection."""
    mask = np.zeros(count, np.bool_)
    for rejection in rejections:
        mask[rejection.rows] = True
    return mask


def settle(count: int, rejections: Sequence[Rejection]) -> tuple[Rejection, ...]:
    """Keep rejections for what Arrow cannot hold only where no other rejection is."""
    if all(rejection.held for rejection in rejections):
        return tuple(rejections)
    real = [rejection for rejection in rejections if rejection.held]
    mask = rejected_mask(count, real)
    for rejection in rejections:
        if not rejection.held:
            rows = rejection.rows[~mask[rejection.rows]]
            if len(rows):
                real.append(Rejection(rows, rejection.reasons, held=False))
    return tuple(real)


def reasons_array(rejected: Rows, rejections: Sequence[Rejection], limit: int) -> pa.ListArray:
    """One list of reasons a rejected row, in the order the rejections come, at most ``limit``."""
    if not len(rejected):
        return pa.array([], REASONS_TYPE)
    vocabulary: dict[Reason, int] = {}
    rows: list[Rows] = []
    codes: list[Rows] = []
    for rejection in rejections:
        for reason in dict.fromkeys(rejection.reasons):
            number = vocabulary.setdefault(reason, len(vocabulary))
            rows.append(rejection.rows)
            codes.append(np.full(len(rejection.rows), number, np.int64))
    row, code = np.concatenate(rows), np.concatenate(codes)
    order = np.argsort(row, kind="stable")
    row, code = row[order], code[order]
    if len(row) == len(rejected) and limit > 0:  # one each, as most have
        offsets = np.arange(len(row) + 1, dtype=np.int32)
    else:
        row, code = _first_ones(row, code, rejected, limit)
        offsets = np.append(np.searchsorted(row, rejected, side="left"), len(row)).astype(np.int32)
    known = list(vocabulary)
    texts = [pa.array([reason[part] for reason in known], pa.string()) for part in (0, 1)]
    parts = [text.take(pa.array(code)) for text in texts]
    structs = pa.StructArray.from_arrays(parts, fields=list(REASONS_TYPE.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), structs, type=REASONS_TYPE)


def _first_ones(row: Rows, code: Rows, rejected: Rows, limit: int) -> tuple[Rows, Rows]:
    """At most ``limit`` reasons a row, none twice."""
    row, code = _without_repeats(row, code)
    starts = np.searchsorted(row, rejected, side="left")
    position = np.arange(len(row)) - starts[np.searchsorted(rejected, row)]
    return row[position < limit], code[position < limit]


def _without_repeats(row: Rows, code: Rows) -> tuple[Rows, Rows]:
    """Drop a (row, reason) that came before; rows are sorted, order within one is kept."""
    key = row * (int(code.max()) + 1) + code
    _, first = np.unique(key, return_index=True)
    first.sort()
    return row[first], code[first]
