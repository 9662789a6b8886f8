"""PIVOT and UNPIVOT as the plain SELECTs that they stand for, so that these are traced and run.

PIVOT is one filtered aggregate a cell; UNPIVOT unnests a list of the columns. Only what is
spelled out: columns that depend on the data cannot be known before it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod

from sqlglot import exp

from lockgate.flow.sql.functions import RULES, Kind
from lockgate.flow.sql.names import Fresh, fold, shown
from lockgate.flow.sql.plain import call
from lockgate.flow.sql.refusals import Refusals
from lockgate.flow.sql.unpivot import NAMED, PARTS, star_without, unpivoted
from lockgate.limits import Limits

_LISTED = "list them: `ON col IN ('a', 'b')`"


def written_out(tree: exp.Expr, fresh: Fresh, limits: Limits, refusals: Refusals) -> exp.Query:
    """The tree with each PIVOT and UNPIVOT replaced; changed in place.

    Raises:
        SqlRefused: one that cannot be spelled out from the query alone.
    """
    holder = exp.Subquery(this=tree)
    statements = [one for one in holder.find_all(exp.Pivot, bfs=False) if one.arg_key != "pivots"]
    for pivot in statements:
        pivot.replace(_Writer(fresh, limits, refusals).statement(pivot))
    sources = [node for node in holder.walk(bfs=False) if node.args.get("pivots")]
    for node in sources:
        _in_from(node, fresh, limits, refusals)
    if statements or sources:
        refusals.raise_any()
    inner = holder.this
    inner.pop()
    if not isinstance(inner, exp.Query):
        raise AssertionError  # the parser's caller saw to it
    return inner


def _in_from(node: exp.Expr, fresh: Fresh, limits: Limits, refusals: Refusals) -> None:
    """`FROM t PIVOT (…) AS p`: a query in FROM."""
    pivots = node.args["pivots"]
    node.set("pivots", None)
    if isinstance(node.parent, exp.Join):
        hint = "put what is meant in parentheses: a query, or a name of a WITH"
        refusals.refuse(pivots[0], "PIVOT or UNPIVOT after a join", hint)
        return
    parent, key, joins = node.parent, node.arg_key, node.args.get("joins")
    node.set("joins", None)
    source: exp.Expr = node
    for pivot in pivots:
        alias = pivot.args.get("alias")
        made = _Writer(fresh, limits, refusals).clause(pivot, source)
        source = exp.Subquery(this=made, alias=alias)
    source.set("joins", joins)
    if parent is not None and key is not None:
        parent.set(key, source)


class _Writer:
    """Writes one PIVOT or UNPIVOT."""

    def __init__(self, fresh: Fresh, limits: Limits, refusals: Refusals) -> None:
        self._fresh = fresh
        self._limits = limits
        self._refusals = refusals

    def statement(self, node: exp.Pivot) -> exp.Select:
        """`PIVOT t ON … USING … GROUP BY …`, `UNPIVOT t ON … INTO NAME … VALUE …`."""
        if node.args.get("unpivot"):
            into = node.args.get("into")
            value = into.expressions if into is not None else [exp.to_identifier("value")]
            name = into.this if into is not None else exp.to_identifier("name")
            made = unpivoted(
                node, node.this, name, value, node.expressions, self._fresh, self._refusals
            )
        else:
            made = self._pivot(node, node.this, node.expressions, node.args.get("using") or [])
        if node.args.get("with_"):
            made.set("with_", node.args["with_"])
        return made

    def clause(self, node: exp.Pivot, source: exp.Expr) -> exp.Select:
        """`t PIVOT (… FOR … IN (…) GROUP BY …)`, `t UNPIVOT (… FOR … IN (…))`."""
        fields = node.args.get("fields") or []
        if not node.args.get("unpivot"):
            return self._pivot(node, source, fields, node.expressions)
        if len(fields) != 1 or not isinstance(fields[0], exp.In):
            return self._refuse(node, "UNPIVOT into several names", "unpivot one list of columns")
        return unpivoted(
            node,
            source,
            fields[0].this,
            node.expressions,
            fields[0].expressions,
            self._fresh,
            self._refusals,
        )

    def _refuse(self, node: exp.Expr, message: str, hint: str = "") -> exp.Select:
        self._refusals.refuse(node, message, hint)
        return exp.Select()

    # ------------------------------------------------------------------ PIVOT
    def _pivot(
        self,
        node: exp.Pivot,
        source: exp.Expr,
        fields: list[exp.Expr],
        using: list[exp.Expr],
    ) -> exp.Select:
        known = PARTS | {"default_on_null"}
        odd = [key for key, value in node.args.items() if value and key not in known]
        if odd or node.args.get("default_on_null"):
            return self._refuse(node, f"{shown((odd or ['DEFAULT ON NULL'])[0])} in PIVOT")
        folds = [self._fold(one) for one in using or [call("count", exp.Star())]]
        listed = [self._cases(field) for field in fields]
        if self._refusals:
            return exp.Select()
        if len(folds) > 1 and not all(name for _, name in folds):
            return self._refuse(using[0], "PIVOT of several aggregates without names", "add AS")
        if len(folds) * prod(len(cases) for cases in listed) > self._limits.sql_columns:
            return self._refuse(node, f"more than {self._limits.sql_columns:,} columns by PIVOT")
        cells = [self._cell(fold_, cell) for cell in product(*listed) for fold_ in folds]
        return self._grouped(node, source, cells, [one for one, _ in folds], fields)

    def _grouped(
        self,
        node: exp.Pivot,
        source: exp.Expr,
        cells: list[exp.Alias],
        folds: list[exp.Expr],
        fields: list[exp.Expr],
    ) -> exp.Select:
        """The cells by the keys that are named, else by all columns that PIVOT does not name."""
        group = node.args.get("group")
        keys: list[exp.Expr] = list(group.expressions) if group is not None else []
        if group is not None and (
            not keys or any(not isinstance(key, exp.Column) or key.table for key in keys)
        ):
            return self._refuse(group, "this GROUP BY of a PIVOT", "name columns, without tables")
        if keys:
            named = exp.Group(expressions=[key.copy() for key in keys])
        else:
            used = [one for part in (*folds, *fields) for one in part.find_all(exp.Column)]
            keys, named = [star_without(used)], exp.Group(all=True)
        return exp.Select(expressions=[*keys, *cells], from_=exp.From(this=source), group=named)

    def _fold(self, node: exp.Expr) -> tuple[exp.Expr, str]:
        """An aggregate and the name it was given."""
        value = node.unalias()
        rule = RULES.get(fold(str(value.this))) if isinstance(value, exp.Anonymous) else None
        inner = value.find(exp.Query, exp.Window)
        if inner is not None or rule is None or rule.kind is not Kind.AGGREGATE:
            self._refusals.refuse(
                node, "PIVOT of something that is no aggregate", "compute it in a query around"
            )
        for column in value.find_all(exp.Column):
            if column.table:
                self._refusals.refuse(column, "a column behind its table in PIVOT", "name it alone")
        return value, node.alias if isinstance(node, exp.Alias) else ""

    def _cases(self, field: exp.Expr) -> list[tuple[exp.Expr, str]]:
        """For each value of an IN: the condition for it, and what its column is called."""
        if not isinstance(field, exp.In) or not field.expressions:
            self._refusals.refuse(
                field, "PIVOT without a list of values: its columns depend on the data", _LISTED
            )
            return []
        column = field.this
        if not isinstance(column, exp.Column) or column.table:
            self._refusals.refuse(
                field, "PIVOT ON something that is no column", "name it in a query before"
            )
        result: list[tuple[exp.Expr, str]] = []
        for one in field.expressions:
            value = one.this if isinstance(one, NAMED) else one
            name = self._literal(value)
            if isinstance(one, NAMED):
                name = one.args["alias"].name
            text = value if _is_text(value) else _as_text(value)
            is_it = exp.NullSafeEQ(this=_as_text(column), expression=text.copy())
            result.append((is_it, name))
        if len({name for _, name in result}) != len(result):
            self._refusals.refuse(field, "a value twice in the IN of a PIVOT")
        return result

    def _literal(self, value: exp.Expr) -> str:
        """The text of a literal, which its column is called."""
        if _is_text(value):
            return value.name
        if isinstance(value, exp.Literal) and value.name.isdecimal() and len(value.name) <= 18:
            return str(int(value.name))
        if isinstance(value, exp.Boolean):
            return "true" if value.this else "false"
        if isinstance(value, exp.Null):
            return "NULL"
        self._refusals.refuse(
            value,
            "PIVOT by something that is no string, whole number, truth value or NULL",
            "write the values as literals: 'a', 1",
        )
        return ""

    @staticmethod
    def _cell(folded: tuple[exp.Expr, str], cell: Iterable[tuple[exp.Expr, str]]) -> exp.Alias:
        value, name = folded
        cell = list(cell)
        where = exp.and_(*(condition.copy() for condition, _ in cell), copy=False, wrap=False)
        called = "_".join([*(part for _, part in cell), *([name] if name else [])])
        kept = exp.Filter(this=value.copy(), expression=exp.Where(this=where))
        return exp.Alias(this=kept, alias=exp.to_identifier(called, quoted=True))


def _is_text(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and value.is_string


def _as_text(value: exp.Expr) -> exp.Cast:
    return exp.Cast(this=value.copy(), to=exp.DataType(this=exp.DType.TEXT, nested=False))
