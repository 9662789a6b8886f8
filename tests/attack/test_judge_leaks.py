"""Attacks on the judge: leaking reasons, forged verdicts, confusing lines, hostile validators."""

from __future__ import annotations

import json
import traceback
from typing import Annotated, Any

import pyarrow as pa
import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from lockgate.contract.batches import RawBatch, RowPositions, Verdict
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Mode
from lockgate.errors import ContractError, IntegrityError
from lockgate.limits import Limits

CANARY = "canary_5f3a9c"


def custom_type(value: Any) -> Any:
    raise PydanticCustomError(f"bad_{value}", "secret is {value}", {"value": value})  # type: ignore[arg-type]


def judged(model: type[BaseModel], mode: Mode, rows: list[Any], **options: Any) -> Verdict:
    contract = compile_model(model, id="c", name="c")
    batch = (
        pa.record_batch({"line": rows}) if mode is Mode.JSON else pa.RecordBatch.from_pylist(rows)
    )
    return Judge(contract, mode, **options).judge(RawBatch(mode, batch, RowPositions("f", 1)))


def reasons(verdict: Verdict) -> list[set[tuple[str, str]]]:
    return [{(r["column"], r["type"]) for r in row} for row in verdict.reasons.to_pylist()]


def test_custom_error_type_carrying_the_value_becomes_custom() -> None:
    class Row(BaseModel):
        x: Annotated[str, BeforeValidator(custom_type)]

    verdict = judged(Row, Mode.STRINGS, [{"x": CANARY}])
    assert reasons(verdict) == [{("x", "custom")}]
    assert CANARY not in str(verdict)


def test_extra_key_carrying_a_value_is_not_named() -> None:
    class Row(BaseModel):
        model_config = ConfigDict(extra="forbid")
        x: str

    verdict = judged(Row, Mode.JSON, [json.dumps({"x": "a", CANARY: 1})])
    assert reasons(verdict) == [{("", "extra_forbidden")}]
    assert CANARY not in str(verdict)


@pytest.mark.parametrize("error", [TypeError, KeyError, RuntimeError, RecursionError])
def test_validator_raising_anything_denies_without_a_word(error: type[Exception]) -> None:
    class Row(BaseModel):
        x: str

        @field_validator("x")
        @classmethod
        def explode(cls, value: str) -> str:
            raise error(value)

    verdict = judged(Row, Mode.PYTHON, [{"x": CANARY}])
    assert reasons(verdict) == [{("", "custom")}]
    assert CANARY not in str(verdict)


def test_validator_replacing_the_row_is_denied() -> None:
    class Row(BaseModel):
        x: str

        @model_validator(mode="wrap")
        @classmethod
        def replace(cls, value: Any, handler: Any) -> Any:
            return {"x": value}

    assert judged(Row, Mode.PYTHON, [{"x": "a"}]).accepted.num_rows == 0


def test_reasons_a_row_are_capped() -> None:
    fields = {f"c{i}": "x" for i in range(20)}
    model = type("Row", (BaseModel,), {"__annotations__": dict.fromkeys(fields, int)})
    verdict = judged(model, Mode.STRINGS, [fields], limits=Limits(reasons_per_row=5))
    assert len(verdict.reasons.to_pylist()[0]) == 5


class Pair(BaseModel):
    """Two columns as JSON."""

    model_config = ConfigDict(extra="forbid")
    a: str | None = None
    n: int | None = None


FILL = [json.dumps({"a": f"v{i}", "n": i}) for i in range(600)]


@pytest.mark.parametrize(
    "pair",
    [
        ('{"a":"x"}{"a":"y"}', ""),
        ('{"a":"x"}{"a":"y"}', '{"a":'),
        ('{"a":"x",', '"n":1}'),
        ('{"a":"{}', '{}"}'),
        ('{"n":{}', "{}}"),
        ('{"a":"x","a":"y"}', '{"n":1,"n":2}'),
        ('{"n":1.0}', '{"n":1e2}'),
        ('{"a":"\\ud800"}', '{"a":"\\u0041"}'),
        ('{"\\u0061":"x"}', '{"n":-0}'),
        ('{"n":9223372036854775808}', '{"n":"7"}'),
        ('{"a":"x"}\n{"a":"y"}', '{"n":true}'),
        ('\ufeff{"a":"x"}', "{} "),
    ],
)
def test_confusing_lines_do_not_shift_their_neighbours(pair: tuple[str, str]) -> None:
    lines = [*FILL[:300], pair[0], *FILL[300:400], pair[1], *FILL[400:]]
    contract = compile_model(Pair, id="c", name="c")
    raw = RawBatch(Mode.JSON, pa.record_batch({"line": lines}), RowPositions("f", 1))
    judge = Judge(contract, Mode.JSON)
    verdict = judge.judge(raw)
    assert judge.audit(raw, verdict, 1.0, seed=0) == len(lines)
    accepted = dict(
        zip(verdict.accepted_rows.to_pylist(), verdict.accepted.to_pylist(), strict=True)
    )
    assert accepted[0] == {"a": "v0", "n": 0}
    assert accepted[350] == {"a": "v349", "n": 349}
    assert accepted[601] == {"a": "v599", "n": 599}


class Age(BaseModel):
    age: Annotated[int, Field(ge=0)]


def test_audit_finds_a_forged_verdict() -> None:
    contract = compile_model(Age, id="c", name="c")
    judge = Judge(contract, Mode.STRINGS)
    batch = pa.record_batch({"age": ["1", "2", "-1"]})
    raw = RawBatch(Mode.STRINGS, batch, RowPositions("f", 1))
    honest = judge.judge(raw)
    assert judge.audit(raw, honest, 1.0, seed=1) == 3
    nothing = honest.reasons.slice(0, 0)
    forged = [
        Verdict(
            pa.record_batch({"age": pa.array([1, 2, -1])}),
            pa.array([], pa.int64()),
            nothing,
        ),
        Verdict(
            pa.record_batch({"age": pa.array([1, 3])}),
            honest.rejected_rows,
            honest.reasons,
        ),
        Verdict(honest.accepted.slice(0, 1), honest.rejected_rows, honest.reasons),
        Verdict(honest.accepted, pa.array([1]), honest.reasons),
        Verdict(honest.accepted, pa.array([], pa.int64()), nothing),
        Verdict(
            honest.accepted,
            honest.rejected_rows,
            pa.array([[{"column": "age", "type": "int_parsing"}]], honest.reasons.type),
        ),
    ]
    for verdict in forged:
        with pytest.raises(IntegrityError):
            judge.audit(raw, verdict, 1.0, seed=1)


def test_errors_carry_no_value_even_in_their_chain() -> None:
    contract = compile_model(Age, id="c", name="c")
    raw = RawBatch(Mode.PYTHON, pa.record_batch({"age": [CANARY]}), RowPositions("f", 1))
    with pytest.raises(IntegrityError) as caught:
        Judge(contract, Mode.STRINGS).judge(raw)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


class Boom(BaseException):
    """What no `except Exception` catches."""


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, Boom])
@pytest.mark.parametrize("kind", ["field", "model"])
def test_validator_that_ends_the_process_with_the_value_refuses_the_run(
    error: type[BaseException], kind: str
) -> None:
    class Cell(BaseModel):
        x: str

        @field_validator("x")
        @classmethod
        def leave(cls, value: str) -> str:
            raise error(f"bad name {value}")

    class Whole(BaseModel):
        x: str

        @model_validator(mode="after")
        def leave(self) -> Whole:
            raise error(f"bad name {self.x}")

    with pytest.raises(ContractError) as caught:
        judged(Cell if kind == "field" else Whole, Mode.PYTHON, [{"x": CANARY}])
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_validator_interrupted_by_hand_stops_the_run() -> None:
    class Row(BaseModel):
        x: str

        @field_validator("x")
        @classmethod
        def stop(cls, value: str) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(Row, Mode.PYTHON, [{"x": CANARY}])
