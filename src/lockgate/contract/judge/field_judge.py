"""Pydantic's own verdict on distinct values of one field."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from lockgate.contract.arrow_types import Held
from lockgate.contract.core_fields import FieldShape, ModelShape
from lockgate.contract.judge.outcome import ColumnVerdict, Rejection, group, hold
from lockgate.contract.judge.python_values import UNREPRESENTABLE, Rows, distinct, to_python
from lockgate.contract.model import Mode
from lockgate.contract.reasons import OVERFLOW, Reason, reasons_of, validator_left


class FieldJudge:
    """One field as a row of its own: defaults, aliases and nulls mean what they mean in the model.

    A validator is called once a distinct value of a batch, not once a row.
    """

    def __init__(self, model: ModelShape, shape: FieldShape, held: Held, mode: Mode) -> None:
        self.shape = shape
        self.held = held
        self._mode = mode
        self._validator = model.field_validator(shape)
        self._columns = {shape.name: shape.key, shape.key: shape.key}
        self._overflow: tuple[Reason, ...] = ((shape.key, OVERFLOW),)

    def judge(self, values: pa.Array) -> ColumnVerdict:
        """Verdict on values without nulls (rows are indices into ``values``)."""
        uniques, indices = distinct(values)
        answers = [self._answer(value) for value in to_python(uniques)]
        return self._spread(answers, indices)

    def judge_null(self, rows: int) -> ColumnVerdict:
        """Verdict on ``rows`` nulls: left out or None, as the mode says."""
        if self._mode is Mode.STRINGS and (self.shape.has_default or not self.shape.nullable):
            return self.judge_missing(rows)
        # Strings mode has no null: None is judged as the Python object.
        answer = self._check({self.shape.key: None}, python=self._mode is Mode.STRINGS)
        return self._spread([answer], np.zeros(rows, np.int64))

    def judge_missing(self, rows: int) -> ColumnVerdict:
        """Verdict on ``rows`` rows without this field. A default factory is called once a row."""
        if self.shape.default_factory:
            answers = [self._check({}) for _ in range(rows)]
            return self._spread(answers, np.arange(rows, dtype=np.int64))
        return self._spread([self._check({})], np.zeros(rows, np.int64))

    def _answer(self, value: Any) -> tuple[Any, tuple[Reason, ...] | None]:
        if value is UNREPRESENTABLE:
            return None, self._overflow
        return self._check({self.shape.key: value})

    def _check(
        self, row: dict[str, Any], *, python: bool = False
    ) -> tuple[Any, tuple[Reason, ...] | None]:
        try:
            return self._validate(row, python=python)[self.shape.name], None
        except Exception as error:  # noqa: BLE001  # whatever a validator raises denies the value
            return None, reasons_of(error, self._columns)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001  # its text may hold a value: raised outside, without it
            left = validator_left()
        raise left

    def _validate(self, row: dict[str, Any], *, python: bool) -> dict[str, Any]:
        if python or self._mode is Mode.PYTHON:
            result = self._validator.validate_python(row)
        elif self._mode is Mode.STRINGS:
            result = self._validator.validate_strings(row)
        else:
            result = self._validator.validate_json(json.dumps(row))
        fields: dict[str, Any] = result[0]
        return fields

    def _spread(
        self, answers: list[tuple[Any, tuple[Reason, ...] | None]], indices: Rows
    ) -> ColumnVerdict:
        """Answers on distinct values back to the rows that have them."""
        reasons = [reason for _, reason in answers]
        values, lost = hold([value for value, _ in answers], self.held, self.shape.key)
        unheld = [
            (lost[place],) if place in lost and reasons[place] is None else None
            for place in range(len(answers))
        ]
        rejections: list[Rejection] = []
        for found, held in ((reasons, True), (unheld, False)):
            for rejection in group(np.arange(len(answers), dtype=np.int64), found):
                among = np.zeros(len(answers), np.bool_)
                among[rejection.rows] = True
                rows = np.nonzero(among[indices])[0]
                if len(rows):
                    kept = held and rejection.reasons != self._overflow
                    rejections.append(Rejection(rows, rejection.reasons, kept))
        return ColumnVerdict(values.take(pa.array(indices)), tuple(rejections))
