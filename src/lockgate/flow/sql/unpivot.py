"""UNPIVOT as a query that unnests a list of the columns."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from lockgate.flow.sql.names import Fresh, fold
from lockgate.flow.sql.plain import call
from lockgate.flow.sql.refusals import Refusals

# The parts of a PIVOT or UNPIVOT that are read, or that the parser notes for itself.
PARTS = frozenset(
    """
    this expressions using group with_ fields alias unpivot columns include_nulls into
    value_columns_first identify_pivot_strings prefixed_pivot_columns pivot_column_naming
    """.split()
)
NAMED = exp.PivotAlias | exp.Alias
# A literal that is to say how a column is spelled, once that is known.
_SPELLED = "spelled"


def unpivoted(
    node: exp.Pivot,
    source: exp.Expr,
    name: exp.Expr,
    value: list[exp.Expr],
    columns: list[exp.Expr],
    fresh: Fresh,
    refusals: Refusals,
) -> exp.Select:
    """A query that makes a row of each column, if it is not null or nulls are asked for."""
    odd = [key for key, given in node.args.items() if given and key not in PARTS]
    if odd or len(value) != 1 or not all(map(_is_name, (name, *value))):
        refusals.refuse(node, "UNPIVOT into several columns", "unpivot one list of columns")
        return exp.Select()
    plain = [one.this if isinstance(one, NAMED) else one for one in columns]
    if not plain or not all(isinstance(one, exp.Column) and _is_name(one) for one in plain):
        refusals.refuse(
            next((one for one in plain if not _is_name(one)), node),
            "UNPIVOT of something that is no list of columns",
            "name each column: `ON a, b`",
        )
        return exp.Select()
    names = [_spelled(one, column) for one, column in zip(columns, plain, strict=True)]
    of, to = fresh.name("unpivot_name"), fresh.name("unpivot_value")
    inner = exp.Select(
        expressions=[
            star_without(plain),
            _unnested(names, of),
            _unnested(plain, to),
        ],
        from_=exp.From(this=source),
    )
    outer = exp.Select(
        expressions=[
            star_without([exp.column(of), exp.column(to)]),
            exp.Alias(this=exp.column(of), alias=_called(name)),
            exp.Alias(this=exp.column(to), alias=_called(value[0])),
        ],
        from_=exp.From(this=exp.Subquery(this=inner)),
    )
    if not node.args.get("include_nulls"):
        there = exp.Not(this=exp.Is(this=exp.column(to), expression=exp.Null()))
        outer.set("where", exp.Where(this=there))
    return outer


def spell(tree: exp.Query) -> None:
    """Names of unpivoted columns, as values, get the spelling of their columns."""
    for literal in tree.find_all(exp.Literal):
        column = literal.meta_get(_SPELLED)
        if isinstance(column, exp.Expr):
            literal.set("this", column.name)


def _is_name(node: exp.Expr) -> bool:
    if isinstance(node, exp.Column):
        return isinstance(node.this, exp.Identifier) and not node.table
    return isinstance(node, exp.Identifier)


def _called(node: exp.Expr) -> exp.Identifier:
    name = exp.to_identifier(node.name, quoted=True)
    name.meta.update((node.this if isinstance(node, exp.Column) else node).meta)
    return name


def star_without(columns: Iterable[exp.Expr]) -> exp.Star:
    """All columns but these, each of which is one of them."""
    left_out = {fold(column.name): column for column in columns}
    return exp.Star(except_=[_called(column) for column in left_out.values()] or None)


def _spelled(one: exp.Expr, column: exp.Expr) -> exp.Literal:
    """The name of an unpivoted column as a value: the one given, else the column's own."""
    if isinstance(one, NAMED):
        return exp.Literal.string(one.args["alias"].name)
    literal = exp.Literal.string(column.name)
    literal.meta[_SPELLED] = column
    return literal


def _unnested(values: Iterable[exp.Expr], name: str) -> exp.Alias:
    listed = call("unnest", exp.Array(expressions=list(values)))
    return exp.Alias(this=listed, alias=exp.to_identifier(name, quoted=True))
