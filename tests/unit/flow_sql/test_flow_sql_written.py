"""What runs: written anew from the tree, with nothing left to resolve; and which folds it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flow_sql.cases import cases
from flow_sql.notation import INPUTS, listed, refusals, traced
from lockgate.errors import SqlRefused
from lockgate.flow.sql.lineage import FoldKind, InputTable
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS


@pytest.mark.parametrize(("sql", "written"), cases("written"))
def test_the_text_names_everything(sql: str, written: list[str]) -> None:
    assert [traced(sql).sql] == written


def test_a_table_is_never_called_like_a_struct_column() -> None:
    inputs = [InputTable("t", ("u",)), InputTable("u", ("x",))]
    query = trace("SELECT u.x FROM u WHERE EXISTS (FROM t WHERE t.u = 1)", inputs, DEFAULT_LIMITS)

    assert listed(query.columns[0].direct) == "u.x"
    with pytest.raises(SqlRefused, match="several columns"):
        trace("SELECT (SELECT u.x FROM t) FROM u", inputs, DEFAULT_LIMITS)


def test_inputs_that_differ_by_case_alone_are_refused() -> None:
    with pytest.raises(SqlRefused, match="two columns"):
        trace("SELECT 1", [InputTable("t", ("a", "A"))], DEFAULT_LIMITS)
    with pytest.raises(SqlRefused, match="two inputs"):
        trace("SELECT 1", [InputTable("t", ("a",)), InputTable("T", ("a",))], DEFAULT_LIMITS)


def test_letters_outside_ascii_keep_their_case_apart() -> None:
    inputs = [InputTable("t", ("é", "É"))]

    assert listed(trace("SELECT É FROM t", inputs, DEFAULT_LIMITS).columns[0].direct) == "t.É"


def test_a_refusal_shows_no_literal_and_no_control_character() -> None:
    for sql in (
        "SELECT nope('SECRET') FROM t",
        "SELECT 'SECRET' FROM FROM t",
        "SELECT a FROM t WHERE g = 'SECRET' AND",
        "SELECT 'SECRET",
        "SELECT CAST('SECRET' AS nope) FROM t",
        "SELECT a FROM t TABLESAMPLE 'SECRET'",
    ):
        said = refusals(sql)
        assert said, sql
        assert "SECRET" not in " ".join(said)
    assert "\u202e" not in " ".join(refusals('SELECT "a\u202eb" FROM t'))
    assert "U+001B" in refusals("SELECT '\x1b[2J' FROM t")[0]


def test_places_count_lines_and_columns() -> None:
    assert refusals("SELECT a,\n       nope(b)\nFROM t\nWHERE zz = 1") == [
        "2:8 function `nope` is not on the list of functions",
        "4:7 no column `zz` here",
    ]
    assert traced("SELECT a,\n  upper(g) AS x\nFROM t").columns[1].where == (2, 3)


def test_a_plain_aggregation_says_which_outputs_are_folds() -> None:
    query = traced("SELECT g, a % 2 AS k, count(*) AS n, avg(b) AS m FROM t GROUP BY g, k")
    kinds = {column.name: column.how and column.how.kind for column in query.columns}

    assert kinds == {"g": None, "k": None, "n": FoldKind.COUNT, "m": FoldKind.AVG}
    assert query.grouping is not None
    assert query.grouping.keys == ("g", "k")
    assert listed(query.grouping.refs) == "t.a t.g"


@pytest.mark.parametrize(
    ("item", "kind", "of", "distinct"),
    [
        ("count(*)", "count", "", False),
        ("count()", "count", "", False),
        ("count(a)", "count", "t.a", False),
        ("count(DISTINCT a)", "count", "t.a", True),
        ("SUM(a + b)", "sum", "t.a t.b", False),
        ("mean(a)", "avg", "t.a", False),
    ],
)
def test_each_fold_tells_its_argument(item: str, kind: str, of: str, distinct: bool) -> None:
    how = traced(f"SELECT {item} AS x FROM t").columns[0].how

    assert how is not None
    assert (how.kind.value, listed(how.of), how.distinct) == (kind, of, distinct)


@pytest.mark.parametrize(
    "item",
    [
        "max(a)",
        "sum(a) + 1",
        "sum(a) / count(*)",
        "CAST(sum(a) AS INT)",
        "sum(a) FILTER (WHERE b > 1)",
        "sum(a) OVER ()",
        "count(DISTINCT a, b)",
        "sum(a ORDER BY b)",
    ],
)
def test_what_is_more_than_a_fold_is_none(item: str) -> None:
    assert traced(f"SELECT {item} AS x FROM t").columns[0].how is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t",
        "SELECT DISTINCT count(*) AS n FROM t GROUP BY g",
        "SELECT g, count(*) AS n FROM t GROUP BY ROLLUP (g)",
        "SELECT count(*) AS n FROM t GROUP BY g QUALIFY row_number() OVER () = 1",
        "SELECT count(*) AS n FROM t UNION ALL SELECT 1",
        "SELECT n FROM (SELECT count(*) AS n FROM t) AS q",
        "(SELECT count(*) AS n FROM t)",
        "SELECT unnest(l) AS x, count(*) AS n FROM t GROUP BY ALL",
        "SELECT g, sum(sum(a)) OVER (ORDER BY g) AS x FROM t GROUP BY g",
    ],
)
def test_anything_else_is_no_plain_aggregation(sql: str) -> None:
    query = traced(sql)

    assert query.grouping is None
    assert [column.how for column in query.columns] == [None] * len(query.columns)


def test_tables_are_those_that_are_read() -> None:
    assert traced("SELECT a FROM t WHERE b IN (SELECT c FROM u)").tables == {"t", "u"}
    assert traced("WITH u AS (SELECT 1 AS c) SELECT c FROM u").tables == frozenset()
    assert {table.name for table in INPUTS} == {"t", "u", "v"}


def test_the_command_line_and_the_results_need_no_parser() -> None:
    code = (
        "import sys, lockgate.cli.main, lockgate.flow.check, lockgate.flow.sql.lineage;"
        "sys.exit('sqlglot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
