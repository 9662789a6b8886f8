"""Laws of the trace, over made-up queries and over nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_sql.generator import query_of
from flow_sql.notation import INPUTS as SMALL
from flow_sql.oracle import INPUTS
from lockgate.errors import SqlRefused
from lockgate.flow.sql.lineage import InputTable, TracedQuery
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

SEEDS = st.integers(0, 1 << 30)
WORDS = """
    SELECT FROM WHERE GROUP BY HAVING QUALIFY ORDER LIMIT OFFSET WITH RECURSIVE AS UNION ALL EXCEPT
    JOIN LEFT RIGHT FULL SEMI ANTI ASOF NATURAL POSITIONAL LATERAL USING ON DISTINCT CASE WHEN THEN
    ELSE END OVER PARTITION WINDOW FILTER EXISTS IN ANY NOT NULL IS BETWEEN AND OR LIKE CAST UNNEST
    PIVOT UNPIVOT EXCLUDE REPLACE VALUES INTERVAL ROLLUP ( ) ( ) [ ] { } , , . * + - / || -> :: : =
    < > ; 1 2.5 'x' "a" t u v a b g s l c count sum max row_number x -- /* */ $1 ? # @ e'x' ROWS
""".split()


def lineage(query: TracedQuery) -> object:
    columns = [(one.name, one.direct, one.influence) for one in query.columns]
    return columns, query.rows, query.tables


@given(SEEDS)
@settings(max_examples=60)
def test_the_written_text_is_traced_to_the_same(seed: int) -> None:
    once = trace(query_of(seed), INPUTS, DEFAULT_LIMITS)
    again = trace(once.sql, INPUTS, DEFAULT_LIMITS)

    assert lineage(again) == lineage(once)


@given(SEEDS)
@settings(max_examples=30)
def test_comments_and_lines_mean_nothing_and_are_not_written(seed: int) -> None:
    text = query_of(seed)
    dressed = "/* SECRET */ " + text.replace(" FROM ", " -- SECRET\n FROM /* sqlglot.meta x */ ")
    plain, commented = (trace(one, INPUTS, DEFAULT_LIMITS) for one in (text, dressed))

    assert commented.sql == plain.sql
    assert lineage(commented) == lineage(plain)


@given(SEEDS)
@settings(max_examples=30)
def test_a_column_that_nobody_names_changes_nothing(seed: int) -> None:
    text = query_of(seed)
    if "*" in text.replace("count(*)", ""):
        return
    wider = [InputTable(table.name, (*table.columns, f"new_{table.name}")) for table in INPUTS]

    assert trace(text, wider, DEFAULT_LIMITS) == trace(text, INPUTS, DEFAULT_LIMITS)


@given(SEEDS)
@settings(max_examples=30)
def test_everything_traced_is_a_column_of_a_table_that_is_read(seed: int) -> None:
    query = trace(query_of(seed), INPUTS, DEFAULT_LIMITS)
    known = {(table.name, column) for table in INPUTS for column in table.columns}
    refs = query.rows.union(*(one.direct | one.influence for one in query.columns))

    assert {(ref.table, ref.column) for ref in refs} <= known
    assert {ref.table for ref in refs} <= query.tables


@pytest.mark.filterwarnings("error")
@given(st.lists(st.sampled_from(WORDS), max_size=40))
@settings(max_examples=300)
def test_any_words_are_traced_or_refused(words: list[str]) -> None:
    assert_ends_well("SELECT " + " ".join(words))


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_any_text_is_traced_or_refused(text: str) -> None:
    assert_ends_well(text)
    assert_ends_well(f"SELECT {text} FROM t")
    assert_ends_well(f'SELECT "{text}" FROM t')


def assert_ends_well(text: str) -> None:
    refused, outputs = None, 0
    try:
        outputs = len(trace(text, SMALL, DEFAULT_LIMITS).columns)
    except SqlRefused as caught:
        refused = caught

    assert refused is not None or outputs
    for problem in refused.problems if refused is not None else ():
        assert problem.where is not None
        assert "\n" not in str(problem)
