"""Attacks on the judge by Arrow itself: few bytes that stand for many, values nobody can read."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from pydantic import BaseModel, model_validator

from lockgate.contract.batches import RawBatch, RowPositions, Verdict
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.judge.python_values import plain
from lockgate.contract.judge.readable import grown_bytes
from lockgate.contract.model import Mode
from lockgate.errors import LimitExceeded, SourceError
from lockgate.limits import DEFAULT_LIMITS, Limits

SMALL = Limits(value_bytes=1_000)


class Text(BaseModel):
    """One column of text."""

    x: str | None


class Whole(BaseModel):
    """One column of text, seen by a validator of the row."""

    x: str | None

    @model_validator(mode="before")
    @classmethod
    def look(cls, row: Any) -> Any:
        return row


class Ident(BaseModel):
    """One UUID."""

    x: UUID | None


def judged(model: type[BaseModel], limits: Limits = DEFAULT_LIMITS, **columns: pa.Array) -> Verdict:
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    judge = Judge(compile_model(model, id="c", name="c"), Mode.PYTHON, limits)
    raw = RawBatch(Mode.PYTHON, batch, RowPositions("f", 1))
    verdict = judge.judge(raw)
    judge.audit(raw, verdict, 1.0, seed=0)
    return verdict


LONG = "x" * 500
GROWING = {
    "dictionary": pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), [LONG]),
    "runs": pa.RunEndEncodedArray.from_arrays([100], [LONG]),
    "views": pa.array([LONG] * 100, pa.string_view()),
}


@pytest.mark.parametrize("model", [Text, Whole])
@pytest.mark.parametrize("name", GROWING)
def test_few_bytes_that_grow_to_many_are_refused(name: str, model: type[BaseModel]) -> None:
    with pytest.raises(LimitExceeded) as caught:
        judged(model, SMALL, x=GROWING[name])
    assert LONG not in str(caught.value)
    assert judged(model, SMALL, x=GROWING[name].slice(3, 20)).accepted.num_rows == 20


def test_a_dictionary_of_gigantic_values_is_refused_before_it_is_decoded() -> None:
    values = pa.array(["x" * (16 << 20)])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000, pa.int32()), values)
    before = pa.total_allocated_bytes()
    with pytest.raises(LimitExceeded):
        judged(Text, x=column)
    assert pa.total_allocated_bytes() - before < 1 << 20


def test_a_column_outside_the_contract_costs_nothing() -> None:
    verdict = judged(Text, SMALL, x=pa.array(["a"] * 100), other=GROWING["dictionary"])
    assert verdict.accepted.num_rows == 100


@pytest.mark.parametrize("name", GROWING)
@pytest.mark.parametrize("cut", [slice(0, 100), slice(7, 9), slice(99, 100), slice(5, 5)])
def test_what_an_array_grows_to_is_counted(name: str, cut: slice) -> None:
    array = GROWING[name].slice(cut.start, cut.stop - cut.start)
    assert grown_bytes(array) == 500 * (cut.stop - cut.start)


def test_nulls_and_fixed_widths_grow_to_what_they_are() -> None:
    assert grown_bytes(pa.array(["ab", None, "c" * 20], pa.string_view())) == 22
    assert grown_bytes(pa.array([1, None, 1]).dictionary_encode()) == 16
    assert grown_bytes(pa.array([None, None]).dictionary_encode()) == 0
    assert grown_bytes(pa.array([["ab"], None, ["ab"]], pa.list_(pa.string_view()))) == 4


def test_uuids_that_are_no_text_are_read_as_what_they_are() -> None:
    known = [uuid.UUID(int=n << 100 | 0xFF) for n in range(5)]
    column = pa.array([*(item.bytes for item in known), None], pa.uuid())
    assert plain(column).to_pylist() == [*map(str, known), None]
    assert plain(column.slice(2, 3)).to_pylist() == [str(item) for item in known[2:]]
    assert plain(column.slice(5)).to_pylist() == [None]
    assert judged(Ident, x=column).accepted.column(0).to_pylist() == [*map(str, known), None]


def test_text_that_is_not_utf8_in_an_arrow_array_is_a_rejected_row() -> None:
    data = (pa.py_buffer(b"\0\0\0\0\1\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xff\xfe"))
    column = pa.Array.from_buffers(pa.string(), 2, [None, *data])
    assert judged(Whole, x=column).accepted_rows.to_pylist() == [0]


@pytest.mark.parametrize("zone", ["Mars/Phobos", "+99:99"])
def test_an_instant_in_a_zone_that_does_not_exist_is_a_rejected_row(zone: str) -> None:
    assert judged(Text, x=pa.array([1], pa.timestamp("us", tz=zone))).accepted.num_rows == 0


def test_a_column_that_no_cast_can_read_is_refused_by_name(monkeypatch) -> None:
    def broken(array: pa.Array) -> pa.Array:
        raise pa.ArrowInvalid("canary in the words of the library")

    monkeypatch.setattr("lockgate.contract.judge.readable.plain", broken)
    told = "column x holds values of Arrow type large_string"
    with pytest.raises(SourceError, match=told) as caught:
        judged(Text, x=pa.array(["a"], pa.large_string()))
    assert caught.value.__context__ is None
