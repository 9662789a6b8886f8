"""Lambdas over lists: their names are a scope of their own, which hides columns.

Whatever a lambda reads reaches what the call makes: the list, and every column of the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lockgate.flow.sql.marks import NOTHING, Marks
from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.plain import call
from lockgate.flow.sql.scope import Ambiguous

if TYPE_CHECKING:
    from lockgate.flow.sql.expression import Reader

# Functions of a list and a lambda, with how many names that may have.
FUNCTIONS = {
    **dict.fromkeys("list_transform list_apply array_transform array_apply apply".split(), (1, 2)),
    **dict.fromkeys("list_filter array_filter filter".split(), (1, 2)),
    **dict.fromkeys("list_reduce array_reduce reduce".split(), (2, 3)),
}
_FOLDING = frozenset(("list_reduce", "array_reduce", "reduce"))
_HINT = "write `list_transform(xs, lambda x: x + 1)`"


def with_lambda(reader: Reader, node: exp.Anonymous) -> Marks:
    """`list_transform(xs, lambda x: …)`, and for a reduction what it starts from."""
    name = fold(str(node.this))
    least, most = FUNCTIONS[name]
    given = node.expressions
    inner = given[1] if len(given) > 1 else None
    if len(given) not in ((2, 3) if name in _FOLDING else (2,)) or not isinstance(
        inner, exp.Lambda
    ):
        return reader.refuse(node, f"{shown(name)} without a lambda after its list", _HINT)
    names = inner.expressions
    plain = all(isinstance(one, exp.Identifier) for one in names)
    if not plain or not least <= len(names) <= most:
        return reader.refuse(node, "a lambda with other names than it takes", _HINT)
    if len({fold(one.name) for one in names}) != len(names):
        return reader.refuse(node, "a lambda with two names alike", _HINT)
    odd = inner.this.find(exp.Query, exp.Window)
    if odd is not None:
        return reader.refuse(node, "a query or a window in a lambda", "compute it before")
    marks = reader.read(given[0])
    for start in given[2:]:
        marks = marks.joined(reader.read(start))
    around = reader.lambdas
    reader.lambdas = {**around, **{fold(one.name): (one.name, marks) for one in names}}
    body = reader.read(inner.this)
    reader.lambdas = around
    result = marks.joined(body)
    # What a round of a reduction made may decide the next one.
    return result.deciding(result.all) if name in _FOLDING and body.influence else result


def of_lambda(reader: Reader, node: exp.Expr) -> Marks | None:
    """What a lambda's name reads, with its fields written as calls; None if it is no such name."""
    if isinstance(node, exp.Column):
        parts: list[exp.Expr] = list(node.parts)
    else:
        parts = [node]
        while isinstance(parts[0], exp.Dot):
            parts = [parts[0].this, parts[0].expression, *parts[1:]]
    first = parts[0]
    known = reader.lambdas.get(fold(first.name)) if isinstance(first, exp.Identifier) else None
    if known is None:
        return None
    if not all(isinstance(one, exp.Identifier) for one in parts):
        reader.refuse(node, "a call after a dot", "write f(x) instead of x.f()")
        return NOTHING
    if len(parts) > 1 and _is_elsewhere(reader, first.name):
        what = f"{shown(first.name)} before a dot, which a lambda and the query both have"
        reader.refuse(node, what, "give the lambda another name")
        return NOTHING
    made: exp.Expr = exp.to_identifier(known[0], quoted=True)
    made.meta.update(first.meta)
    for part in parts[1:]:
        made = call("struct_extract", made, exp.Literal.string(part.name))
    node.replace(made)
    return known[1]


def _is_elsewhere(reader: Reader, name: str) -> bool:
    """Whether a table or a column is called so, which the engine takes first before a dot."""
    try:
        return bool(reader.scope.table(name) or reader.scope.column(name))
    except Ambiguous:
        return True
