"""The clauses around a select list: GROUP BY, ORDER BY, DISTINCT, LIMIT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from lockgate.flow.sql.expression import Reader
from lockgate.flow.sql.marks import NOTHING, Marks
from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.scope import Output, Scope
from lockgate.flow.sql.tracing import Tables, Tracing

_SETS = (exp.Rollup, exp.Cube, exp.GroupingSets)
_LIMIT = frozenset(("this", "expression", "limit_options"))


@dataclass(slots=True)
class Item:
    """An item of a select list, read."""

    output: Output
    node: exp.Alias
    aggregate: bool = False
    bare: int = 0
    rows: int = 0  # what it decides the rows by: lists it unnests, windows that sort
    key: bool = False


def ordinal_of(node: exp.Expr) -> int | None:
    """The number, if the node is nothing but a whole number."""
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal():
        return int(node.name)
    return None


def unwrapped(node: exp.Expr) -> exp.Expr:
    """The key in plain view: around a number or a name, parentheses change nothing."""
    while isinstance(node, exp.Paren):
        inner = node.this
        node.replace(inner)
        node = inner
    return node


def hides_place(node: exp.Expr) -> bool:
    """Whether the engine takes a part of a key for an output's number: `-(-1)`, `row(1)`.

    It does so through signs, rows and collations, and not through any other expression.
    """
    waiting = [node]
    while waiting:
        part = waiting.pop()
        row = isinstance(part, exp.Anonymous) and fold(str(part.this)) == "row"
        if row or isinstance(part, exp.Paren | exp.Neg | exp.Tuple):
            waiting.extend(part.iter_expressions())
        elif isinstance(part, exp.Collate):
            waiting.append(part.this)
        elif isinstance(part, exp.Literal) and not part.is_string:
            return True
    return False


_HIDDEN = "a number that stands in a key and is no plain position"


class Grouped:
    """GROUP BY: ``bits`` is what the groups are made by; ``plain`` if each row is in one."""

    def __init__(self, reader: Reader, items: Sequence[Item], scope: Scope) -> None:
        self._reader = reader
        self._items = items
        self._scope = scope
        self.bits = 0
        self.plain = True

    def read(self, group: exp.Group) -> None:
        """Read all keys; aliases and ordinals mark the items that they name."""
        if any(value and key not in ("expressions", "all") for key, value in group.args.items()):
            self._reader.refuse(group, "this kind of GROUP BY is not traced")
        if group.args.get("all"):
            self._all(group)
        for node in list(group.expressions):
            self._key(node)
        expressions = [node for node in group.expressions if not isinstance(node, _SETS)]
        for item in self._items:
            item.key = item.key or any(item.node.this == node for node in expressions)

    def _all(self, group: exp.Group) -> None:
        if group.args.get("all") is not True:
            self._reader.refuse(group, "GROUP BY DISTINCT is not traced")
        for item in self._items:
            item.key = item.key or not item.aggregate
            self.bits |= item.bare if item.aggregate else item.output.marks.all

    def _key(self, node: exp.Expr) -> None:
        if isinstance(node, _SETS):
            self.plain = False
            for inner in list(node.expressions):
                self._key(inner)
        elif isinstance(node, exp.Tuple):
            for inner in list(node.expressions):
                self._key(inner)
        elif isinstance(node, exp.Paren):
            self._key(unwrapped(node) if self.plain else node.this)
        elif (number := ordinal_of(node)) is not None:
            self.bits |= self._item(node, number).all
        else:
            alias = self._alias(node)
            if alias is None and hides_place(node):
                self._reader.refuse(node, _HIDDEN, "write GROUP BY 1, or leave it out")
            if alias is None:
                self.bits |= self._reader.read(node).all
            else:
                self.bits |= self._item(node, alias).all
                node.replace(exp.Literal.number(alias))

    def _alias(self, node: exp.Expr) -> int | None:
        """The item that a name without a table means: columns come first."""
        if not isinstance(node, exp.Column) or len(node.parts) != 1 or not self.plain:
            return None
        alias = self._scope.aliases.get(fold(node.name))
        if alias is None or self._scope.has(node.name):
            return None
        return alias.ordinal

    def _item(self, node: exp.Expr, number: int) -> Marks:
        if not 1 <= number <= len(self._items):
            self._reader.refuse(node, f"there is no output {number}")
            return NOTHING
        item = self._items[number - 1]
        item.key = True
        return item.output.marks


def order_bits(
    reader: Reader | None, node: exp.Expr, outputs: Sequence[Output], tracing: Tracing
) -> int:
    """What one key of ORDER BY or DISTINCT ON reads: an output, or an expression.

    An output's name becomes its number. Without a reader (a set operation) only
    outputs may be named.
    """
    if isinstance(node, exp.Var) and node.name.upper() == "ALL":
        return _all(outputs)
    node = unwrapped(node)
    number = ordinal_of(node)
    if number is None and hides_place(node):
        tracing.refusals.refuse(node, _HIDDEN, "write ORDER BY 1, or leave it out")
        return 0
    if number is not None:
        if 1 <= number <= len(outputs):
            return outputs[number - 1].marks.all
        tracing.refusals.refuse(node, f"there is no output {number}")
        return 0
    if isinstance(node, exp.Column) and len(node.parts) == 1:
        for place, output in enumerate(outputs, 1):
            if fold(output.name) == fold(node.name):
                node.replace(exp.Literal.number(place))
                return output.marks.all
    if reader is None:
        tracing.refusals.refuse(
            node, "ORDER BY an expression after a set operation", "order by an output's name"
        )
        return 0
    return reader.read(node).all


def _all(outputs: Sequence[Output]) -> int:
    bits = 0
    for output in outputs:
        bits |= output.marks.all
    return bits


def ordered(
    reader: Reader | None, node: exp.Expr, outputs: Sequence[Output], tracing: Tracing
) -> int:
    """What ORDER BY reads, and LIMIT and OFFSET."""
    bits = 0
    order = node.args.get("order")
    for key in order.expressions if order is not None else ():
        if isinstance(key, exp.Ordered) and not key.args.get("with_fill"):
            bits |= order_bits(reader, key.this, outputs, tracing)
        else:
            tracing.refusals.refuse(key, "this kind of ORDER BY is not traced")
    return bits


def limited(tracing: Tracing, tables: Tables, node: exp.Expr, around: Scope | None) -> int:
    """What LIMIT and OFFSET read: numbers, or queries that make one."""
    bits = 0
    for name in ("limit", "offset"):
        part = node.args.get(name)
        if part is None:
            continue
        odd = [key for key, value in part.args.items() if value and key not in _LIMIT]
        if not isinstance(part, exp.Limit | exp.Offset) or odd:
            tracing.refusals.refuse(part, "this kind of LIMIT is not traced", "write LIMIT n")
            continue
        reader = Reader(tracing, Scope(around), tables, aliases=False)
        bits |= reader.read(part.args.get("expression")).all
    return bits


def distinct(
    reader: Reader, select: exp.Select, outputs: Sequence[Output], tracing: Tracing
) -> int:
    """What DISTINCT keeps rows by."""
    clause = select.args.get("distinct")
    if clause is None:
        return 0
    on = clause.args.get("on")
    if on is None:
        return _all(outputs)
    bits = 0
    for node in list(on.expressions) if isinstance(on, exp.Tuple) else [on]:
        bits |= order_bits(reader, node, outputs, tracing)
    return bits


def refuse_unknown(tracing: Tracing, node: exp.Expr, known: frozenset[str]) -> None:
    """Refuse every part of a query that is on no list."""
    words = {"locks": "FOR UPDATE", "sample": "a sample", "hint": "a hint", "into": "INTO"}
    for key, value in node.args.items():
        if value and key not in known:
            inside = value[0] if isinstance(value, list) else value
            place = inside if isinstance(inside, exp.Expr) else node
            what = words.get(key, shown(key.strip("_").upper()))
            tracing.refusals.refuse(place, f"{what} in a query is not traced")
