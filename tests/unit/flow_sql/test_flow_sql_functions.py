"""The list of functions: DuckDB's own, each of the kind it is there, and all in the reference."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from flow_sql.notation import refusals, short
from lockgate.flow.sql.functions import REFUSED, RULES, TABLES, Kind, near
from lockgate.flow.sql.lambdas import FUNCTIONS

# Syntax of their own rather than functions of the catalogue.
SYNTAX = {"array", "coalesce", "grouping", "grouping_id", "ifnull", "try", "unnest"}
KINDS = {
    Kind.SCALAR: {"scalar", "macro"},
    Kind.AGGREGATE: {"aggregate", "macro"},
    Kind.WINDOW: {"window"},
}
KNOWN = {
    (name, kind)
    for name, kind in duckdb.connect()
    .execute("SELECT function_name, function_type FROM duckdb_functions()")
    .fetchall()
}


@pytest.mark.parametrize("name", sorted(set(RULES) - SYNTAX))
def test_an_allowed_function_is_one_of_duckdb_and_of_its_kind(name: str) -> None:
    assert {(name, kind) for kind in KINDS[RULES[name].kind]} & KNOWN


def test_no_function_that_changes_from_call_to_call_is_allowed() -> None:
    rows = (
        duckdb.connect()
        .execute("SELECT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE'")
        .fetchall()
    )
    assert {name for (name,) in rows} & set(RULES) == set()


def test_nothing_is_both_allowed_and_refused() -> None:
    assert set(REFUSED) & (set(RULES) | TABLES) == set()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_function_says_why(name: str) -> None:
    assert REFUSED[name][0] in refusals(f"SELECT {name}(a) FROM t")[0]


def test_names_are_compared_without_case_and_suggested() -> None:
    assert short("SELECT SUM(a) AS x, Upper(g) AS y FROM t") == short(
        "SELECT sum(a) AS x, upper(g) AS y FROM t"
    )
    assert "strftime" in near("strftme")
    assert near("zzzzzzzz") == []


def test_the_reference_lists_exactly_the_allowed_functions(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "sql-steps.md").read_text(encoding="utf-8")
    listed = re.findall(r"`([a-z0-9_]+)`", page.partition("\n### ")[2])

    assert sorted(listed) == sorted([*RULES, *FUNCTIONS])
