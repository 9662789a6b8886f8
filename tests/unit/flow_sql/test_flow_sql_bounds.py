"""Hostile queries cost one clear refusal: bounded in size, depth, columns and time."""

from __future__ import annotations

import dataclasses
import time

import pytest

from flow_sql.notation import INPUTS, short, traced
from lockgate.errors import ConfigurationError, SqlRefused
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

SECONDS = 8.0  # of processor; each takes a fraction of it on one core


def refused(sql: str) -> str:
    started = time.process_time()
    with pytest.raises(SqlRefused) as caught:
        traced(sql)
    assert time.process_time() - started < SECONDS
    assert caught.value.where is not None
    return caught.value.message


def doubling(levels: int) -> str:
    parts = ["w0 AS (SELECT a FROM t)"]
    for number in range(levels):
        items = ", ".join(f"q{place}.*" for place in range(2))
        parts.append(f"w{number + 1} AS (SELECT {items} FROM w{number} q0, w{number} q1)")
    return f"WITH {', '.join(parts)} SELECT * FROM w{levels}"


@pytest.mark.parametrize(
    ("sql", "limit"),
    [
        ("SELECT '" + "x" * 5_000_000 + "' FROM t", "sql_bytes"),
        ("SELECT '" + "é" * 200_000 + "' FROM t", "sql_bytes"),
        ("SELECT " + "(" * 2_000 + "a" + ")" * 2_000 + " FROM t", "sql_depth"),
        ("SELECT " + "[" * 2_000 + "a" + "]" * 2_000 + " FROM t", "sql_depth"),
        ("SELECT " + "NOT " * 2_000 + "a FROM t", "sql_depth"),
        ("SELECT " + "- " * 2_000 + "a FROM t", "sql_depth"),
        ("SELECT " + "CASE WHEN " * 100 + "a FROM t", "sql_depth"),
        ("SELECT a" + ", a" * 15_000 + " FROM t", "sql_tokens"),
        (doubling(20), "sql_columns"),
    ],
    ids=lambda value: value if len(value) < 20 else "sql",
)
def test_more_than_a_limit_is_refused_by_its_name(sql: str, limit: str) -> None:
    assert limit in refused(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t" + " UNION ALL SELECT a FROM t" * 1_500,
        "SELECT " + " + ".join(["a"] * 5_000) + " AS x FROM t",
        "SELECT " + " || ".join(["g"] * 5_000) + " AS x FROM t",
        "SELECT a FROM t WHERE " + " AND ".join(["a > 1"] * 2_000),
        "SELECT a FROM t WHERE " + " OR ".join(["a > 1"] * 2_000),
        "SELECT a FROM t WHERE a IN (" + ", ".join(["1"] * 5_000) + ")",
        "SELECT a" + "::INT" * 3_000 + " AS x FROM t",
        "SELECT a" + "[1]" * 3_000 + " AS x FROM t",
        "SELECT " + "a -> " * 3_000 + "a AS x FROM t",
        "SELECT a" + " IS NULL" * 3_000 + " AS x FROM t",
        "SELECT a FROM t x0" + "".join(f" JOIN t x{n} ON x0.a = x{n}.a" for n in range(1, 400)),
        "FROM t " + "SELECT a FROM t " * 500,
        "SELECT a FROM t " + "SELECT " * 500,
        "WITH " * 500,
        "SELECT x.y" + ".y" * 3_000 + " FROM t",
        "SELECT CAST(a AS " + "STRUCT(b " * 20 + "INT" + ")" * 20 + ") AS x FROM t",
        "SELECT a::INT" + "[]" * 3_000 + " AS x FROM t",
        "SELECT INTERVAL " * 1_000,
        "SELECT DISTINCT ON " * 1_000,
        "SELECT EXISTS " * 1_000,
        "(" * 10,
    ],
    ids=lambda sql: sql[:24],
)
def test_long_chains_end_in_bounded_time(sql: str) -> None:
    started = time.process_time()
    try:
        outcome = short(sql)
    except SqlRefused as refusal:
        outcome = [refusal.message]

    assert time.process_time() - started < SECONDS
    assert outcome


def test_two_hundred_queries_of_a_hundred_columns() -> None:
    columns = ", ".join(f"a + {number} AS c{number}" for number in range(100))
    parts = [f"w0 AS (SELECT {columns} FROM t)"]
    parts += [f"w{number} AS (SELECT * FROM w{number - 1})" for number in range(1, 200)]
    query = traced(f"WITH {', '.join(parts)} SELECT * FROM w199")

    assert len(query.columns) == 100
    assert {ref.column for column in query.columns for ref in column.direct} == {"a"}


def test_a_recursion_that_shifts_columns_comes_to_an_end() -> None:
    wide = ", ".join(f"c{number}" for number in range(40))
    first = "a, " + ", ".join(["1"] * 39)
    shifted = ", ".join(f"c{number}" for number in [*range(1, 40), 0])
    query = traced(
        f"WITH RECURSIVE w({wide}) AS (SELECT {first} FROM t UNION ALL SELECT {shifted} FROM w) "
        "SELECT * FROM w"
    )

    assert all({ref.column for ref in column.direct} == {"a"} for column in query.columns)


def test_recursions_inside_recursions_are_bounded() -> None:
    inner = "SELECT a FROM t"
    for level in range(8):
        inner = (
            f"WITH RECURSIVE w{level}(a, b) AS (SELECT a, 1 FROM ({inner}) AS q{level} "
            f"UNION ALL SELECT b, a FROM w{level}) SELECT a FROM w{level}"
        )
    started = time.process_time()
    try:
        outcome = short(inner)
    except SqlRefused as refusal:
        outcome = [refusal.message]

    assert time.process_time() - started < SECONDS
    assert outcome


def test_limits_are_those_that_are_handed_in() -> None:
    small = dataclasses.replace(DEFAULT_LIMITS, sql_tokens=3)

    with pytest.raises(SqlRefused, match="sql_tokens"):
        trace("SELECT a FROM t", INPUTS, small)


def test_a_refusal_is_a_mistake_in_a_file() -> None:
    assert issubclass(SqlRefused, ConfigurationError)
