"""Queries of queries: WITH, set operations, and the one SELECT at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from lockgate.flow.sql.clauses import limited, ordered, refuse_unknown
from lockgate.flow.sql.marks import NOTHING
from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.recursion import recursive
from lockgate.flow.sql.scope import Output, Relation, Scope
from lockgate.flow.sql.select import SelectReader, Shape
from lockgate.flow.sql.tracing import Named, Tables, Tracing, name_of

_CTE = frozenset(("this", "alias", "materialized"))
_SET = frozenset(("with_", "this", "expression", "distinct", "by_name", "order", "limit", "offset"))
_WRAPPED = frozenset(("with_", "this", "order", "limit", "offset"))


def read_outermost(
    tracing: Tracing, node: exp.Expr, tables: Tables
) -> tuple[Relation, Shape | None]:
    """The whole query; with what is known of its SELECT, if it is a single one."""
    if not isinstance(node, exp.Select):
        return read_query(tracing, node, tables), None
    return SelectReader(tracing, _with(tracing, node, tables, None), None).read(node)


def read_query(
    tracing: Tracing, node: exp.Expr, tables: Tables, around: Scope | None = None
) -> Relation:
    """The outputs of any query and what decides its rows; names are made exact in place."""
    tables = _with(tracing, node, tables, around)
    if isinstance(node, exp.Select):
        return SelectReader(tracing, tables, around).read(node)[0]
    if isinstance(node, exp.SetOperation):
        return _set_operations(tracing, node, tables, around)
    if isinstance(node, exp.Subquery):
        refuse_unknown(tracing, node, _WRAPPED)
        relation = read_query(tracing, node.this, tables, around)
        return _finished(tracing, node, relation, tables, around)
    tracing.refusals.refuse(node, f"{name_of(node)} is no query that is traced")
    return Relation([], broken=True)


def _with(tracing: Tracing, node: exp.Expr, tables: Tables, around: Scope | None) -> Tables:
    """The tables that a WITH adds, each seen by those after it."""
    clause = node.args.get("with_")
    if clause is None:
        return tables
    known = dict(tables)
    seen: set[str] = set()
    for cte in clause.expressions:
        odd = [key for key, value in cte.args.items() if value and key not in _CTE]
        if odd or clause.args.get("search"):
            tracing.refusals.refuse(cte, f"{shown((odd or ['SEARCH'])[0])} in WITH is not traced")
        name = cte.alias
        if fold(name) in seen:
            tracing.refusals.refuse(cte, f"two queries called {shown(name)} in one WITH")
        seen.add(fold(name))
        written = tracing.queries.name(name)
        columns = [column.name for column in cte.args["alias"].columns]
        if clause.args.get("recursive") and isinstance(cte.this, exp.Union):
            named = recursive(tracing, cte, Named(written, Relation([])), known, around)
        else:
            relation = tracing.query(tracing, cte.this, known, around)
            named = Named(written, renamed(tracing, cte, relation, columns))
        cte.args["alias"].set("this", exp.to_identifier(written, quoted=True))
        known[fold(name)] = named
    return known


def renamed(tracing: Tracing, node: exp.Expr, relation: Relation, names: Sequence[str]) -> Relation:
    """A query's columns under the names given to the first of them."""
    if relation.broken or not names:
        return relation
    if len(names) > len(relation.columns):
        tracing.refusals.refuse(node, f"{len(names)} names for {len(relation.columns)} columns")
        return Relation([], broken=True)
    columns = [
        Output(names[place] if place < len(names) else column.name, column.marks, column.where)
        for place, column in enumerate(relation.columns)
    ]
    return Relation(columns, relation.rows)


def _finished(
    tracing: Tracing, node: exp.Expr, relation: Relation, tables: Tables, around: Scope | None
) -> Relation:
    """ORDER BY, LIMIT and OFFSET after a whole query."""
    relation.rows |= ordered(None, node, relation.columns, tracing)
    relation.rows |= limited(tracing, tables, node, around)
    return relation


def _set_operations(
    tracing: Tracing, node: exp.SetOperation, tables: Tables, around: Scope | None
) -> Relation:
    """A chain of set operations, from the left, without recursion along it."""
    chain = [node]
    while isinstance(inner := chain[-1].this, exp.SetOperation) and not any(
        inner.args.get(key) for key in ("with_", "order", "limit", "offset")
    ):
        chain.append(inner)
    left = tracing.query(tracing, chain[-1].this, tables, around)
    left = Relation(left.columns, left.rows, left.broken)
    for operation in reversed(chain):
        refuse_unknown(tracing, operation, _SET)
        right = tracing.query(tracing, operation.expression, tables, around)
        left = combined(tracing, operation, left, right)
    return _finished(tracing, node, left, tables, around)


def combined(tracing: Tracing, node: exp.SetOperation, left: Relation, right: Relation) -> Relation:
    """One set operation: columns by place or by name; what removes rows reads all of them."""
    rows = left.rows | right.rows
    if left.broken or right.broken:
        return Relation([], rows, broken=True)
    keeps_all = isinstance(node, exp.Union) and not node.args.get("distinct")
    if not keeps_all:
        rows |= left.all | right.all
    if isinstance(node, exp.Except):
        right = Relation([Output(one.name, NOTHING) for one in right.columns])
    if node.args.get("by_name"):
        columns = _by_name(left, right)
    elif len(left.columns) != len(right.columns):
        tracing.refusals.refuse(
            node.expression,
            f"{len(left.columns)} and {len(right.columns)} columns in a set operation",
        )
        return Relation([], rows, broken=True)
    else:
        columns = [
            Output(one.name, one.marks.joined(other.marks), one.where)
            for one, other in zip(left.columns, right.columns, strict=True)
        ]
    tracing.count(node, len(columns))
    return Relation(columns, rows)


def _by_name(left: Relation, right: Relation) -> list[Output]:
    names = {fold(column.name): column for column in right.columns}
    result = []
    for column in left.columns:
        other = names.pop(fold(column.name), None)
        marks = column.marks if other is None else column.marks.joined(other.marks)
        result.append(Output(column.name, marks, column.where))
    return result + list(names.values())
