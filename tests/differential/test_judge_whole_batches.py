"""A batch that the native rules settle alone, held against the portable judge and Pydantic."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pyarrow as pa
import pytest
from pydantic import BaseModel, ConfigDict, EmailStr, Field, create_model

from judge_kernels import asking, finder
from lockgate.contract.batches import RawBatch, RowPositions, Verdict
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Mode
from lockgate.errors import KernelError
from lockgate.kernel.judging import Asking
from lockgate.limits import Limits


class Order(BaseModel):
    number: Annotated[int, Field(ge=1)]
    name: Annotated[str, Field(min_length=1, max_length=8)]
    mail: EmailStr
    day: date
    at: datetime
    price: Annotated[Decimal, Field(max_digits=8, decimal_places=2)]
    paid: bool
    weight: float | None = None
    kind: Literal["a", "bc"] | None = None


class Closed(Order):
    model_config = ConfigDict(extra="forbid")


class Defaulted(Order):
    kind: Literal["a", "bc"] = "a"


GOOD = {
    "number": ["1", "42"],
    "name": ["Ada", "Zoë"],
    "mail": ["a@b.de", "x.y@example.org"],
    "day": ["2024-02-29"],
    "at": ["2024-02-29T12:30:45", "1999-12-31 23:59:59.123"],
    "price": ["0.5", "-123456.78"],
    "paid": ["yes", "0"],
    "weight": ["1.25", None],
    "kind": ["a", "bc", None],
}
BAD = {
    "number": ["0", "x", None],
    "name": ["far too long", None],
    "mail": ["a.b.de", None],
    "day": ["2023-02-29", None],
    "at": ["2021-13-01T00:00:00", None],
    "price": ["1.234", "$5", None],
    "paid": ["2", None],
    "weight": ["1.2.3x"],
    "kind": ["d"],
}
LEFT = {"mail": ["ä@b.de"], "at": ["1700000000"], "price": ["1e2"], "number": [" 7"]}


def batch(seed: int, bad: float, left: float = 0.0, rows: int = 200) -> pa.RecordBatch:
    draw = random.Random(seed)

    def one(name: str) -> str | None:
        if left and name in LEFT and draw.random() < left:
            return draw.choice(LEFT[name])
        return draw.choice(BAD[name] if draw.random() < bad else GOOD[name])

    columns = {name: [one(name) for _ in range(rows)] for name in GOOD}
    return pa.record_batch({name: pa.array(found, pa.string()) for name, found in columns.items()})


def judged(
    model: type[BaseModel],
    rows: pa.RecordBatch,
    name: str,
    mode: Mode = Mode.STRINGS,
    most: int = 16,
) -> Verdict:
    contract = compile_model(model, id="c", name="c")
    judge = Judge(contract, mode, Limits(reasons_per_row=most), finder(name))
    raw = RawBatch(mode, rows, RowPositions("f", 1))
    verdict = judge.judge(raw)
    verdict.accepted.validate(full=True)
    verdict.reasons.validate(full=True)
    if most == 16:  # Pydantic gives all of them
        assert judge.audit(raw, verdict, 1.0, seed=7) == rows.num_rows
    return verdict


def same(one: Verdict, other: Verdict) -> None:
    assert one.accepted.schema == other.accepted.schema
    assert one.accepted.equals(other.accepted)
    assert one.rejected_rows.equals(other.rejected_rows)
    assert one.reasons.type == other.reasons.type
    assert one.reasons.to_pylist() == other.reasons.to_pylist()


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each batch that was asked about as one, whether that settled it."""
    found: list[bool] = []
    ask = Asking.judge_batch

    def listen(self: Asking, rules: Any, rows: pa.RecordBatch) -> Any:
        answer = ask(self, rules, rows)
        found.append(answer[0] is not None)
        return answer

    monkeypatch.setattr(Asking, "judge_batch", listen)
    return found


@pytest.mark.parametrize("model", [Order, Closed])
@pytest.mark.parametrize("bad", [0.02, 0.1, 1.0])
def test_a_settled_batch_is_what_the_portable_judge_says(
    model: type[BaseModel], bad: float, settled: list[bool]
) -> None:
    for seed in range(4):
        rows = batch(seed, bad)
        same(judged(model, rows, "native"), judged(model, rows, "portable"))
        cut = batch(seed, bad).slice(67, 111)  # no buffer starts where the rows do
        same(judged(model, cut, "native"), judged(model, cut, "portable"))
    assert settled == [True] * 8


@pytest.mark.parametrize(("bad", "left"), [(0.0, 0.0), (0.05, 0.02), (0.0, 0.1)])
def test_what_is_not_settled_is_judged_column_by_column(
    bad: float, left: float, settled: list[bool]
) -> None:
    for seed in range(3):
        rows = batch(seed, bad, left)
        same(judged(Order, rows, "native"), judged(Order, rows, "portable"))
    assert settled == [False] * 3


def test_a_null_with_a_default_is_left(settled: list[bool]) -> None:
    rows = batch(1, 0.05)
    same(judged(Defaulted, rows, "native"), judged(Defaulted, rows, "portable"))
    assert settled == [False]


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_reasons_than_wanted(most: int, settled: list[bool]) -> None:
    rows = batch(5, 0.4)
    native = judged(Order, rows, "native", most=most)
    same(native, judged(Order, rows, "portable", most=most))
    assert max(map(len, native.reasons.to_pylist())) == most
    assert settled == [True]


@pytest.mark.parametrize("model", [Order, Closed])
def test_other_columns_are_forbidden_or_ignored(
    model: type[BaseModel], settled: list[bool]
) -> None:
    rows = batch(2, 0.1)
    more = rows.append_column("more", pa.array([None, "x"] * 100))
    turned = more.select(more.schema.names[::-1])
    for given in (more, turned):
        same(judged(model, given, "native"), judged(model, given, "portable"))
    assert settled == ([True] * 2 if model is Order else [])


def test_typed_columns_are_settled_too(settled: list[bool]) -> None:
    model = create_model(
        "Typed",
        n=(Annotated[int, Field(ge=1)], ...),
        d=(date, ...),
        t=(datetime, ...),
        p=(Annotated[Decimal, Field(max_digits=8, decimal_places=2, gt=0)], ...),
        f=(float | None, None),
        s=(Annotated[str, Field(max_length=3)] | None, None),
    )
    columns: dict[str, Sequence[Any]] = {
        "n": pa.array([1, 0, None, 5, 9], pa.int64()),
        "d": pa.array([0, 1, 2, None, 4], pa.date32()),
        "t": pa.array([0, 1, 2, 3, 4], pa.timestamp("us")),
        "p": pa.array([Decimal("1.00"), None, Decimal("-2.00"), Decimal("3.00"), Decimal("4.05")]),
        "f": pa.array([1.5, None, 2.5, None, None]),
        "s": pa.array(["abc", "abcd", None, "ä", "äöü"]),
    }
    columns["p"] = columns["p"].cast(pa.decimal128(8, 2))  # type: ignore[attr-defined]
    rows = pa.record_batch(columns)
    for given in (rows, rows.slice(1), rows.slice(0, 4), rows.slice(4)):
        native = judged(model, given, "native", Mode.PYTHON)
        same(native, judged(model, given, "portable", Mode.PYTHON))
    assert settled == [True, True, True, False]


def test_a_schema_of_another_layout_is_refused() -> None:
    native = asking()
    rule = native.make.whole([("ge", 1)], None)
    rows = pa.record_batch({"n": pa.array(["1", "0"])})
    for kind in (pa.string(), pa.int32(), pa.bool_(), pa.decimal128(9, 2), pa.float32()):
        rules = native.make_batch([("n", rule, None)], pa.schema({"n": kind}), 9)
        with pytest.raises(KernelError):
            native.judge_batch(rules, rows)
    for fields in ({}, {"n": pa.int64(), "m": pa.int64()}):
        rules = native.make_batch([("n", rule, None)], pa.schema(fields), 9)
        with pytest.raises(KernelError):
            native.judge_batch(rules, rows)


@pytest.mark.parametrize(
    "settings",
    [
        {"max_digits": 6, "decimal_places": 2},
        {"max_digits": 4, "decimal_places": 4},
        {"decimal_places": 1, "ge": 10},
        {"max_digits": 5},
        {"max_digits": 3, "decimal_places": 0},
    ],
)
def test_decimals_with_too_many_places(settings: dict[str, int]) -> None:
    model = create_model("Priced", p=(Annotated[Decimal, Field(**settings)], ...))  # type: ignore[call-overload]
    draw = random.Random(3)
    texts = ["0.001", "-0.00001", "12.345", "12.340", "00.123", "1.2e1", ".123", "1.23456789"]
    for _ in range(600):
        whole = str(draw.randrange(10 ** draw.randint(1, 7)))
        places = "".join(draw.choices("01239", k=draw.randint(0, 7)))
        texts.append(draw.choice(["", "-"]) + whole + "." * bool(places) + places)
    rows = pa.record_batch({"p": pa.array(texts)})
    for mode in (Mode.STRINGS, Mode.PYTHON):
        same(judged(model, rows, "native", mode), judged(model, rows, "portable", mode))


@pytest.mark.parametrize("strict", [False, True])
def test_times_of_days_that_are_none(strict: bool) -> None:
    config = ConfigDict(strict=strict)
    model = create_model("Timed", __config__=config, t=(datetime, ...))
    draw = random.Random(4)
    texts = []
    for _ in range(800):
        day = f"{draw.choice(['2023', '2024', '1900', '0001', '0000'])}-{draw.randrange(15):02}"
        time = f"{draw.choice('T ')}{draw.randrange(26):02}:{draw.choice(['00', '59', '60'])}:07"
        rest = draw.choice(["", ".123", ".123456", "Z", "+01:00", ".1"])
        texts.append(f"{day}-{draw.choice(['00', '01', '29', '31', '32'])}{time}{rest}")
    rows = pa.record_batch({"t": pa.array(texts)})
    same(judged(model, rows, "native"), judged(model, rows, "portable"))
