"""One column: what the rule decides on the whole column, and Pydantic on the distinct rest."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lockgate.contract.arrow_types import Held
from lockgate.contract.core_fields import FieldShape, ModelShape
from lockgate.contract.judge.compile_rule import compile_rule
from lockgate.contract.judge.decision import Decision
from lockgate.contract.judge.field_judge import FieldJudge
from lockgate.contract.judge.outcome import ColumnVerdict, Rejection
from lockgate.contract.judge.python_values import Bools, Rows, nulls, plain
from lockgate.contract.model import Mode


class ColumnJudge:
    """The verdict on a column, as Pydantic gives it value by value."""

    def __init__(self, model: ModelShape, shape: FieldShape, held: Held, mode: Mode) -> None:
        self.shape = shape
        self.held = held
        self.rule = compile_rule(shape.leaf, held, mode, model.config)
        self._field = FieldJudge(model, shape, held, mode)

    def missing(self, rows: int) -> ColumnVerdict:
        """The verdict on a batch that lacks the column."""
        return self._field.judge_missing(rows)

    def judge(self, column: pa.Array, leave_nulls: bool = False) -> ColumnVerdict:
        """The verdict on a column; with ``leave_nulls`` its nulls are judged elsewhere."""
        array = plain(column)
        empty = nulls(array)
        decision = self.rule.decide(array) if self.rule is not None else None
        if decision is None:
            values = pa.nulls(len(array), self.held.arrow_type)
            decision = Decision(values, np.zeros(len(array), np.bool_))
        rejections = self._rejections(decision)
        decided = decision.accepted | empty
        for _, mask in decision.rejected:
            decided |= mask
        patches: list[tuple[Rows, ColumnVerdict]] = []
        rest = np.nonzero(~decided)[0]
        if len(rest):
            patches.append((rest, self._field.judge(array.take(pa.array(rest)))))
        if not leave_nulls and empty.any():
            rows = np.nonzero(empty)[0]
            patches.append((rows, self._field.judge_null(len(rows))))
        return patched(decision.values, rejections, patches, empty)

    def _rejections(self, decision: Decision) -> list[Rejection]:
        return [
            Rejection(np.nonzero(mask)[0], ((self.shape.key, kind),))
            for kind, mask in decision.rejected
            if mask.any()
        ]


def patched(
    values: pa.Array,
    rejections: list[Rejection],
    patches: list[tuple[Rows, ColumnVerdict]],
    empty: Bools,
) -> ColumnVerdict:
    """A verdict whose rows named by patches are the patches' own.

    ``empty`` rows are null in ``values``; a patch that leaves them null changes nothing.
    """
    place = np.arange(len(values), dtype=np.int64)
    sources = [values]
    used = len(values)
    for rows, verdict in patches:
        rejections += [Rejection(rows[r.rows], r.reasons, r.held) for r in verdict.rejections]
        if verdict.values.null_count == len(rows) and empty[rows].all():
            continue
        sources.append(verdict.values)
        place[rows] = used + np.arange(len(rows))
        used += len(rows)
    if len(sources) > 1:
        values = pa.concat_arrays(sources).take(pa.array(place))
    return ColumnVerdict(values, tuple(rejections))
