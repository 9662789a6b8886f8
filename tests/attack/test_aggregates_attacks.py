"""What somebody would do to make a group of one look like a group of many."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest

from folds import INPUTS, guarded
from lockgate.errors import SqlRefused, StepFailed
from lockgate.flow.sql.guarded import guard
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.held_back import HeldBack

MANY = [("a", who, 1.0) for who in range(5)]
SUM = "SELECT city, sum(x) AS s FROM t GROUP BY city"
COUNT = "SELECT city, count(*) AS n FROM t GROUP BY city"


def cities(told: Any) -> list[Any]:
    return [row["city"] for row in told.rows]


def test_one_subject_with_many_rows() -> None:
    told = guarded(COUNT, [*MANY, *[("b", 1, 1.0)] * 50])
    assert cities(told) == ["a"]
    assert told.held_back == 1


def test_rows_of_one_subject_repeated_by_a_join_before() -> None:
    fanned_out = [("b", 1, 900.0) for _ in range(100)] + [("b", 2, 900.0) for _ in range(100)]
    assert guarded(SUM, fanned_out, k=3).rows == []


def test_rows_without_a_subject_do_not_count() -> None:
    told = guarded(COUNT, [*MANY, ("b", None, 1.0), ("b", None, 2.0), ("b", 1, 1.0)])
    assert cities(told) == ["a"]


def test_rows_without_a_subject_may_be_the_dominant_one() -> None:
    rows = [*MANY, ("b", 1, 1.0), ("b", 2, 1.0), ("b", None, 100.0)]
    assert cities(guarded(SUM, rows, dominance=0.5)) == ["a"]


def test_a_group_whose_values_come_from_one() -> None:
    rows = [*MANY, ("b", 1, 7.0), ("b", 2, None), ("b", 3, None)]
    for what in ("sum(x)", "avg(x)", "count(x)", "mean(x)", "count(DISTINCT x)"):
        assert cities(guarded(f"SELECT city, {what} AS s FROM t GROUP BY city", rows)) == ["a"]
    assert set(cities(guarded(COUNT, rows))) == {"a", "b"}


def test_a_group_without_any_value() -> None:
    rows = [*MANY, ("b", 1, None), ("b", 2, None)]
    assert cities(guarded(SUM, rows)) == ["a"]


def test_a_dominant_contributor() -> None:
    rows = [*MANY, ("b", 1, 98.0), ("b", 2, 1.0), ("b", 3, 1.0)]
    assert cities(guarded(SUM, rows, dominance=0.9)) == ["a"]


def test_a_dominant_contributor_behind_a_small_sum() -> None:
    rows = [*MANY, ("b", 1, 100.0), ("b", 1, -100.0), ("b", 2, 1.0), ("b", 3, 1.0)]
    assert cities(guarded(SUM, rows, dominance=0.9)) == ["a"]


def test_a_dominant_negative_contributor() -> None:
    rows = [*MANY, ("b", 1, -98.0), ("b", 2, 1.0), ("b", 3, 1.0)]
    assert cities(guarded(SUM, rows, dominance=0.9)) == ["a"]


def test_a_dominant_counter() -> None:
    rows = [*MANY, *[("b", 1, 1.0)] * 98, ("b", 2, 1.0), ("b", 3, 1.0)]
    assert cities(guarded(COUNT, rows, dominance=0.9)) == ["a"]


def test_only_zeros_are_nobodys() -> None:
    rows = [("a", who, 0.0) for who in range(3)]
    assert guarded(SUM, rows, dominance=0.5).rows == [{"city": "a", "s": 0.0}]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1.7e308])
def test_a_value_beyond_measure(value: float) -> None:
    rows = [*MANY, ("b", 1, value), ("b", 2, 1.0), ("b", 3, 1.0), ("b", 4, value)]
    assert cities(guarded(SUM, rows, dominance=0.5)) == ["a"]


def test_the_smallest_integer_has_no_absolute_value() -> None:
    types = pa.schema([("city", pa.string()), ("who", pa.int64()), ("x", pa.int64())])
    rows = [("a", 1, -(2**63)), ("a", 2, -(2**63)), ("a", 3, -(2**63))]
    assert len(guarded(SUM, rows, dominance=0.5, types=types).rows) == 1


def test_the_whole_table_is_a_group_too() -> None:
    assert guarded("SELECT sum(x) AS s FROM t", MANY).rows == [{"s": 5.0}]
    alone = guarded("SELECT sum(x) AS s FROM t", [("a", 1, 5.0)] * 9)
    assert (alone.rows, alone.held_back) == ([], 1)
    assert guarded("SELECT count(*) AS n FROM t", []).rows == []


def test_a_filter_that_leaves_one() -> None:
    assert guarded("SELECT city, sum(x) AS s FROM t WHERE who = 3 GROUP BY city", MANY).rows == []


def test_groups_of_one_subject_each() -> None:
    told = guarded("SELECT who, sum(x) AS s FROM t GROUP BY who", MANY)
    assert (told.rows, told.held_back) == ([], 5)


def test_having_tells_nothing_about_groups_that_are_held_back() -> None:
    rows = [*MANY, ("b", 1, 500.0), ("c", 2, 1.0)]
    sql = SUM + " HAVING sum(x) > 100"
    rich, poor = guarded(sql, rows), guarded(sql, [*MANY, ("b", 1, 5.0), ("c", 2, 1.0)])

    assert rich == poor == ([], 2)


def test_limit_takes_groups_that_are_told() -> None:
    rows = [*MANY, ("b", 1, 500.0), ("c", 1, 9.0), ("c", 2, 9.0)]
    told = guarded(SUM + " ORDER BY s DESC LIMIT 1", rows)
    assert told.rows == [{"city": "c", "s": 18.0}]


def test_order_is_kept_and_the_count_of_groups_comes_last() -> None:
    rows = [(f"city {n:04}", who, float(n)) for n in range(3000) for who in (1, 2)]
    told = guarded(SUM + " ORDER BY sum(x) DESC", [*rows, ("z", 1, 1.0)])
    assert [row["s"] for row in told.rows] == [2.0 * n for n in reversed(range(3000))]
    assert told.held_back == 1


def test_keys_that_are_null_or_not_a_number_are_groups() -> None:
    types = pa.schema([("city", pa.float64()), ("who", pa.int64()), ("x", pa.float64())])
    rows = [(key, who, 1.0) for key in (math.nan, None, -0.0, 0.0) for who in (1, 2)]
    told = guarded(COUNT, rows, types=types)
    assert sorted(row["n"] for row in told.rows) == [2, 2, 4]


REFUSED = {
    "subjects of another table": "SELECT city, count(*) AS n FROM t, other GROUP BY city",
    "subjects of a join": "SELECT city, sum(y) AS s FROM t JOIN other USING (who) GROUP BY city",
    "made-up subjects": "SELECT city, count(*) AS n FROM "
    "(SELECT city, x AS who FROM t) q GROUP BY city",
    "made-up subjects in a WITH": "WITH q AS (SELECT city, x AS who FROM t) "
    "SELECT city, count(*) AS n FROM q GROUP BY city",
    "totals beside their parts": "SELECT city, sum(x) AS s FROM t GROUP BY ROLLUP (city)",
    "cubes": "SELECT city, sum(x) AS s FROM t GROUP BY CUBE (city)",
    "grouping sets": "SELECT city, sum(x) AS s FROM t GROUP BY GROUPING SETS ((city), ())",
    "a window over groups": "SELECT city, sum(x) AS s, sum(sum(x)) OVER () AS w "
    "FROM t GROUP BY city",
    "a distinct sum": "SELECT city, sum(DISTINCT x) AS s FROM t GROUP BY city",
    "a distinct mean": "SELECT city, avg(DISTINCT x) AS s FROM t GROUP BY city",
    "one subject's share": "SELECT city, sum(if(who = 3, x, 1)) AS s FROM t GROUP BY city",
    "all but one subject": "SELECT city, sum(if(who = 3, 0, x)) AS s FROM t GROUP BY city",
    "one person beside a constant": "SELECT "
    "sum(CASE WHEN city = 'x' THEN x ELSE 1000 END) AS s FROM t",
    "an offset that hides who dominates": "SELECT sum(x + 1000000) AS s FROM t",
    "one person's share as a condition": "SELECT count(*) AS n FROM t "
    "HAVING sum(CASE WHEN city = 'x' THEN x ELSE 1 END) > 1200",
    "one person's share as an order": COUNT + " ORDER BY 1 * sum(CASE WHEN x > 3 THEN x END)",
    "a count of a condition": "SELECT count(CASE WHEN city = 'x' THEN 1 END) AS n FROM t",
    "a distinct count of a condition": "SELECT "
    "count(DISTINCT CASE WHEN x > 3 THEN 1 END) AS n FROM t",
    "a mean of a condition": "SELECT avg(CAST(x > 3 AS INTEGER)) AS m FROM t",
    "another column by the subject's name": "SELECT city, count(*) AS n "
    "FROM t AS q(city, x, who) GROUP BY city",
    "an order by all outputs": COUNT.replace("AS n", "AS n, max(x) AS m") + " ORDER BY ALL",
    "an extreme as a condition": SUM + " HAVING max(x) > 3",
    "an extreme as an order": SUM + " ORDER BY max(x)",
    "a filtered sum as a condition": SUM + " HAVING sum(x) FILTER (WHERE who = 1) > 3",
    "a list as a condition": SUM + " HAVING len(list(x)) > 3",
    "one value of a group": SUM + " HAVING any_value(x) > 3",
    "another query as a condition": SUM + " HAVING sum(x) > (SELECT max(x) FROM t)",
    "no aggregation": "SELECT city, x FROM t",
    "several queries": COUNT + " UNION ALL " + COUNT,
    "distinct groups": "SELECT DISTINCT count(*) AS n FROM t GROUP BY city",
    "a lateral list": "SELECT u, count(*) AS n FROM t, unnest([1, 2]) AS l(u) GROUP BY u",
}


@pytest.mark.parametrize("attack", REFUSED)
def test_refused(attack: str) -> None:
    with pytest.raises(SqlRefused):
        guard(trace(REFUSED[attack], INPUTS, DEFAULT_LIMITS), INPUTS, "who", 2, 0.5)


def test_a_subject_that_the_input_does_not_have() -> None:
    with pytest.raises(SqlRefused, match="no column `nobody`"):
        guarded(COUNT, MANY, subject="nobody")


@pytest.mark.parametrize(("k", "dominance"), [(1, 0.5), (2, 0.0), (2, 1.1), (2, math.nan)])
def test_a_bound_that_binds_nothing(k: int, dominance: float) -> None:
    with pytest.raises(ValueError, match="k is at least 2"):
        guarded(COUNT, MANY, k, dominance)


def test_a_column_called_like_the_hidden_one() -> None:
    told = guarded('SELECT city, count(*) AS "_held_back" FROM t GROUP BY city', MANY)
    assert told.rows == [{"city": "a", "_held_back": 5}]


def test_the_subjects_themselves_may_be_counted() -> None:
    told = guarded("SELECT count(DISTINCT who) AS people, count(who) AS n FROM t", MANY)
    assert told.rows == [{"people": 5, "n": 5}]


def counted(rows: list[tuple[str | None, int | None]]) -> pa.RecordBatch:
    schema = pa.schema([("city", pa.string()), ("held", pa.int64())])
    return pa.RecordBatch.from_pylist(
        [{"city": city, "held": held} for city, held in rows], schema=schema
    )


@pytest.mark.parametrize(
    "batches",
    [
        [],
        [counted([("a", None)])],
        [counted([("a", None), (None, 1), ("b", None)])],
        [counted([(None, 1)]), counted([("b", None)])],
        [counted([(None, 1), (None, 1)])],
        [pa.record_batch({"city": ["a"]})],
    ],
)
def test_rows_that_do_not_end_with_the_count_are_not_told(batches: list[pa.RecordBatch]) -> None:
    with pytest.raises(StepFailed):
        list(HeldBack("s", "held").told(batches))


ONE_AMONG_MANY = [*((city, who, 10.0) for city in "ab" for who in range(12)), ("a", 99, 107.0)]
"""Two cities of many, and one more person in the first."""


@pytest.mark.parametrize(
    "keys", ["(1)", "((1))", "1", "c", "ALL", "(1, 2)", "((1), 2)", "(c, (2))"]
)
def test_a_position_in_parentheses_groups_by_what_it_says(keys: str) -> None:
    """An engine counts it out anew where the groups are judged, among other outputs."""
    both = ", city" if "2" in keys else ""
    sql = (
        f"SELECT CASE WHEN x = 107 THEN 1 ELSE 0 END AS c{both}, sum(x) AS s FROM t GROUP BY {keys}"
    )
    told = guarded(sql, ONE_AMONG_MANY, k=10)
    assert {row["c"] for row in told.rows} == {0}
    assert told.held_back == 1


@pytest.mark.parametrize("constant", ["3", "(3)", "-3", "row(3)", "1 + 2", "'3'", "NULL::INT"])
def test_a_constant_that_is_a_key_counts_out_no_output(constant: str) -> None:
    """`GROUP BY (3)` means the third column, wherever the query was put together."""
    sql = f"SELECT {constant} AS a, city, x = 107 AS c, sum(x) AS s FROM t GROUP BY ALL"
    told = guarded(sql, ONE_AMONG_MANY, k=10)
    assert {row["c"] for row in told.rows} == {False}
    assert told.held_back == 1


@pytest.mark.parametrize(
    "key", ["row(1)", "-(-1)", "row(row(1))", "(city, row(1))", "(1) COLLATE nocase", "+(-(-1))"]
)
def test_a_position_in_disguise_is_refused(key: str) -> None:
    with pytest.raises(SqlRefused, match=r"no plain position|inside a group key|COLLATE|collat"):
        guarded(f"SELECT city, sum(x) AS s FROM t GROUP BY {key}", ONE_AMONG_MANY)


@pytest.mark.parametrize(
    "output",
    [
        "count(*) FILTER (WHERE x > 100)",
        "count(who) FILTER (WHERE x > 100)",
        "{'n': count(*)}",
        "count(*) + 1",
        "max(1) FILTER (WHERE x > 100)",
        "sum(1) FILTER (WHERE who = 99)",
        "max(CASE WHEN x = 107 THEN 1 ELSE 0 END)",
        "list(city) FILTER (WHERE x = 107)",
        "arg_max(city, x)",
        "CASE WHEN max(x) > 100 THEN 1 ELSE 0 END",
    ],
)
def test_one_person_told_of_by_what_decides_an_output(output: str) -> None:
    """It gives no labelled column, so neither label nor count of people would stand before it."""
    with pytest.raises(SqlRefused, match=r"count with FILTER|columns it does not give"):
        guarded(f"SELECT city, {output} AS n FROM t GROUP BY city", ONE_AMONG_MANY)


@pytest.mark.parametrize(
    "rest",
    [
        "GROUP BY (who IS NULL), (x IS NULL)",
        "GROUP BY who IS NULL HAVING count(x) > 0",
        "GROUP BY who IS NULL ORDER BY count(x)",
        "WHERE x > 0 GROUP BY who IS NULL",
    ],
)
def test_a_condition_on_one_person_beside_a_harmless_mention_of_the_same_columns(rest: str) -> None:
    condition = "max(CASE WHEN who = 99 AND x > 106 THEN 1 END)"
    with pytest.raises(SqlRefused, match="columns it does not give"):
        guarded(f"SELECT {condition} AS v, count(*) AS n FROM t {rest}", ONE_AMONG_MANY)


@pytest.mark.parametrize(
    "rest",
    [
        "WHERE (SELECT x > 106 FROM t WHERE who = 99) GROUP BY city",
        "GROUP BY city LIMIT (SELECT CASE WHEN x > 106 THEN 1 ELSE 0 END FROM t WHERE who = 99)",
        "GROUP BY city OFFSET (SELECT CASE WHEN x > 106 THEN 1 ELSE 0 END FROM t WHERE who = 99)",
    ],
)
def test_a_query_around_an_aggregation_as_an_oracle(rest: str) -> None:
    with pytest.raises(SqlRefused, match="a query in"):
        guarded(f"SELECT city, count(*) AS n FROM t {rest}", ONE_AMONG_MANY)


def test_outputs_that_compute_with_keys_and_folded_columns_pass() -> None:
    outputs = "upper(city) AS c, CASE WHEN city = 'a' THEN 1 END AS first, round(avg(x), 1) AS m"
    told = guarded(f"SELECT {outputs}, count(*) AS n FROM t GROUP BY city", ONE_AMONG_MANY, k=10)
    assert {(row["c"], row["first"]) for row in told.rows} == {("A", 1), ("B", None)}
