"""Calls: scalar functions, aggregates, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lockgate.flow.sql.functions import REFUSED, RULES, Kind, Rule, near
from lockgate.flow.sql.functions.aggregates import QUANTILES
from lockgate.flow.sql.lambdas import FUNCTIONS, with_lambda
from lockgate.flow.sql.marks import NOTHING, Marks
from lockgate.flow.sql.names import fold, shown

if TYPE_CHECKING:
    from lockgate.flow.sql.expression import Reader

_WINDOW_PARTS = frozenset(("this", "partition_by", "order", "spec", "alias", "over", "first"))


def call(reader: Reader, node: exp.Anonymous, *, windowed: bool = False) -> Marks:
    """A call by its function's rule."""
    if fold(str(node.this)) in FUNCTIONS and isinstance(node.this, str) and not windowed:
        return with_lambda(reader, node)
    rule = _rule(reader, node)
    if rule is None:
        return NOTHING
    if reader.lambdas and rule.kind is not Kind.SCALAR:
        what = f"{shown(str(node.this))} in a lambda"
        return reader.refuse(node, what, "compute it in a query before")
    if rule.kind is Kind.WINDOW and not windowed:
        return reader.refuse(node, f"{shown(str(node.this))} without OVER", "give it a window")
    if rule.kind is Kind.UNNEST:
        return _unnest(reader, node)
    if rule.kind is Kind.GROUPING:
        return Marks(0, reader.deciding(*node.expressions))
    if rule.kind is Kind.AGGREGATE and not windowed:
        return _aggregate(reader, node, rule)
    return _arguments(reader, node, rule)


def filtered(reader: Reader, node: exp.Filter, *, windowed: bool = False) -> Marks:
    """`f(x) FILTER (WHERE c)`: the condition decides."""
    function, where = node.this, node.expression
    if not isinstance(function, exp.Anonymous) or not isinstance(where, exp.Where):
        return reader.refuse(node, "FILTER after something that is no call")
    if windowed:
        return call(reader, function, windowed=True).deciding(reader.deciding(where.this))
    rule = _rule(reader, function)
    if rule is None:
        return NOTHING
    if rule.kind is not Kind.AGGREGATE or reader.lambdas:
        return reader.refuse(node, f"FILTER after {shown(str(function.this))}, no aggregate")
    return _aggregate(reader, function, rule, where.this)


def window(reader: Reader, node: exp.Window) -> Marks:
    """A call over a window: partition, order and frame decide."""
    if unknown := [key for key, value in node.args.items() if value and key not in _WINDOW_PARTS]:
        return reader.refuse(node, f"{shown(unknown[0])} in a window is not traced")
    function = node.this
    if isinstance(function, exp.Filter):
        marks = filtered(reader, function, windowed=True)
    elif isinstance(function, exp.Anonymous):
        marks = call(reader, function, windowed=True)
    else:
        return reader.refuse(node, "OVER after something that is no call")
    parts = window_parts(reader, node)
    reader.sorted |= parts
    return marks.deciding(parts)


def window_parts(reader: Reader, node: exp.Window) -> int:
    """Everything that decides in a window's definition, the one it builds on included."""
    order = node.args.get("order")
    bits = reader.deciding(*(node.args.get("partition_by") or ()))
    bits |= reader.deciding(*(key.this for key in (order.expressions if order else ())))
    spec = node.args.get("spec")
    for side in ("start", "end"):
        bound = spec.args.get(side) if spec is not None else None
        if isinstance(bound, exp.Expr):
            bits |= reader.deciding(bound)
    base = node.args.get("alias")
    if isinstance(base, exp.Expr):
        known = reader.windows.get(fold(base.name))
        if known is None:
            reader.refuse(base, f"no window {shown(base.name)}", "define it in WINDOW")
        bits |= known or 0
    return bits


def _rule(reader: Reader, node: exp.Anonymous) -> Rule | None:
    """The rule of a function, or a refusal."""
    name = node.this
    if not isinstance(name, str):
        reader.refuse(node, "a quoted function name", "write it without quotes")
        return None
    rule = RULES.get(fold(name))
    if rule is None:
        reason = REFUSED.get(fold(name))
        if reason is not None:
            reader.refuse(node, f"function {shown(name)} {reason[0]}", reason[1])
        else:
            alike = ", ".join(f"`{other}`" for other in near(fold(name)))
            reader.refuse(
                node,
                f"function {shown(name)} is not on the list of functions",
                f"did you mean {alike}?" if alike else "see docs/reference/sql-steps.md",
            )
    return rule


def _aggregate(
    reader: Reader, node: exp.Anonymous, rule: Rule, where: exp.Expr | None = None
) -> Marks:
    """An aggregate of this query; inside it no other and no window may stand."""
    if reader.inside:
        return reader.refuse(node, f"aggregate {shown(str(node.this))} inside an aggregate")
    outside = (reader.near, reader.far)
    reader.inside, reader.near, reader.far = True, False, False
    marks = _arguments(reader, node, rule)
    if where is not None:
        marks = marks.deciding(reader.deciding(where))
    if reader.far and not reader.near:
        reader.refuse(
            node,
            f"aggregate {shown(str(node.this))} over columns of the query around",
            "fold them in that query",
        )
    reader.inside, reader.aggregate = False, True
    reader.near, reader.far = reader.near or outside[0], reader.far or outside[1]
    return marks


def _arguments(reader: Reader, node: exp.Anonymous, rule: Rule) -> Marks:
    """What the arguments give; DISTINCT, ORDER BY and IGNORE NULLS stand among them."""
    result = NOTHING
    for number, argument in enumerate(node.expressions):
        given = argument
        if isinstance(given, exp.Order):
            result = result.joined(_order(reader, node, given))
            given = given.this
        if isinstance(given, exp.IgnoreNulls):
            given = given.this
        listed = given.expressions if isinstance(given, exp.Distinct) else [given]
        for place, one in enumerate(listed, number):
            result = result.joined(_argument(reader, node, rule, one, place))
    return result


def _order(reader: Reader, node: exp.Anonymous, order: exp.Order) -> Marks:
    """The order inside a call decides, except where what is ordered is what is folded."""
    result = NOTHING
    for key in order.expressions:
        result = result.joined(reader.read(key.this))
    only = len(node.expressions) == 1 and fold(str(node.this)) in QUANTILES
    return result if only or order.this is None else result.as_influence()


def _argument(
    reader: Reader, node: exp.Anonymous, rule: Rule, argument: exp.Expr, place: int
) -> Marks:
    if isinstance(argument, exp.Star):
        plain = str(node.this).lower() == "count" and not any(argument.args.values())
        if plain and len(node.expressions) == 1:
            return NOTHING
        return reader.refuse(node, "a star as an argument", "name the columns")
    marks = reader.read(argument)
    fraction = isinstance(node.expressions[0], exp.Order) and fold(str(node.this)) in QUANTILES
    return marks.as_influence() if fraction or place in rule.deciding else marks


def _unnest(reader: Reader, node: exp.Anonymous) -> Marks:
    """A list in the select list: its values, and as many rows as it is long.

    Written as `unnest(x[:])`: a struct would unfold into columns that nobody counted,
    and a slice of a struct is an error.
    """
    if len(node.expressions) != 1 or reader.inside:
        return reader.refuse(node, "`unnest` with options", "unnest one list, in FROM")
    marks = reader.read(node.expressions[0])
    reader.unnested |= marks.all
    inner = node.expressions[0]
    node.set("expressions", [exp.Bracket(this=exp.Paren(this=inner), expressions=[exp.Slice()])])
    return marks
