"""``@lockgate.validated``: the body gets what the model accepts, and messages hold no value."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel, ConfigDict, Field

import lockgate
from lockgate.errors import LockgateError, TooManyRejected, UsageError

SECRET = "canary-7391-ssn"


class Visit(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(pattern=r"^P-[0-9]{4}$")]
    age: Annotated[int, Field(ge=0, le=150)]
    note: str = "none"


GOOD = {"number": "P-1001", "age": 40, "note": "x"}
BAD = {"number": SECRET, "age": 400, "note": "x"}


@lockgate.validated(Visit)
def taken(visits: Any) -> Any:
    return visits


FRAMES = {
    "pyarrow": pa.Table.from_pylist,
    "polars": pl.DataFrame,
    "pandas": pd.DataFrame,
    "list": list,
    "tuple": tuple,
}


def rows_of(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, pa.Table):
        return found.to_pylist()
    if isinstance(found, pl.DataFrame):
        return found.to_dicts()
    return found.to_dict("records") if isinstance(found, pd.DataFrame) else list(found)


@pytest.mark.parametrize("kind", FRAMES)
class TestRows:
    def test_that_fit_reach_the_body_in_their_kind(self, kind: str) -> None:
        given = FRAMES[kind]([GOOD, GOOD])
        found = taken(given)
        assert type(found) is type(given)
        assert rows_of(found) == [GOOD, GOOD]

    def test_that_do_not_are_refused_by_row_column_and_rule(self, kind: str) -> None:
        ran = []
        body = lockgate.validated(Visit, rows="visits")(lambda visits: ran.append(1))
        with pytest.raises(TooManyRejected) as caught:
            body(FRAMES[kind]([GOOD, BAD]))
        told = [problem.message for problem in caught.value.problems]
        assert told == ["row 2: number: string_pattern_mismatch", "row 2: age: less_than_equal"]
        assert SECRET not in f"{caught.value} {caught.value!r} {caught.value.__context__}"
        assert caught.value.__context__ is None
        assert not ran

    def test_that_do_not_are_handed_to_whoever_takes_them(self, kind: str) -> None:
        handed: list[Any] = []
        body = lockgate.validated(Visit, rows="visits", rejected=handed.extend)(
            lambda visits: visits
        )
        assert rows_of(body(FRAMES[kind]([BAD, GOOD]))) == [GOOD]
        (one,) = handed
        assert (one.row, one.given) == (1, BAD)
        assert SECRET not in repr(one)


class TestArguments:
    def test_are_one_row_where_the_function_has_the_models_fields(self) -> None:
        @lockgate.validated(Visit)
        def visit(number: str, age: int, other: str = SECRET) -> tuple[str, int, str]:
            return number, age, other

        assert visit("P-1001", age="7") == ("P-1001", 7, SECRET), "the judged value, not the text"
        with pytest.raises(TooManyRejected, match="row 1: age: greater_than_equal"):
            visit("P-1001", -1)

    def test_of_methods_and_other_kinds_of_functions(self) -> None:
        class Desk:
            @lockgate.validated(Visit)
            def method(self, visit: dict[str, Any]) -> int:
                return visit["age"]

            @classmethod
            @lockgate.validated(Visit, rows="visit")
            def above(cls, visit: dict[str, Any]) -> int:
                return visit["age"]

            @lockgate.validated(Visit, rows="visit")
            @staticmethod
            async def later(visit: dict[str, Any]) -> int:
                return visit["age"]

            @lockgate.validated(Visit)
            def items(self, visit: dict[str, Any]) -> Iterator[int]:
                yield visit["age"]

        assert (Desk().method(GOOD), Desk.above(GOOD)) == (40, 40)
        assert asyncio.run(Desk.later(GOOD)) == 40
        assert list(Desk().items(GOOD)) == [40]
        for call in (Desk().method, Desk.above, lambda row: list(Desk().items(row))):
            with pytest.raises(TooManyRejected):
                call(BAD)

    def test_unknown_keys_never_reach_the_body(self) -> None:
        class Open(BaseModel):
            age: int

        body = lockgate.validated(Open, rows="row")(lambda row: row)
        assert body({"age": 1, SECRET: SECRET}) == {"age": 1}

    def test_what_a_validator_raises_rejects_the_row(self) -> None:
        class Bomb(BaseModel):
            age: int

            def model_post_init(self, context: Any) -> None:
                raise KeyError(SECRET)

        with pytest.raises(TooManyRejected) as caught:
            lockgate.validated(Bomb, rows="row")(lambda row: row)({"age": 1})
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("given", [3, "text", None, object()])
def test_what_holds_no_rows_is_refused(given: object) -> None:
    with pytest.raises(LockgateError):
        taken(given)


def test_other_columns_than_the_models_are_refused() -> None:
    with pytest.raises(UsageError, match="columns are not the model's"):
        taken(pa.table({"number": ["P-1001"], "age": [1], SECRET: ["x"]}))


def test_what_does_not_fit_is_refused_when_it_is_decorated() -> None:
    with pytest.raises(UsageError):
        lockgate.validated(dict)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        lockgate.validated(Visit, rows="nothing")(lambda visits: None)
    with pytest.raises(UsageError):
        lockgate.validated(Visit)(lambda one, other: None)
