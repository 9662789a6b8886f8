"""A hundred queries whose direct columns were worked out by hand, from what the query means."""

from __future__ import annotations

from flow_sql.cases import cases
from lockgate.flow.sql.lineage import InputTable
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

INPUTS = (
    InputTable("customers", ("customer_id", "name", "email", "city", "born")),
    InputTable("orders", ("order_id", "customer_id", "amount", "status", "day", "tags")),
    InputTable("events", ("event_id", "customer_id", "kind", "score", "details")),
)
FALSE_SHARE = 0.1
TRUTH = cases("truth")
Edges = set[tuple[str, str]]


def true_edges(lines: list[str]) -> Edges:
    named = [line.partition(" =") for line in lines]
    return {(name, ref) for name, _, refs in named for ref in refs.split()}


def told_edges(sql: str) -> tuple[list[str], Edges]:
    query = trace(sql, INPUTS, DEFAULT_LIMITS)
    edges = {(column.name, str(ref)) for column in query.columns for ref in column.direct}
    return [column.name for column in query.columns], edges


def test_no_direct_column_is_missing_and_few_are_too_many() -> None:
    missing, false, told = [], [], 0
    for sql, lines in TRUTH:
        names, edges = told_edges(sql)
        assert names == [line.partition(" =")[0] for line in lines], sql
        told += len(edges)
        missing += [(sql, edge) for edge in true_edges(lines) - edges]
        false += [(sql, edge) for edge in edges - true_edges(lines)]

    assert missing == []
    assert len(false) <= FALSE_SHARE * told, false


def test_there_are_a_hundred() -> None:
    assert len({sql for sql, _ in TRUTH}) >= 100
