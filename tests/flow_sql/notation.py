"""A trace as one short text: `name: direct; influence`, then the rows."""

from __future__ import annotations

from collections.abc import Iterable

from lockgate.errors import SqlRefused
from lockgate.flow.sql.lineage import InputTable, Ref, TracedQuery
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

INPUTS = (
    InputTable("t", ("a", "b", "g", "s", "l")),
    InputTable("u", ("a", "c", "d")),
    InputTable("v", ("c", "e")),
)


def listed(refs: Iterable[Ref]) -> str:
    return " ".join(sorted(map(str, refs)))


def traced(sql: str) -> TracedQuery:
    return trace(sql, INPUTS, DEFAULT_LIMITS)


def short(sql: str) -> list[str]:
    """`x: t.a; t.b` for each output, then `rows: t.g`; what is empty is left out."""
    query = traced(sql)
    parts = []
    for column in query.columns:
        influence = f"; {listed(column.influence)}" if column.influence else ""
        parts.append(f"{column.name}: {listed(column.direct)}{influence}".strip())
    if query.rows:
        parts.append(f"rows: {listed(query.rows)}")
    return parts


def refusals(sql: str) -> list[str]:
    """`line:column message` of every problem of a query that is refused."""
    try:
        traced(sql)
    except SqlRefused as refused:
        return [
            f"{problem.where.line}:{problem.where.column} {problem.message}"
            for problem in refused.problems
            if problem.where is not None
        ]
    return []
