"""How rows of a traced query are made: which outputs are copies, and of how many rows each is."""

from __future__ import annotations

from collections import Counter

from sqlglot import exp

from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.lineage import MANY, Ref, RowShape, TracedQuery


def row_shape(traced: TracedQuery) -> RowShape:
    """The shape of a plain SELECT over inputs and joins of them; of any other, nothing is known."""
    tree = VerbatimDuckDB().parse(traced.sql)[0]
    tables = _plain_tables(tree) if isinstance(tree, exp.Select) else None
    if tables is None or not isinstance(tree, exp.Select):
        return RowShape({}, dict.fromkeys(traced.tables, MANY))
    # Behind `orders AS o(a, b)` a column's name says nothing of which column it is.
    of = {table.alias_or_name: table.name for table in tables if not table.alias_column_names}
    copied = {}
    for item in tree.expressions:
        value = item.unalias()
        if isinstance(value, exp.Column) and not value.db and value.table in of:
            copied[item.alias_or_name] = Ref(of[value.table], value.name)
    return RowShape(copied, Counter(table.name for table in tables))


def _plain_tables(tree: exp.Select) -> list[exp.Table] | None:
    """The tables of FROM and its joins; None if rows are made in any other way."""
    clause = tree.args.get("from_")
    parts = [clause.this] if clause is not None else []
    parts += [join.this for join in tree.args.get("joins") or ()]
    tables = [part for part in parts if isinstance(part, exp.Table)]
    odd = tree.ctes or tree.args.get("group") or tree.args.get("laterals")
    inside = sum(1 for _ in tree.find_all(exp.Table))
    if odd or len(tables) != len(parts) or inside != len(tables):
        return None
    return tables
