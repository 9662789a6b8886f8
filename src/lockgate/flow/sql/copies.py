"""Outputs of a traced query that are a column of an input as it is, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.lineage import Ref, TracedQuery


def copies(traced: TracedQuery) -> Mapping[str, Ref]:
    """Each such output of the outermost SELECT, by name, with the column that it is.

    A row of the query has the value of some row of the input there, or null. What is computed, and
    what comes by way of a query in FROM or WITH, is not told to be a copy.
    """
    tree = VerbatimDuckDB().parse(traced.sql)[0]
    if not isinstance(tree, exp.Select):
        return {}
    defined = {cte.alias for cte in tree.ctes}
    tables = {
        table.alias_or_name: table.name
        for table in _in_from(tree)
        if table.name in traced.tables and table.name not in defined
    }
    found = {}
    for item in tree.expressions:
        of = item.unalias()
        if isinstance(of, exp.Column) and of.table in tables:
            found[item.alias_or_name] = Ref(tables[of.table], of.name)
    return found


def _in_from(tree: exp.Select) -> list[exp.Table]:
    clause = tree.args.get("from_")
    parts = [clause.this] if clause is not None else []
    parts += [join.this for join in tree.args.get("joins") or ()]
    return [part for part in parts if isinstance(part, exp.Table)]
