"""What each output of a query is made of, construct by construct; and what is refused, where."""

from __future__ import annotations

import pytest

from flow_sql.cases import cases
from flow_sql.notation import refusals, short


@pytest.mark.parametrize(("sql", "expected"), cases("expressions"))
def test_an_expression_reads_what_it_reads(sql: str, expected: list[str]) -> None:
    assert short(sql) == expected


@pytest.mark.parametrize(("sql", "expected"), cases("queries"))
def test_a_query_hands_on_what_it_reads(sql: str, expected: list[str]) -> None:
    assert short(sql) == expected


@pytest.mark.parametrize(("sql", "expected"), cases("refused"))
def test_what_cannot_be_traced_is_refused_at_its_place(sql: str, expected: list[str]) -> None:
    assert refusals(sql) == expected
    assert expected != []
