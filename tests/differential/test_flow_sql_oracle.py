"""The trace against DuckDB itself: nothing may change an output that the trace does not list."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import duckdb
import pytest

from flow_sql.generator import query_of
from flow_sql.oracle import INPUTS, connect, data_of, hand_over, judged, leaks, run
from flow_sql.shapes import shaped_of
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

QUICK, OF_QUICK = 15, 10
SLOW, OF_SLOW = 25, 100


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = connect()
    yield opened
    opened.close()


def assert_sound(
    connection: duckdb.DuckDBPyConnection,
    seeds: range,
    make: Callable[[int], str] = query_of,
    least: float = 0.9,
) -> None:
    wrong, taken = [], 0
    for seed in seeds:
        text = make(seed)
        found = judged(connection, text, seed)
        taken += found is not None
        wrong += [f"seed {seed}: {one}\n{text}" for one in found or ()]

    assert wrong == []
    assert taken > least * len(seeds)  # the rest DuckDB itself refuses


@pytest.mark.parametrize("part", range(QUICK))
def test_what_changes_an_output_is_listed(connection: duckdb.DuckDBPyConnection, part: int) -> None:
    assert_sound(connection, range(part * OF_QUICK, (part + 1) * OF_QUICK))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLOW))
def test_what_changes_an_output_is_listed_in_many_queries(
    connection: duckdb.DuckDBPyConnection, part: int
) -> None:
    start = 10_000 + part * OF_SLOW
    assert_sound(connection, range(start, start + OF_SLOW))


@pytest.mark.parametrize("part", range(QUICK))
def test_rarer_shapes_are_traced_as_soundly(
    connection: duckdb.DuckDBPyConnection, part: int
) -> None:
    assert_sound(connection, range(part * OF_QUICK, (part + 1) * OF_QUICK), shaped_of, 0.7)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLOW))
def test_rarer_shapes_are_traced_as_soundly_in_many_queries(
    connection: duckdb.DuckDBPyConnection, part: int
) -> None:
    start = 10_000 + part * OF_SLOW
    assert_sound(connection, range(start, start + OF_SLOW), shaped_of)


@pytest.mark.parametrize(
    ("sql", "forgotten"),
    [
        ("SELECT upper(city) AS x FROM orders", "direct"),
        ("SELECT CASE WHEN amount > 1 THEN 'a' END AS x FROM orders", "influence"),
        ("SELECT 1 AS x FROM orders WHERE amount > 1", "rows"),
    ],
)
def test_the_oracle_sees_what_a_trace_forgets(
    connection: duckdb.DuckDBPyConnection, sql: str, forgotten: str
) -> None:
    data = data_of(1)
    hand_over(connection, data)
    whole = trace(sql, INPUTS, DEFAULT_LIMITS)
    _, before = run(connection, whole.sql)
    none = {forgotten: frozenset[object]()}
    if forgotten == "rows":
        partial = dataclasses.replace(whole, **none)
    else:
        columns = tuple(dataclasses.replace(column, **none) for column in whole.columns)
        partial = dataclasses.replace(whole, columns=columns)

    assert leaks(connection, whole, data, 2, before, ordered=True) == []
    assert leaks(connection, partial, data, 2, before, ordered=True) != []
