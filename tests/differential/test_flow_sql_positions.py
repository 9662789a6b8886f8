"""Which keys an engine takes for an output's number: the trace takes the same, or refuses them."""

from __future__ import annotations

import duckdb
import pytest

from lockgate.errors import SqlRefused
from lockgate.flow.sql.lineage import InputTable
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

INPUTS = [InputTable("s", ("a", "b"))]
KEYS = [
    *("1", "(1)", "((1))", "-(-1)", "- -1", "(-(-(1)))", "+1", "(+1)", "(1) COLLATE nocase"),
    *(
        "row(1)",
        "row(row(1))",
        "(1,)",
        "(1, 1)",
        "((1), 1)",
        "[1]",
        "{'k': 1}",
        "struct_pack(k := 1)",
    ),
    *("1 + 0", "-(0 - 1)", "2 - 1", "1 % 2", "1 * 1", "abs(1)", "least(1, 1)", "coalesce(1)"),
    *("CAST(1 AS INT)", "1::BIGINT", "if(true, 1, 2)", "CASE WHEN true THEN 1 END", "1 IS NULL"),
    *("1 BETWEEN 0 AND 2", "NOT (1 = 1)"),
]


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE s AS SELECT * FROM (VALUES (1, 10), (2, 20), (3, 10)) t(a, b)")
    return connection


def _rows(engine: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]] | str:
    try:
        return sorted(engine.execute(sql).fetchall())
    except duckdb.Error:
        return "refused"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT b, count(*) AS n FROM s GROUP BY {}",
        "SELECT n FROM (SELECT b > 10 AS big, count(*) AS n FROM s GROUP BY {}) AS q",
        "SELECT a FROM (SELECT b > 10 AS big, a FROM s ORDER BY {} DESC LIMIT 1) AS q",
        "SELECT a FROM (SELECT DISTINCT ON ({}) b > 10 AS big, a FROM s ORDER BY 1, a) AS q",
    ],
)
def test_what_the_engine_takes_for_a_position_the_trace_lists(
    engine: duckdb.DuckDBPyConnection, sql: str, key: str
) -> None:
    text = sql.format(key)
    try:
        traced = trace(text, INPUTS, DEFAULT_LIMITS)
    except SqlRefused:
        return
    plain = _rows(engine, sql.format("1"))
    runs = _rows(engine, traced.sql)
    if runs == plain:  # it counted out output 1, which is made of b
        assert {ref.column for ref in traced.rows} >= {"b"}, text
    else:  # a constant, or nothing that runs
        assert runs == "refused" or "ORDER BY" in text or len(runs) == 1, text
