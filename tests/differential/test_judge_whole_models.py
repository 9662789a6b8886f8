"""Models with validators, defaults, aliases and extras, and the real table."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_pydantic import answers, oracle, raw_batch
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.markers import Labelled
from lockgate.contract.model import Contract, Exactness, Mode


class After(BaseModel):
    low: int
    high: int

    @model_validator(mode="after")
    def ordered(self) -> After:
        if self.low > self.high:
            raise ValueError("low above high")
        return self


class AfterChanging(BaseModel):
    a: str
    b: int = 0

    @model_validator(mode="after")
    def change(self) -> AfterChanging:
        self.a = self.a + "!"
        return self


class Before(BaseModel):
    a: str
    b: int = 3

    @model_validator(mode="before")
    @classmethod
    def fold(cls, value: Any) -> Any:
        return {**value, "a": "was null"} if value.get("a") is None else value


class Info(BaseModel):
    a: int
    b: int

    @field_validator("b")
    @classmethod
    def above(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("a", 0):
            raise ValueError("below a")
        return value


class PostInit(BaseModel):
    a: int
    b: str = "x"

    def model_post_init(self, context: Any) -> None:
        if self.a == 7:
            raise ValueError("seven")


class Aliased(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=4)
    name: str = Field(alias="a")
    number: int | None = Field(alias="b")
    kept: float = 1.5


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int


class Quoted(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, str_to_lower=True)
    a: str
    b: Literal["x", "y"] | None = None


class Optional(BaseModel):
    a: str | None
    b: int | None = None
    c: str = "filled"


MODELS = [After, AfterChanging, Before, Info, PostInit, Aliased, Open, Quoted, Optional]
CONTRACTS = {model.__name__: compile_model(model, id="c", name="c") for model in MODELS}
values = st.none() | st.sampled_from(["1", "7", "-3", "x", " ab ", "abcde", "", "Y", "1.5", "12"])


def check(contract: Contract, mode: Mode, batch: pa.RecordBatch, rows: list[Any]) -> None:
    judge = Judge(contract, mode)
    raw = raw_batch(mode, batch)
    verdict = judge.judge(raw)
    assert answers(verdict, len(rows)) == oracle(contract, mode, rows)
    assert judge.audit(raw, verdict, 0.5, seed=3) <= len(rows)


@pytest.mark.parametrize("name", CONTRACTS)
@settings(max_examples=25)
@given(st.data())
def test_models_with_code_agree_in_every_mode(name: str, data: st.DataObject) -> None:
    contract = CONTRACTS[name]
    names = data.draw(
        st.sampled_from([contract.names, (*contract.names, "zz"), contract.names[:1]])
    )
    rows = data.draw(
        st.lists(st.fixed_dictionaries(dict.fromkeys(names, values)), min_size=1, max_size=8)
    )
    mode = data.draw(st.sampled_from(list(Mode)))
    if mode is Mode.JSON:
        lines = [json.dumps({k: v for k, v in row.items() if v != "x"}) for row in rows]
        check(contract, mode, pa.record_batch({"line": lines}), lines)
    else:
        schema = pa.schema([(key, pa.string()) for key in names])
        check(contract, mode, pa.RecordBatch.from_pylist(rows, schema), rows)


def test_what_sees_the_row_is_said_to_go_row_by_row() -> None:
    for name, words in (("Before", "before or wrap"), ("Info", "takes info")):
        rule = Judge(CONTRACTS[name], Mode.STRINGS).explain()[0]
        assert rule.exactness is Exactness.FALLBACK
        assert words in rule.how


class Figure(BaseModel):
    """The real table: dirty on purpose."""

    model_config = ConfigDict(extra="forbid")
    unique_id: Annotated[str, Field(pattern=r"^Q\d+-\d+$"), Labelled("pii.id")]
    cluster: Annotated[str, Field(pattern=r"^Q[0-9]+$"), Labelled("pii.id", subject=True)]
    full_name: Annotated[str, Field(min_length=3, max_length=40)]
    first_and_surname: Annotated[str, Field(max_length=25)] | None = None
    first_name: Annotated[str, Field(pattern=r"^[\w' .-]+$", max_length=12)] | None = None
    surname: Annotated[str, Field(min_length=2, max_length=14)] | None
    dob: dt.date | None = None
    birth_place: Annotated[str, Field(max_length=20)] | None = None
    postcode_fake: Annotated[str, Field(pattern=r"^[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$")] | None = (
        None
    )
    gender: Literal["male", "female"] | None = None
    occupation: Annotated[str, Field(pattern="^[a-z ]+$")] | None = None


@pytest.mark.parametrize("mode", Mode)
def test_the_real_table_is_judged_as_pydantic_does(mode: Mode, real_table: Path) -> None:
    contract = compile_model(Figure, id="figures", name="figures")
    table = pq.read_table(real_table).combine_chunks()
    rows: list[Any] = table.to_pylist()
    batch = table.to_batches()[0]
    if mode is Mode.JSON:
        rows = [json.dumps(row, ensure_ascii=False) for row in rows]
        batch = pa.record_batch({"line": rows})
    verdict = Judge(contract, mode).judge(raw_batch(mode, batch))
    assert len(verdict.accepted_rows) + len(verdict.rejected_rows) == 50_578
    assert 500 < len(verdict.rejected_rows) < 25_000
    assert answers(verdict, len(rows)) == oracle(contract, mode, rows)


def test_one_judge_serves_several_threads() -> None:
    judge = Judge(CONTRACTS["Optional"], Mode.STRINGS)
    batches = [
        pa.record_batch({"a": [f"{n}-{i}" for i in range(500)], "b": ["x", str(n)] * 250})
        for n in range(16)
    ]
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(
            pool.map(lambda batch: judge.judge(raw_batch(Mode.STRINGS, batch)), batches)
        )
    for number, verdict in enumerate(verdicts):
        assert verdict.accepted.column("b").to_pylist() == [number] * 250
        assert verdict.accepted.column("a")[0].as_py() == f"{number}-1"
