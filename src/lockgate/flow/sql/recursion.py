"""WITH RECURSIVE: what its columns read, found by going round until nothing new comes."""

from __future__ import annotations

from sqlglot import exp

from lockgate.flow.sql.names import Fresh, fold, shown
from lockgate.flow.sql.refusals import Refusals
from lockgate.flow.sql.scope import Output, Relation, Scope
from lockgate.flow.sql.tracing import Named, Tables, Tracing


def recursive(
    tracing: Tracing, cte: exp.CTE, named: Named, tables: Tables, around: Scope | None
) -> Named:
    """A query of a WITH RECURSIVE that is a UNION.

    The first part gives the columns their names and first marks. The second reads them
    again and again, on copies, until a round adds nothing; marks only grow and are
    bounded, so it ends. The last round is made on the tree itself.
    """
    union = cte.this
    if union.args.get("by_name") or any(union.args.get(key) for key in _AFTER):
        tracing.refusals.refuse(union, "this kind of recursion is not traced")
        return Named(named.written, Relation([], broken=True))
    first = tracing.query(tracing, union.this, tables, around)
    names = [column.name for column in cte.args["alias"].columns]
    current = _named(tracing, cte, first, names)
    changing = not current.broken
    while changing:
        inner = {**tables, fold(cte.alias): Named(named.written, current)}
        grown = _round(_quiet(tracing), union, current, inner, around, union.expression.copy())
        tracing.count(union, len(grown.columns))
        changing = not grown.broken and not _same(current, grown)
        current = current if grown.broken else grown
    inner = {**tables, fold(cte.alias): Named(named.written, current)}
    last = _round(tracing, union, current, inner, around, union.expression)
    return Named(named.written, last)


_AFTER = ("with_", "order", "limit", "offset")


def _round(
    tracing: Tracing,
    union: exp.Union,
    current: Relation,
    tables: Tables,
    around: Scope | None,
    part: exp.Expr,
) -> Relation:
    again = tracing.query(tracing, part, tables, around)
    if current.broken or again.broken:
        return Relation([], current.rows | again.rows, broken=True)
    if len(again.columns) != len(current.columns):
        tracing.refusals.refuse(
            part, f"{len(current.columns)} and {len(again.columns)} columns in a recursion"
        )
        return Relation([], broken=True)
    columns = [
        Output(one.name, one.marks.joined(other.marks), one.where)
        for one, other in zip(current.columns, again.columns, strict=True)
    ]
    rows = current.rows | again.rows
    if union.args.get("distinct"):
        rows |= Relation(columns, rows).all
    return Relation(columns, rows)


def _same(one: Relation, other: Relation) -> bool:
    marks = [column.marks for column in one.columns] == [column.marks for column in other.columns]
    return marks and one.rows == other.rows


def _named(tracing: Tracing, cte: exp.CTE, relation: Relation, names: list[str]) -> Relation:
    if relation.broken:
        return relation
    if len(names) > len(relation.columns):
        tracing.refusals.refuse(cte, f"{shown(cte.alias)} has more names than columns")
        return Relation([], broken=True)
    columns = [
        Output(names[place] if place < len(names) else column.name, column.marks, column.where)
        for place, column in enumerate(relation.columns)
    ]
    return Relation(columns, relation.rows)


def _quiet(tracing: Tracing) -> Tracing:
    """The same trace for a copy: what it refuses is told by the last round."""
    return Tracing(
        refs=tracing.refs,
        limits=tracing.limits,
        refusals=Refusals(""),
        aliases=Fresh(()),
        queries=Fresh(()),
        query=tracing.query,
    )
