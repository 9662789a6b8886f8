"""The exact way: whole rows through the model itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from lockgate.contract.arrow_types import Held
from lockgate.contract.core_fields import FieldShape, validator_with_null_cells
from lockgate.contract.judge.outcome import Rejection, group, hold
from lockgate.contract.judge.python_values import UNREPRESENTABLE, Rows, plain, to_python
from lockgate.contract.model import Contract, Mode
from lockgate.contract.reasons import OVERFLOW, Reason, reasons_of, validator_left


class RowJudge:
    """Calls the model once a row."""

    def __init__(
        self, contract: Contract, fields: Sequence[FieldShape], held: Sequence[Held], mode: Mode
    ) -> None:
        self._fields = tuple(fields)
        self._held = tuple(held)
        self._mode = mode
        self._model = contract.model
        self._validate = _validator(contract.model, mode)
        self._text_validators: dict[frozenset[str], Callable[[Any], Any]] = {}
        self._columns = {shape.name: shape.key for shape in fields} | {
            shape.key: shape.key for shape in fields
        }

    def judge(
        self, inputs: Sequence[Any], columns: Sequence[str] = ()
    ) -> tuple[list[pa.Array], tuple[Rejection, ...]]:
        """Values a column and rejections (rows are indices into ``inputs``).

        ``columns`` are those the batch has: the others are missing, not empty.
        """
        validate = self._validate_text(frozenset(columns))
        reasons: list[tuple[Reason, ...] | None] = []
        values: list[list[Any]] = [[] for _ in self._fields]
        for item in inputs:
            row, found = self._judge_one(item, validate)
            reasons.append(found)
            for column, value in zip(values, row, strict=True):
                column.append(value)
        arrays: list[pa.Array] = []
        for shape, held, column in zip(self._fields, self._held, values, strict=True):
            array, lost = hold(column, held, shape.key)
            arrays.append(array)
            for place, reason in lost.items():
                reasons[place] = (*(reasons[place] or ()), reason)
        return arrays, group(np.arange(len(inputs), dtype=np.int64), reasons)

    def _judge_one(
        self, item: Any, validate: Callable[[Any], Any]
    ) -> tuple[list[Any], tuple[Reason, ...] | None]:
        nothing = [None] * len(self._fields)
        lost = self._unrepresentable(item)
        try:
            model = validate(item)
            if not isinstance(model, self._model):
                raise TypeError("a validator replaced the row")
            if lost:
                return nothing, tuple((column, OVERFLOW) for column in lost)
            return [getattr(model, shape.name) for shape in self._fields], None
        except Exception as error:  # noqa: BLE001  # whatever a validator raises denies the row
            found = reasons_of(error, self._columns)
            if lost:
                found = tuple(reason for reason in found if reason[0] not in lost) or tuple(
                    (column, OVERFLOW) for column in lost
                )
            return nothing, found
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001  # its text may hold a value: raised outside, without it
            left = validator_left()
        raise left

    def _validate_text(self, columns: frozenset[str]) -> Callable[[Any], Any]:
        """The validator for rows of a batch with these columns."""
        if self._mode is not Mode.STRINGS:
            return self._validate
        names = frozenset(
            shape.name
            for shape in self._fields
            if shape.nullable and not shape.has_default and shape.key in columns
        )
        if not names:
            return self._validate
        if names not in self._text_validators:  # two threads may both build it: the same
            built = validator_with_null_cells(self._model, names)
            self._text_validators[names] = built.validate_strings
        return self._text_validators[names]

    def _unrepresentable(self, item: Any) -> list[str]:
        """Columns whose value no Python object holds; a row with one is never accepted."""
        if self._mode is not Mode.PYTHON:
            return []
        return [key for key, value in item.items() if value is UNREPRESENTABLE]

    def rows(self, batch: pa.RecordBatch, rows: Rows) -> list[Any]:
        """The inputs of these rows: mappings, or the JSON lines."""
        taken = batch.take(pa.array(rows))
        columns = [to_python(plain(column)) for column in taken.columns]
        if self._mode is Mode.JSON:
            return [line or "" for line in columns[0]]
        if self._mode is Mode.PYTHON:
            return [
                dict(zip(batch.schema.names, row, strict=True))
                for row in zip(*columns, strict=True)
            ]
        return [_given(batch.schema.names, row) for row in zip(*columns, strict=True)]


def _given(names: Sequence[str], row: Sequence[Any]) -> Mapping[str, Any]:
    """A text row as a mapping; an empty cell is left out."""
    return {name: value for name, value in zip(names, row, strict=True) if value is not None}


def _validator(model: type[BaseModel], mode: Mode) -> Callable[[Any], Any]:
    if mode is Mode.STRINGS:
        return model.model_validate_strings
    if mode is Mode.JSON:
        return model.model_validate_json
    return model.model_validate
