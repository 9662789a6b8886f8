"""One column: what the rule decides on the whole column, and Pydantic on the distinct rest."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lockgate.contract.arrow_types import Held
from lockgate.contract.core_fields import FieldShape, ModelShape
from lockgate.contract.judge.compile_rule import compile_rule
from lockgate.contract.judge.decision import Decision
from lockgate.contract.judge.field_judge import FieldJudge
from lockgate.contract.judge.native_rules import Asked
from lockgate.contract.judge.outcome import ColumnVerdict, Rejection, rejected_mask
from lockgate.contract.judge.python_values import Rows, nulls, plain
from lockgate.contract.model import Mode
from lockgate.errors import KernelError
from lockgate.kernel.judging import Asking


class ColumnJudge:
    """The verdict on a column, as Pydantic gives it value by value."""

    def __init__(
        self,
        model: ModelShape,
        shape: FieldShape,
        held: Held,
        mode: Mode,
        native: Asking | None = None,
    ) -> None:
        self.shape = shape
        self.held = held
        self.rule = compile_rule(shape.leaf, held, mode, model.config, native)
        self._field = FieldJudge(model, shape, held, mode)
        self._native = native
        self._null: ColumnVerdict | None = None

    @property
    def asked(self) -> Asked | None:
        """The native rule that decides, if one does."""
        decide = None if self.rule is None else self.rule.decide
        return decide if isinstance(decide, Asked) else None

    @property
    def nulls(self) -> str | None:
        """What its null rows are: None if they stay null, the one error's type, or "".

        "" is for what takes more to say, such as a default.
        """
        if self.rule is None or self.shape.default_factory:
            return ""
        one = self._null_verdict()
        if not one.rejections:
            return None if one.values.null_count else ""
        kinds = [kind for r in one.rejections for name, kind in r.reasons if name == self.shape.key]
        plain = len(one.rejections) == 1 and one.rejections[0].held
        return kinds[0] if plain and len(kinds) == len(one.rejections[0].reasons) == 1 else ""

    def missing(self, rows: int) -> ColumnVerdict:
        """The verdict on a batch that lacks the column."""
        return self._field.judge_missing(rows)

    def judge(self, column: pa.Array, decision: Decision | None = None) -> ColumnVerdict:
        """The verdict on a column; ``decision`` is what its rule says, if that was asked."""
        array = plain(column)
        if decision is None and self.rule is not None:
            decision = self.rule.decide(array)
        if decision is None:
            values = pa.nulls(len(array), self.held.arrow_type)
            decision = Decision(values, np.nonzero(~nulls(array))[0])
        rejections = [
            Rejection(rows, ((self.shape.key, kind),)) for kind, rows in decision.rejected
        ]
        patches: list[tuple[Rows, ColumnVerdict]] = []
        rest = decision.undecided
        if len(rest):
            there = array if len(rest) == len(array) else array.take(pa.array(rest))
            patches.append((rest, self._ask(there)))
        if array.null_count:
            found, more = self._nulls(array)
            rejections += found
            patches += more
        return patched(decision.values, rejections, patches, self._native)

    def _ask(self, values: pa.Array) -> ColumnVerdict:
        if self.rule is None or self.rule.ask is None or values.type != pa.string():
            return self._field.judge(values)
        return self.rule.ask(values, self._field.judge)

    def _nulls(self, array: pa.Array) -> tuple[list[Rejection], list[tuple[Rows, ColumnVerdict]]]:
        """The verdict on null rows: all rejected, or patches, or nothing if they stay null."""
        if self.shape.default_factory:
            rows = self._null_rows(array)
            return [], [(rows, self._field.judge_null(len(rows)))]
        one = self._null_verdict()
        if not one.rejections and one.values.null_count:
            return [], []
        rows = self._null_rows(array)
        if one.rejections:
            return [Rejection(rows, r.reasons, r.held) for r in one.rejections], []
        same = one.values.take(pa.array(np.zeros(len(rows), np.int64)))
        return [], [(rows, ColumnVerdict(same))]

    def _null_verdict(self) -> ColumnVerdict:
        """Pydantic's verdict on one null. A field with a rule has no code in it: asked once."""
        if self.rule is None:
            return self._field.judge_null(1)
        if self._null is None:  # two threads may both ask: the same
            self._null = self._field.judge_null(1)
        return self._null

    def _null_rows(self, array: pa.Array) -> Rows:
        if self._native is None or pa.types.is_null(array.type):
            return np.nonzero(nulls(array))[0]
        try:
            rows: Rows = self._native.null_rows(array).to_numpy()
        except KernelError:  # a type that no rule takes
            return np.nonzero(nulls(array))[0]
        return rows


def patched(
    values: pa.Array,
    rejections: list[Rejection],
    patches: list[tuple[Rows, ColumnVerdict]],
    native: Asking | None = None,
) -> ColumnVerdict:
    """A verdict whose rows named by patches are the patches' own."""
    for rows, verdict in patches:
        rejections += [Rejection(rows[r.rows], r.reasons, r.held) for r in verdict.rejections]
        values = _replaced(values, rows, verdict, native)
    return ColumnVerdict(values, tuple(rejections))


def _replaced(
    values: pa.Array, rows: Rows, verdict: ColumnVerdict, native: Asking | None
) -> pa.Array:
    """The values with a patch's own in its rows, as far as these are accepted and differ."""
    new = verdict.values
    if len(rows) == len(values):
        return new
    if verdict.rejections:
        kept = np.nonzero(~rejected_mask(len(rows), verdict.rejections))[0]
        rows, new = rows[kept], new.take(pa.array(kept))
    if not len(rows) or _same(values.take(pa.array(rows)), new):
        return values
    if native is not None and values.type == pa.string():
        return native.replaced(values, pa.array(rows), new)
    place = np.arange(len(values), dtype=np.int64)
    place[rows] = len(values) + np.arange(len(rows))
    return pa.concat_arrays([values, new]).take(pa.array(place))


def _same(left: pa.Array, right: pa.Array) -> bool:
    """Whether all values are the same; floats by their bits."""
    if pa.types.is_floating(left.type):
        left, right = left.view(pa.int64()), right.view(pa.int64())
    return bool(left.equals(right))
