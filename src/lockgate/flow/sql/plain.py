"""One shape for what DuckDB writes in several ways, so that written and read again are alike.

sqlglot parses some operators into functions' classes and writes them as calls. Here they
become the calls that they are, before anything is traced.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from lockgate.flow.sql.functions.aggregates import WITHIN_GROUP


def call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    """A call of a function under DuckDB's name."""
    given = [argument for argument in arguments if argument is not None]
    return exp.Anonymous(this=name, expressions=given)


def _both(name: str) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: call(name, node.this, node.args.get("expression"))


def _case(node: exp.Expr) -> exp.Expr:
    if isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
        return node
    branch = exp.If(this=node.this, true=node.args.get("true"))
    return exp.Case(ifs=[branch], default=node.args.get("false"))


def _position(node: exp.Expr) -> exp.Expr:
    return call("strpos", node.this, node.args.get("substr"))


def _nulls_inside(node: exp.Expr) -> exp.Expr:
    """`lag(x) IGNORE NULLS` is `lag(x IGNORE NULLS)`; respecting them is what happens anyway."""
    inner = node.this
    if isinstance(node, exp.RespectNulls):
        return inner if isinstance(inner, exp.Expr) else node
    if isinstance(inner, exp.Anonymous) and inner.expressions:
        arguments = list(inner.expressions)
        arguments[-1] = exp.IgnoreNulls(this=arguments[-1])
        inner.set("expressions", arguments)
        return inner
    return node


def _trim(node: exp.Expr) -> exp.Expr:
    names = {"LEADING": "ltrim", "TRAILING": "rtrim"}
    name = names.get(str(node.args.get("position") or "").upper(), "trim")
    return call(name, node.this, node.args.get("expression"))


def _within_group(node: exp.Expr) -> exp.Expr:
    """`percentile_cont(f) WITHIN GROUP (ORDER BY x)` is `quantile_cont(f ORDER BY x)`."""
    function, order = node.this, node.args.get("expression")
    if not isinstance(function, exp.Anonymous) or not isinstance(order, exp.Order):
        return node
    name, count = WITHIN_GROUP.get(str(function.this).lower(), ("", -1))
    given = list(function.expressions)
    if len(given) != count or len(order.expressions) != 1 or isinstance(node.parent, exp.Window):
        return node
    return call(name, exp.Order(this=given[0] if given else None, expressions=order.expressions))


def _comprehension(node: exp.Expr) -> exp.Expr:
    """`[x + 1 FOR x IN xs IF x > 2]` as a filter and a transformation."""
    inner = node.expressions[0] if len(node.expressions) == 1 else None
    if not isinstance(inner, exp.Comprehension):
        return node
    name, condition = inner.expression, inner.args.get("condition")
    place = inner.args.get("position")
    if not isinstance(name, exp.Identifier) or (place is not None and condition is not None):
        return node
    listed = inner.args["iterator"]
    if condition is not None:
        listed = call("list_filter", listed, exp.Lambda(this=condition, expressions=[name.copy()]))
    names = [name] if place is None else [name, place]
    return call("list_transform", listed, exp.Lambda(this=inner.this, expressions=names))


_PLAIN: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.RegexpLike: _both("regexp_matches"),
    exp.RegexpFullMatch: _both("regexp_full_match"),
    exp.StartsWith: _both("starts_with"),
    exp.Pow: _both("pow"),
    exp.Abs: lambda node: call("abs", node.this),
    exp.If: _case,
    exp.StrPosition: _position,
    exp.Trim: _trim,
    exp.Map: lambda node: call("map", node.args.get("keys"), node.args.get("values")),
    exp.IgnoreNulls: _nulls_inside,
    exp.RespectNulls: _nulls_inside,
    exp.WithinGroup: _within_group,
    exp.Array: _comprehension,
}


def made_plain(tree: exp.Query) -> exp.Query:
    """The tree with operators as calls; changed in place."""
    for node in list(tree.walk(bfs=False)):
        maker = _PLAIN.get(type(node))
        if maker is None:
            continue
        made = maker(node)
        if made is not node:
            made.meta.update(node.meta)
            node.replace(made)
    return tree
