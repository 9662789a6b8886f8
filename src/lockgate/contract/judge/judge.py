"""The judge of one contract in one mode: raw batch in, verdict out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from lockgate.contract.arrow_types import held_as
from lockgate.contract.batches import REASONS_TYPE, RawBatch, Verdict
from lockgate.contract.core_fields import read_model
from lockgate.contract.judge.audit import audit_rows
from lockgate.contract.judge.column_judge import ColumnJudge, patched
from lockgate.contract.judge.decision import Decision
from lockgate.contract.judge.json_lines import JsonLines, supports
from lockgate.contract.judge.native_rules import AskedTogether, Known, Whole
from lockgate.contract.judge.outcome import (
    ColumnVerdict,
    Rejection,
    reasons_array,
    rejected_mask,
    settle,
)
from lockgate.contract.judge.python_values import Rows, nulls, plain
from lockgate.contract.judge.readable import readable
from lockgate.contract.judge.row_judge import RowJudge
from lockgate.contract.model import Contract, Exactness, Mode
from lockgate.contract.reasons import Reason
from lockgate.errors import IntegrityError
from lockgate.kernel.judging import Asking, native
from lockgate.limits import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How much of a column's rule is decided on whole columns, in words."""

    name: str
    exactness: Exactness
    how: str


class Judge:
    """Pydantic's verdict on batches. Holds no state between calls: safe from several threads.

    ``find_native`` gives the native kernel's part in it, or None for the portable rules.
    """

    def __init__(
        self,
        contract: Contract,
        mode: Mode,
        limits: Limits = DEFAULT_LIMITS,
        find_native: Callable[[], Asking | None] = native,
    ) -> None:
        self.contract = contract
        self.mode = mode
        self._limits = limits
        self._schema = contract.schema
        self._shape = read_model(contract.model)
        held = [
            held_as(contract.model.model_fields[shape.name].annotation, shape.leaf)
            for shape in self._shape.fields
        ]
        self._rows = RowJudge(contract, self._shape.fields, held, mode)
        self._native = kernel = find_native()
        self._fields = tuple(
            ColumnJudge(self._shape, shape, item, mode, kernel)
            for shape, item in zip(self._shape.fields, held, strict=True)
        )
        by_column = mode is not Mode.JSON and not self._shape.whole_row
        by_column = by_column and not self._shape.after_fields
        self._together = None if kernel is None else self._asked_together(kernel, by_column)
        self._wanted = {shape.key for shape in self._shape.fields} if by_column else None
        self._json: JsonLines | None = None
        if mode is Mode.JSON and supports(self._shape, self._fields):
            self._json = JsonLines(self._shape, self._fields)

    def judge(self, raw: RawBatch) -> Verdict:
        """Judge every row.

        Raises IntegrityError if the batch is of another mode, LimitExceeded if its values
        grow too large, SourceError if a column cannot be read, ContractError if a
        validator ends the process.
        """
        if raw.mode is not self.mode:
            raise IntegrityError("the batch is of another mode than the judge")
        rows = readable(raw.rows, self._wanted, self._limits)
        if self._shape.whole_row or (self.mode is Mode.JSON and self._json is None):
            values, rejections = self._whole(rows, np.arange(rows.num_rows))
        elif self._json is not None:
            values, rejections = self._lines(rows, self._json)
        else:
            verdict, known = self._ask_natively(rows)
            if verdict is not None:
                return verdict
            values, rejections = self._columns(rows, known)
        return self._verdict(raw.rows.num_rows, values, rejections)

    def explain(self) -> tuple[ColumnRule, ...]:
        """For each column, whether its rule is exact, accept-only or fallback, and how."""
        return tuple(self._explain(judge) for judge in self._fields)

    def _explain(self, judge: ColumnJudge) -> ColumnRule:
        name, why = judge.shape.key, self._shape.whole_row
        if why:
            return ColumnRule(name, Exactness.FALLBACK, f"row by row, because {why}")
        if judge.rule is None:
            return ColumnRule(name, Exactness.FALLBACK, "distinct values go to Pydantic")
        how = judge.rule.how
        if self._shape.after_fields:
            how += f"; accepted rows again by Pydantic, because {self._shape.after_fields}"
        return ColumnRule(name, judge.rule.exactness, how)

    def audit(
        self, raw: RawBatch, verdict: Verdict, sample: float, seed: int, *, certain: bool = True
    ) -> int:
        """Judge a random share of the rows again by plain Pydantic; the number looked at.

        Few rows are drawn from some batches only, unless ``certain`` asks for this one. Raises
        IntegrityError if any verdict, reason or value differs.
        """
        rows = readable(raw.rows, self._wanted, self._limits)
        given = replace(raw, rows=rows)
        most = self._limits.reasons_per_row
        return audit_rows(self._rows, self._shape, given, verdict, sample, seed, certain, most)

    def _whole(
        self, batch: pa.RecordBatch, rows: Rows
    ) -> tuple[list[pa.Array], tuple[Rejection, ...]]:
        values, rejections = self._rows.judge(self._rows.rows(batch, rows), batch.schema.names)
        return values, tuple(Rejection(rows[r.rows], r.reasons) for r in rejections)

    def _lines(
        self, batch: pa.RecordBatch, parser: JsonLines
    ) -> tuple[list[pa.Array], tuple[Rejection, ...]]:
        """Lines that parse as columns are judged as columns, the others by the model."""
        blocks, left = parser.parse(plain(batch.column(0)))
        places: list[Rows] = []
        parts: list[list[pa.Array]] = []
        rejections: list[Rejection] = []
        for block in blocks:
            typed = pa.RecordBatch.from_arrays(block.columns, names=self.contract.names)
            again = batch.take(pa.array(block.rows)) if self._shape.after_fields else None
            _, known = self._ask_natively(typed)
            values, found = self._columns(typed, known, lines=again)
            places.append(block.rows)
            parts.append(values)
            rejections += [Rejection(block.rows[r.rows], r.reasons, r.held) for r in found]
        if len(left):
            values, found = self._whole(batch, left)
            places.append(left)
            parts.append(values)
            rejections += found
        return _in_order(batch.num_rows, places, parts, self._schema), tuple(rejections)

    def _asked_together(self, kernel: Asking, by_column: bool) -> AskedTogether:
        """The columns' native rules; they can settle a batch if columns are all there is to it."""
        fields = {field.shape.key: field for field in self._fields}
        asked = {name: field.asked for name, field in fields.items()}
        rules = {name: rule for name, rule in asked.items() if rule is not None}
        if not by_column:
            return AskedTogether(kernel, rules)
        closed, most = self._shape.extra == "forbid", self._limits.reasons_per_row
        whole = Whole(self._schema, lambda name: fields[name].nulls, closed, most)
        return AskedTogether(kernel, rules, whole)

    def _ask_natively(self, batch: pa.RecordBatch) -> tuple[Verdict | None, Known]:
        return (None, {}) if self._together is None else self._together(batch)

    def _columns(
        self, batch: pa.RecordBatch, known: Known, lines: pa.RecordBatch | None = None
    ) -> tuple[list[pa.Array], tuple[Rejection, ...]]:
        """Judge column by column; ``lines`` are the JSON lines that the columns came of."""
        values: list[pa.Array] = []
        rejections: list[Rejection] = []
        for field in self._fields:
            decision = known.get(field.shape.key)
            if decision is None and field.shape.key in known:
                column = batch.column(field.shape.key)
                if not column.null_count:
                    values.append(column)
                    continue
                decision = Decision(column)
            verdict = self._column(batch, field, decision)
            values.append(verdict.values)
            rejections.extend(verdict.rejections)
        rejections.extend(self._extra(batch))
        if self._shape.after_fields:
            source = batch if lines is None else lines
            values, more = self._again(source, values, rejections)
            rejections.extend(more)
        return values, tuple(rejections)

    def _column(
        self, batch: pa.RecordBatch, judge: ColumnJudge, decision: Decision | None
    ) -> ColumnVerdict:
        index = batch.schema.get_field_index(judge.shape.key)
        if index < 0:
            return judge.missing(batch.num_rows)
        return judge.judge(batch.column(index), decision)

    def _extra(self, batch: pa.RecordBatch) -> tuple[Rejection, ...]:
        known = {shape.key for shape in self._shape.fields}
        if self._shape.extra != "forbid" or known.issuperset(batch.schema.names):
            return ()
        reason: tuple[Reason, ...] = (("", "extra_forbidden"),)
        if self.mode is Mode.PYTHON:
            return (Rejection(np.arange(batch.num_rows), reason),)
        there = np.zeros(batch.num_rows, np.bool_)
        for name in set(batch.schema.names) - known:
            there |= ~nulls(batch.column(name))
        return (Rejection(np.nonzero(there)[0], reason),)

    def _again(
        self, batch: pa.RecordBatch, values: list[pa.Array], rejections: list[Rejection]
    ) -> tuple[list[pa.Array], tuple[Rejection, ...]]:
        """Rows whose fields are all accepted go to the model: a validator wants to see them."""
        rejected = rejected_mask(batch.num_rows, rejections)
        rows = np.nonzero(~rejected)[0]
        judged, more = self._whole(batch, rows)
        merged = [
            patched(old, [], [(rows, ColumnVerdict(new))]).values
            for new, old in zip(judged, values, strict=True)
        ]
        return merged, more

    def _verdict(
        self, count: int, values: list[pa.Array], rejections: tuple[Rejection, ...]
    ) -> Verdict:
        rejections = tuple(found for found in settle(count, rejections) if len(found.rows))
        accepted = pa.RecordBatch.from_arrays(values, schema=self._schema)
        if not rejections:
            return Verdict(accepted, pa.array([], pa.int64()), pa.array([], REASONS_TYPE))
        rejected = rejected_mask(count, rejections)
        rows = np.nonzero(rejected)[0]
        rejected_rows = pa.array(rows, pa.int64())
        if self._native is None:
            accepted = accepted.filter(pa.array(~rejected))
        else:
            accepted = self._native.without(accepted, rejected_rows)
        reasons = reasons_array(rows, rejections, self._limits.reasons_per_row)
        return Verdict(accepted, rejected_rows, reasons)


def _in_order(
    count: int, places: list[Rows], parts: list[list[pa.Array]], schema: pa.Schema
) -> list[pa.Array]:
    """Columns of parts of the rows as columns of all rows."""
    if not parts:
        return [pa.array([], field.type) for field in schema]
    if len(parts) == 1:
        return parts[0]
    back = np.empty(count, np.int64)
    back[np.concatenate(places)] = np.arange(count)
    order = pa.array(back)
    return [pa.concat_arrays(arrays).take(order) for arrays in zip(*parts, strict=True)]
