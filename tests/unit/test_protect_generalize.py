"""Years, months, ZIP areas, ages, buckets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.errors import KernelError
from lockgate.kernel.interface import Kernel
from lockgate.protect.generalize_date import birthday_cutoff
from lockgate.protect.generalize_zip import CENSUS_YEAR, SMALL_AREAS
from lockgate.protect.parse import parse_treatment
from lockgate.protect.treatment import Form, Place

KERNEL: Kernel
PLACE = Place("c", "x")


@pytest.fixture(autouse=True)
def every_kernel(kernel: Kernel) -> None:
    """The tests of this file run with each kernel in turn."""
    global KERNEL
    KERNEL = kernel


def generalized(spec: Any, values: pa.Array, day: date | None = None) -> list[str | None]:
    treatment = parse_treatment({"generalize": spec})
    if day is not None:
        treatment = treatment.at(day)
    (array,) = treatment.apply(values, KERNEL, None, PLACE, Form.TEXT)
    assert array.type == pa.string()
    result: list[str | None] = array.to_pylist()
    return result


def fits(spec: Any, values: pa.Array) -> list[bool] | None:
    treatable = parse_treatment({"generalize": spec}).treatable(values, KERNEL, None)
    return None if treatable is None else treatable.to_pylist()


DATES = [
    pa.array([date(1987, 3, 4), None, date(1, 1, 1)]),
    pa.array([date(1987, 3, 4), None, date(1, 1, 1)], pa.date64()),
    pa.array(["1987-03-04", None, "0001-01-01"]),
    pa.array(["1987-03-04", None, "0001-01-01"]).dictionary_encode(),
    pa.array([datetime(1987, 3, 4, 23, 59), None, datetime(1, 1, 1)], pa.timestamp("us")),
]


@pytest.mark.parametrize("values", DATES, ids=lambda values: str(values.type))
def test_dates(values: pa.Array) -> None:
    assert generalized("year", values) == ["1987", None, "0001"]
    assert generalized("month", values[:2]) == ["1987-03", None]
    assert generalized("month", values[1:]) == [None, "0001-01"]
    assert fits("year", values) is None


def test_an_instant_s_year_is_that_in_utc() -> None:
    new_year = pa.array([datetime(2000, 1, 1, tzinfo=UTC)], pa.timestamp("us", "America/New_York"))

    assert generalized("year", new_year) == ["2000"]


@pytest.mark.parametrize(
    "text",
    "1987-02-30|1987-3-4|19870304|1987-03-04T00:00:00| 1987-03-04||x|1987|1987-13-01|1987-00-10|"
    "1987-03-04\n|٣987-03-04".split("|"),
)
def test_text_that_is_no_iso_date_is_not_treatable(text: str) -> None:
    column = pa.array(["1987-03-04", text, None])

    assert fits("year", column) == [True, False, True]
    with pytest.raises(KernelError, match="1 of 3 values"):
        generalized("year", column)


def test_dates_outside_the_calendar_are_not_treatable() -> None:
    values = pa.array([-719_163, 0, None], pa.int32()).cast(pa.date32())

    assert fits("year", values) == [False, True, True]


def test_birth_dates_of_ninety_and_over_are_one_group() -> None:
    spec = {"to": "year", "cap_age": 90}
    births = pa.array([date(1900, 1, 1), date(1936, 6, 15), date(1936, 6, 16), None])

    assert generalized(spec, births, date(2026, 6, 15)) == ["90+", "90+", "1936", None]
    assert generalized(spec, births, date(2026, 6, 16)) == ["90+", "90+", "90+", None]
    assert generalized({**spec, "to": "month"}, births[1:3], date(2026, 6, 15)) == [
        "90+",
        "1936-06",
    ]


def test_a_reference_day_in_the_policy_wins_over_the_run_s() -> None:
    spec = {"to": "year", "cap_age": 90, "reference": "2020-01-01"}

    assert generalized(spec, pa.array([date(1935, 1, 1)]), date(2030, 1, 1)) == ["1935"]


def test_without_a_reference_day_nothing_is_released() -> None:
    with pytest.raises(KernelError, match="reference day"):
        generalized({"to": "year", "cap_age": 90}, pa.array([date(1935, 1, 1)]))


def test_the_run_s_day_is_no_part_of_the_policy() -> None:
    treatment = parse_treatment({"generalize": {"to": "year", "cap_age": 90}})

    assert treatment.at(date(2026, 1, 1)).describe() == treatment.describe()


def age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


@given(st.dates(date(1850, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_cutoff_is_a_birthday(birth: date, day: date) -> None:
    assert (birth <= birthday_cutoff(day, 90)) is (age(birth, day) >= 90)


def test_zip3() -> None:
    values = pa.array(["90210", "03601", "90210-1234", "893011234", None])

    assert generalized("zip3", values) == ["902", "000", "902", "000", None]
    assert generalized("zip3", pa.array([area + "01" for area in SMALL_AREAS])) == ["000"] * 17
    assert CENSUS_YEAR == 2000


@pytest.mark.parametrize("text", ["", "9021", "902101", "SW1A 1AA", " 90210", "90210-", "٩٠٢١٠"])
def test_text_that_is_no_zip_is_not_treatable(text: str) -> None:
    assert fits("zip3", pa.array([text, "90210", None])) == [False, True, True]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([0, 89, 90, 130, None], pa.int16()),
        pa.array([0, 89, 90, 130, None], pa.uint64()),
        pa.array(["0", "89", "90", "130", None]),
    ],
    ids=lambda values: str(values.type),
)
def test_ages(values: pa.Array) -> None:
    assert generalized("age", values) == ["0", "89", "90+", "90+", None]


def test_what_is_no_age_is_not_treatable() -> None:
    assert fits("age", pa.array([-1, 5])) == [False, True]
    assert fits("age", pa.array(["", "5.5", "-1", "ninety", "1000"])) == [False] * 5


@given(st.lists(st.none() | st.integers(-(2**61), 2**61), max_size=10), st.integers(1, 10**6))
def test_buckets_hold_their_values(values: list[int | None], width: int) -> None:
    texts = generalized({"to": "bucket", "width": width}, pa.array(values, pa.int64()))

    for value, text in zip(values, texts, strict=True):
        if value is None:
            assert text is None
        else:
            lower, upper = map(int, str(text)[1:-1].split(","))
            assert lower <= value < upper
            assert lower % width == 0
            assert upper - lower == width


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([9.99, -0.01, None]), ["[0,10)", "[-10,0)", None]),
        (pa.array([Decimal("9.99"), Decimal("-9.99"), None]), ["[0,10)", "[-10,0)", None]),
        (pa.array([Decimal(12345)], pa.decimal256(60, 0)), ["[12340,12350)"]),
        (pa.array([255], pa.uint8()), ["[250,260)"]),
        (pa.array([np.float16(19)], pa.float16()), ["[10,20)"]),
    ],
    ids=str,
)
def test_buckets_of_other_numbers(values: pa.Array, expected: list[str | None]) -> None:
    assert generalized({"to": "bucket", "width": 10}, values) == expected


@pytest.mark.parametrize(
    "values",
    [
        pa.array([float("nan"), 1.0]),
        pa.array([float("inf"), 1.0]),
        pa.array([-1e300, 1.0]),
        pa.array([2**63, 1], pa.uint64()),
        pa.array([-(2**63), 1]),
        pa.array([Decimal(10) ** 30, Decimal(1)], pa.decimal128(38, 0)),
    ],
    ids=str,
)
def test_numbers_without_a_bucket_are_not_treatable(values: pa.Array) -> None:
    assert fits({"to": "bucket", "width": 10}, values) == [False, True]
