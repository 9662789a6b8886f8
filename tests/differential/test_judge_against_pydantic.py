"""The judge and a plain Pydantic loop agree on every verdict, reason and output value."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import ipaddress
import json
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_pydantic import answers, oracle, raw_batch
from pydantic import (
    UUID4,
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    NaiveDatetime,
    SecretStr,
    StringConstraints,
    create_model,
)

from judge_kernels import finder
from kernels import NAMES
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Contract, Mode


class Colour(str, enum.Enum):
    """A closed list as an Enum."""

    RED = "red"
    BLUE = "blue"


def no_bad(value: Any) -> Any:
    if "bad" in str(value):
        raise ValueError(f"bad value {value}")
    return value


KINDS: dict[str, Any] = {
    "text": str,
    "bounded": Annotated[str, Field(min_length=2, max_length=5)],
    "digits": Annotated[str, Field(pattern=r"^\d{2,3}$")],
    "search": Annotated[str, Field(pattern=r"[a-c]+\s?x")],
    "word": Annotated[str, Field(pattern=r"^\w+$", max_length=6)],
    "odd_pattern": Annotated[str, Field(pattern=r"^[a-z&&[^b]]+$")],
    "dot": Annotated[str, Field(pattern=r"^.{1,3}$")],
    "stripped": Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)],
    "lower": Annotated[str, StringConstraints(to_lower=True, max_length=4)],
    "upper": Annotated[str, StringConstraints(to_upper=True, strip_whitespace=True)],
    "whole": int,
    "age": Annotated[int, Field(ge=0, le=120)],
    "even": Annotated[int, Field(multiple_of=2, gt=-10, lt=10)],
    "number": float,
    "ratio": Annotated[float, Field(ge=0, lt=1)],
    "finite": Annotated[float, Field(allow_inf_nan=False)],
    "fives": Annotated[float, Field(multiple_of=0.5)],
    "flag": bool,
    "money": Annotated[Decimal, Field(max_digits=8, decimal_places=2)],
    "positive": Annotated[Decimal, Field(gt=0, max_digits=8, decimal_places=2)],
    "decimal": Decimal,
    "day": dt.date,
    "recent": Annotated[dt.date, Field(ge=dt.date(2000, 1, 1), lt=dt.date(2030, 1, 1))],
    "when": dt.datetime,
    "naive": NaiveDatetime,
    "aware": AwareDatetime,
    "since": Annotated[NaiveDatetime, Field(ge=dt.datetime(2000, 1, 1))],
    "clock": dt.time,
    "choice": Literal["red", "blue"],
    "one": Literal[1, 2],
    "enum": Colour,
    "uuid": uuid.UUID,
    "uuid4": UUID4,
    "ip": ipaddress.IPv4Address,
    "email": EmailStr,
    "short_email": Annotated[EmailStr, Field(max_length=12)],
    "long_email": Annotated[EmailStr, Field(min_length=8)],
    "secret": SecretStr,
    "blob": Annotated[bytes, Field(max_length=4)],
    "checked": Annotated[str, AfterValidator(no_bad)],
    "prepared": Annotated[int, BeforeValidator(no_bad)],
}
WRAPS: dict[str, Any] = {
    "plain": lambda kind: (kind, ...),
    "nullable": lambda kind: (kind | None, ...),
    "optional": lambda kind: (kind | None, None),
}


@functools.cache
def contract_of(kind: str, wrap: str, strict: bool) -> Contract:
    """A contract with one column ``x`` of that kind."""
    model: type[BaseModel] = create_model(
        "Row", __config__=ConfigDict(strict=strict), x=WRAPS[wrap](KINDS[kind])
    )
    return compile_model(model, id="c", name="c")


@functools.cache
def judge_of(kind: str, wrap: str, strict: bool, mode: Mode, kernel: str) -> Judge:
    return Judge(contract_of(kind, wrap, strict), mode, find_native=finder(kernel))


TRAPS = [
    " 35 ", "1_000", "1.0", "01", "1e3", "٣", "-0", "+5", "0x10", "9223372036854775808", "-7",
    "35", "4", "123", "0", "1", "2", "0.5", ".5", "5.", "1e400", "nan", "NaN", "inf", "-inf",
    "0.1", "123456.78", "123456.789", "1234567.8", "00.50", "-0.00", "1.500", "Infinity",
    "yes", "YES", "on", "t", "True", "tRUE", " true ", "off", "N",
    "2024-02-29", "2023-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "20240101",
    "1704067200", "2024-1-1", "2024-02-29T00:00:00", "2024-02-29T12:30:00", "1999-12-31",
    "2024-02-29 12:30:45.123", "2024-02-29T12:30:45.123456", "2024-02-29T12:30:45.1234567",
    "2024-02-29T12:30:45Z", "2024-02-29T12:30:45+02:00", "2024-02-29T12:30:45.5-05:30",
    "2024-02-29t12:30:45z", "2024-02-29_12:30:45", "2024-02-29T24:00:00", "2024-02-29T12:60:00",
    "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2024-02-29T12:30:45-00:00",
    "2024-02-29T12:30:45+24:00", "12:30:45", "12:30", "23:59:60", "12:30:45.123", "12:30:45Z",
    "red", "blue", "Red", "123e4567-e89b-12d3-a456-426614174000",
    "123E4567-E89B-42D3-A456-426614174000", "123e4567-e89b-42d3-c456-426614174000",
    "urn:uuid:123e4567-e89b-42d3-a456-426614174000", "123e4567e89b42d3a456426614174000",
    "{123e4567-e89b-42d3-a456-426614174000}", "123e4567-e89b-42d3-a456-42661417400g",
    "10.0.0.1", "010.0.0.1", "a@b.com", "INFO@x.de", "info@x.de", "John <j@x.de>", "A.b@X.De",
    "a@x.test", "a@localhost", "a@b.c", "a..b@x.de", "a@-x.de", "a@xn--bcher-kva.de", "a@b.c1",
    "a@ab--c.de", "ünï@x.de", "a@bücher.de", "Info@x.de", "Jo.Do@x.de", "a@x.local", "a@b.com\n",
    "a@x.invalid", "a+b@mail.x.co.uk", "a@" + "b" * 64 + ".de", "", " ", "ab\n", "abc", "abc x",
    "abx", "ab\x0bx", "b", "éé", "é", "ab\x1c", "\x1cab", "\u00a0ab", "ab\u2003", "\tab\r\n",
    "İ", "ΑΣ", "ß", "AB", "aBcDe", "12", "1234", "١٢", "12\n", "a_b", "a-b", "日本",
    "😀", "😀😀😀😀", "bad", "x\x00y", "Ab", "aé", "\u0085x",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(TRAPS),
    st.text(max_size=6),
    st.text(st.sampled_from("0123456789.-+eE_ \n"), max_size=8),
    st.from_regex(r"\A-?[0-9]{1,20}(\.[0-9]{1,20})?\Z"),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.from_regex(r"\A[A-Za-z0-9._+-]{1,5}@[A-Za-z0-9-]{1,5}(\.[A-Za-z0-9-]{1,4}){0,2}\Z"),
)
columns_of_text = st.lists(st.none() | texts, min_size=1, max_size=12)


def check(judge: Judge, mode: Mode, batch: pa.RecordBatch, rows: list[Any]) -> None:
    verdict = judge.judge(raw_batch(mode, batch))
    assert verdict.accepted.schema == judge.contract.schema
    assert answers(verdict, len(rows)) == oracle(judge.contract, mode, rows)


every_kind = pytest.mark.parametrize("kind", KINDS)
every_kernel = pytest.mark.parametrize("kernel", NAMES)


@every_kernel
@every_kind
@settings(max_examples=12)
@given(st.data())
def test_judge_agrees_on_text(kind: str, kernel: str, data: st.DataObject) -> None:
    wrap = data.draw(st.sampled_from(list(WRAPS)))
    strict = data.draw(st.booleans())
    mode = data.draw(st.sampled_from([Mode.STRINGS, Mode.PYTHON]))
    values = data.draw(columns_of_text)
    batch = pa.record_batch({"x": pa.array(values, pa.string())})
    rows = [{"x": value} for value in values]
    check(judge_of(kind, wrap, strict, mode, kernel), mode, batch, rows)


@every_kernel
@every_kind
@pytest.mark.parametrize("mode", Mode)
def test_judge_agrees_on_every_known_trap(kind: str, kernel: str, mode: Mode) -> None:
    for strict in (False, True):
        values = [*TRAPS, None]
        if mode is Mode.JSON:
            lines = [json.dumps({"x": value}) for value in values]
            batch = pa.record_batch({"line": lines})
            check(judge_of(kind, "plain", strict, mode, kernel), mode, batch, lines)
        else:
            batch = pa.record_batch({"x": pa.array(values, pa.string())})
            rows = [{"x": value} for value in values]
            check(judge_of(kind, "plain", strict, mode, kernel), mode, batch, rows)


ARROW = {
    "bool": (pa.bool_(), st.booleans()),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.integers(-20, 130)),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "double": (pa.float64(), st.floats() | st.integers(-20, 20).map(float)),
    "float": (pa.float32(), st.floats(width=32)),
    "decimal": (
        pa.decimal128(20, 3),
        st.decimals(-(10**10), 10**10, places=3, allow_nan=False, allow_infinity=False),
    ),
    "cents": (pa.decimal128(6, 2), st.decimals(-9999, 9999, places=2)),
    "date": (pa.date32(), st.dates()),
    "timestamp": (pa.timestamp("us"), st.datetimes()),
    "seconds": (pa.timestamp("s"), st.datetimes().map(lambda m: m.replace(microsecond=0))),
    "zoned": (
        pa.timestamp("us", tz="UTC"),
        st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.just(dt.UTC)),
    ),
    "nanos": (pa.timestamp("ns"), st.integers(-(10**18), 10**18)),
    "time": (pa.time64("us"), st.times()),
    "binary": (pa.binary(), st.binary(max_size=6)),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), texts),
    "view": (pa.string_view(), texts),
    "large": (pa.large_string(), texts),
    "null": (pa.null(), st.none()),
}


@every_kernel
@every_kind
@settings(max_examples=12)
@given(st.data())
def test_judge_agrees_on_typed_columns(kind: str, kernel: str, data: st.DataObject) -> None:
    arrow_type, values = ARROW[data.draw(st.sampled_from(list(ARROW)))]
    drawn = data.draw(st.lists(st.none() | values, min_size=1, max_size=10))
    array = pa.array(drawn, arrow_type)
    judge = judge_of(
        kind, data.draw(st.sampled_from(list(WRAPS))), data.draw(st.booleans()), Mode.PYTHON, kernel
    )
    if arrow_type == pa.timestamp("ns"):
        epoch = dt.datetime(1970, 1, 1)
        rows = [
            {"x": None if v is None else epoch + dt.timedelta(microseconds=v // 1000)}
            for v in drawn
        ]
    else:
        rows = [{"x": value} for value in array.to_pylist()]
    sliced = (
        pa.concat_arrays([array, array]).slice(len(array))
        if arrow_type != pa.string_view()
        else array
    )
    check(judge, Mode.PYTHON, pa.record_batch({"x": sliced}), rows)


json_values = st.one_of(
    texts, st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.integers(-20, 130),
    st.floats(allow_nan=False, allow_infinity=False), st.just([1]), st.just({"x": 1}),
)  # fmt: skip
json_lines = st.one_of(
    st.builds(lambda value: json.dumps({"x": value}), json_values),
    st.builds(lambda value: json.dumps({"x": value}, ensure_ascii=False), json_values),
    st.builds(lambda value, more: json.dumps({"x": value, "y": more}), json_values, json_values),
    st.sampled_from(
        [
            "", " ", "{}", "null", "[]", "{", '{"x":1}{"x":2}', '{"x":1,"x":2}', '{"x":"a"} ',
            ' {"x":"a"}', '{"x":-0}', '{"x":-0.0}', '{"x":1.0}', '{"x":1e2}', '{"x":NaN}',
            '{"x":"\\ud800"}', '{"x":"\\u0041"}', '{"\\u0078":"a"}', '{"x":01}', '{"x":"a",}',
            '{"x":Infinity}', '{"x":12345678901234567890}', '{"x":0.1}', '{"x":"a\tb"}',
            '{"x":9007199254740993}', '{"x":1E400}', '\ufeff{"x":"a"}', '{"x":"\\/"}', '{"x":{}',
            '{"x":"\\n"}', '{"x":true}', '{"X":1}', '{"x":1.5}', '{"x":"10","x":"20"}',
        ]
    ),
)  # fmt: skip


@every_kernel
@every_kind
@settings(max_examples=12)
@given(st.data())
def test_judge_agrees_on_json_lines(kind: str, kernel: str, data: st.DataObject) -> None:
    judge = judge_of(
        kind, data.draw(st.sampled_from(list(WRAPS))), data.draw(st.booleans()), Mode.JSON, kernel
    )
    lines = data.draw(st.lists(json_lines, min_size=1, max_size=10))
    check(judge, Mode.JSON, pa.record_batch({"line": pa.array(lines, pa.string())}), lines)
