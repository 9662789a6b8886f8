"""Frames under ``@lockgate.validated``: judged column by column."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from lockgate.assemble.frames import alone, like, to_table
from lockgate.assemble.validating import RejectedRow
from lockgate.contract.batches import RawBatch, RowPositions
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Mode
from lockgate.errors import UsageError
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.rejected import plain_layout

_NAME = "validated"


class FrameJudge:
    """A model as a contract, for frames. Raises ContractError for what is no table's row."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._contract = compile_model(model, id=_NAME, name=model.__name__)
        self._judge = Judge(self._contract, Mode.PYTHON)

    def judge(self, frame: Any) -> tuple[Any, list[RejectedRow]]:
        """Accepted rows, as the kind of frame that was given, and the others.

        Raises UsageError for a frame with other columns than the model's.
        """
        table = to_table(frame)
        known = set(self._contract.names)
        needed = {column.name for column in self._contract.columns if column.required}
        names = table.column_names
        if not needed <= set(names) <= known or len(set(names)) != len(names):
            raise UsageError(
                "the frame's columns are not the model's",
                hint=f"its columns are {', '.join(self._contract.names)}",
            )
        accepted: list[pa.RecordBatch] = []
        bad: list[RejectedRow] = []
        first = 1
        for batch in table.to_batches(max_chunksize=DEFAULT_LIMITS.batch_rows):
            raw = RawBatch(Mode.PYTHON, plain_layout(batch), RowPositions(_NAME, first_row=first))
            verdict = self._judge.judge(raw)
            accepted.append(alone(verdict.accepted.replace_schema_metadata(None)))
            reasons = verdict.reasons.to_pylist()
            for index, why in zip(verdict.rejected_rows.to_pylist(), reasons, strict=True):
                told = tuple((one["column"], one["type"]) for one in why)
                bad.append(RejectedRow(first + index, told, batch.slice(index, 1).to_pylist()[0]))
            first += batch.num_rows
        schema = accepted[0].schema if accepted else self._contract.schema
        return like(pa.Table.from_batches(accepted, schema=schema), frame), bad
