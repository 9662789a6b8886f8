"""Sound lineage of one SELECT in DuckDB's dialect: what every output is made of.

For every output, any input column that can change its value or which rows there are is
among its ``direct`` and ``influence`` columns or the query's ``rows``. What the pass does
not know it refuses, by name and place (docs/decisions/0025).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from lockgate.flow.sql.clauses import Item
from lockgate.flow.sql.lineage import (
    Fold,
    FoldKind,
    Grouping,
    InputTable,
    TracedColumn,
    TracedQuery,
)
from lockgate.flow.sql.marks import Marks, RefIndex
from lockgate.flow.sql.names import Fresh, fold, shown, unique
from lockgate.flow.sql.parse import parse
from lockgate.flow.sql.pivot import written_out
from lockgate.flow.sql.plain import made_plain
from lockgate.flow.sql.query import read_outermost, read_query
from lockgate.flow.sql.refusals import Refusals
from lockgate.flow.sql.render import render
from lockgate.flow.sql.scope import Output, Relation
from lockgate.flow.sql.select import Shape
from lockgate.flow.sql.tracing import Named, Tracing
from lockgate.flow.sql.unpivot import spell
from lockgate.limits import Limits

_FOLDS = {
    "count": FoldKind.COUNT,
    "sum": FoldKind.SUM,
    "avg": FoldKind.AVG,
    "mean": FoldKind.AVG,
}


def trace(
    text: str,
    inputs: Sequence[InputTable],
    limits: Limits,
    tree: exp.Query | exp.Pivot | None = None,
) -> TracedQuery:
    """What each output of the query is made of, and the text that may run.

    ``tree`` is the text's, if it was parsed before; it is changed on the way.

    Steps: 1. parse within bounds; 2. write PIVOT and operators one way; 3. resolve every name
    by DuckDB's rules and follow it to the inputs; 4. write the tree down, read it again and
    compare. Labels, zones and the engine are the caller's.

    Raises:
        SqlRefused: with every problem found, each with its place in ``text``.
    """
    refusals = Refusals(text)
    index = RefIndex(inputs)
    tables = _inputs(inputs, index, refusals)
    refusals.raise_any()
    parsed = parse(text, limits, refusals) if tree is None else tree
    try:
        taken = _taken(parsed, inputs)
        query = written_out(parsed, Fresh(taken), limits, refusals)
        return _traced(made_plain(query), inputs, tables, index, refusals, limits)
    except RecursionError:
        refusals.at(0, "the query is nested too deeply", "make it several steps")
        refusals.raise_any()
        raise


def _traced(
    tree: exp.Query,
    inputs: Sequence[InputTable],
    tables: dict[str, Named],
    index: RefIndex,
    refusals: Refusals,
    limits: Limits,
) -> TracedQuery:
    aliases = Fresh(_taken(tree, inputs))
    queries = Fresh(table.name for table in inputs)
    tracing = Tracing(index, limits, refusals, aliases, queries, read_query)
    relation, shape = read_outermost(tracing, tree, tables)
    refusals.raise_any()
    names = unique(column.name for column in relation.columns)
    if names != [column.name for column in relation.columns]:
        refusals.at(0, "two outputs of one name", "give each output a name of its own")
        refusals.raise_any()
    spell(tree)
    used = frozenset(table.name for table in inputs if table.name in tracing.used)
    return TracedQuery(
        sql=render(tree, refusals),
        columns=_columns(relation, shape, index),
        rows=index.refs(relation.rows),
        grouping=_grouping(shape, index),
        tables=used,
    )


def _inputs(inputs: Sequence[InputTable], index: RefIndex, refusals: Refusals) -> dict[str, Named]:
    tables: dict[str, Named] = {}
    for table in inputs:
        if fold(table.name) in tables:
            refusals.at(0, f"two inputs called {shown(table.name)}")
        seen: set[str] = set()
        for column in table.columns:
            if fold(column) in seen:
                refusals.at(
                    0,
                    f"input {shown(table.name)} has two columns called {shown(column)}",
                    "SQL does not tell letters by case: rename one",
                )
            seen.add(fold(column))
        columns = [Output(column, Marks(index.bit(table.name, column))) for column in table.columns]
        tables[fold(table.name)] = Named(table.name, Relation(columns))
    return tables


def _taken(tree: exp.Expr, inputs: Sequence[InputTable]) -> set[str]:
    """Names that columns have or may get, which no table is to be written with."""
    taken = {column for table in inputs for column in table.columns}
    taken.update(("unnest", "range", "generate_series"))
    for node in tree.walk():
        if isinstance(node, exp.Alias):
            taken.add(node.alias)
        elif isinstance(node, exp.TableAlias):
            taken.update(column.name for column in node.columns)
        elif isinstance(node, exp.Column | exp.Unnest | exp.Lateral):
            taken.add(node.alias_or_name)
        elif isinstance(node, exp.Dot):
            taken.add(node.expression.name)
        elif isinstance(node, exp.Lambda):
            taken.update(name.name for name in node.expressions)
        elif isinstance(node, exp.Comprehension):
            taken.update(name.name for name in node.find_all(exp.Identifier))
    return taken


def _columns(relation: Relation, shape: Shape | None, index: RefIndex) -> tuple[TracedColumn, ...]:
    items: Sequence[Item | None] = [None] * len(relation.columns)
    if shape is not None and shape.plain:
        items = shape.items
    return tuple(
        TracedColumn(
            name=output.name,
            direct=index.refs(output.marks.direct),
            influence=index.refs(output.marks.influence),
            where=output.where,
            how=_fold(item, output, index),
        )
        for item, output in zip(items, relation.columns, strict=True)
    )


def _fold(item: Item | None, output: Output, index: RefIndex) -> Fold | None:
    """The fold that an item is and nothing else."""
    value = item.node.this if item is not None else None
    if not isinstance(value, exp.Anonymous) or not isinstance(value.this, str):
        return None
    kind = _FOLDS.get(fold(value.this))
    arguments = value.expressions
    if kind is None or len(arguments) > 1:
        return None
    given = arguments[0] if arguments else None
    distinct = isinstance(given, exp.Distinct)
    if isinstance(given, exp.Order) or (
        isinstance(given, exp.Distinct) and len(given.expressions) != 1
    ):
        return None
    return Fold(kind, index.refs(output.marks.direct), distinct)


def _grouping(shape: Shape | None, index: RefIndex) -> Grouping | None:
    if shape is None or not shape.plain:
        return None
    keys = tuple(item.output.name for item in shape.items if item.key)
    return Grouping(keys, index.refs(shape.keys))
