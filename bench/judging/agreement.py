"""Row by row: what Pydantic says, and on how many rows somebody else says something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from bench.judging.member import Member
from bench.judging.ways import Ours, Rows

Answer = tuple[bool, Any]


def pydantic_answers(rows: pa.RecordBatch) -> list[Answer]:
    """Of each row: accepted with these values, or rejected for these (column, type) pairs."""
    return [_answer(record) for record in rows.to_pylist()]


def _answer(record: dict[str, Any]) -> Answer:
    try:
        return True, Member.model_validate(record).model_dump()
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return False, {(str(item["loc"][0]), item["type"]) for item in found}


def accepted_rows(answers: list[Answer]) -> Rows:
    """Numbers of the rows that Pydantic accepted."""
    return np.array([number for number, (good, _) in enumerate(answers) if good], np.int64)


def differing(found: Rows, truth: Rows, count: int) -> int:
    """On how many of the first ``count`` rows two lists of accepted rows differ."""
    return len(np.setxor1d(found[found < count], truth[truth < count]))


def our_differing(ours: Ours, answers: list[Answer]) -> int:
    """On how many rows our verdict, values or reasons are not Pydantic's."""
    wrong, start = 0, 0
    for raw, verdict in zip(ours.raw, ours.verdicts(1), strict=True):
        said: dict[int, Answer] = {}
        values = verdict.accepted.to_pylist()
        for row, record in zip(verdict.accepted_rows.to_pylist(), values, strict=True):
            said[row] = (True, record)
        reasons = verdict.reasons.to_pylist()
        for row, found in zip(verdict.rejected_rows.to_pylist(), reasons, strict=True):
            said[row] = (False, {(item["column"], item["type"]) for item in found})
        expected = answers[start : start + raw.rows.num_rows]
        wrong += sum(said.get(row) != answer for row, answer in enumerate(expected))
        start += raw.rows.num_rows
    return wrong
