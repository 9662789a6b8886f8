"""What an expression reads: by value, or only to decide.

A walk without recursion over everything whose parts all reach the result; calls,
conditions, windows and queries have rules of their own. What is on neither list is
refused by its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from lockgate.flow.sql import calls
from lockgate.flow.sql.lambdas import of_lambda
from lockgate.flow.sql.marks import NOTHING, Marks
from lockgate.flow.sql.reference import resolve
from lockgate.flow.sql.scope import Scope
from lockgate.flow.sql.tracing import Tables, Tracing, inside, name_of
from lockgate.flow.sql.types import check_type

# Every part of these reaches the result.
TRANSPARENT: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Paren),
        *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
        *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.Between, exp.In, exp.Any, exp.All),
        *(exp.Like, exp.ILike, exp.SimilarTo, exp.Glob, exp.Escape, exp.DPipe, exp.Collate),
        *(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot),
        *(exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.ArrayOverlaps),
        *(exp.Tuple, exp.Array, exp.Struct, exp.ToMap, exp.PropertyEQ, exp.Bracket, exp.Slice),
        *(exp.JSONExtract, exp.JSONExtractScalar, exp.Interval, exp.Extract, exp.AtTimeZone),
        *(exp.ArrayContainsAll, exp.ArrayContainedBy, exp.Overlay),
    }
)
# These read nothing: literals, the time of the run.
LEAVES: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Literal, exp.Boolean, exp.Null),
        *(exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp),
        *(exp.Localtime, exp.Localtimestamp),
    }
)
# A bare word in these is no column.
_WORDED = (exp.Interval, exp.Extract, exp.Collate)
_ADVICE = {
    exp.Lambda: "a lambda stands in list_transform, list_filter and list_reduce",
    exp.Comprehension: "leave out the position or the condition: [x FOR x IN xs IF x > 1]",
    exp.PositionalColumn: "name the column",
    exp.Placeholder: "write the value itself",
    exp.Parameter: "write the value itself",
    exp.Star: "name the columns",
    exp.WithinGroup: "give the order inside the call: string_agg(x, ',' ORDER BY y)",
    exp.Alias: "name outputs in the select list",
}


@dataclass(slots=True)
class Reader:
    """Reads the expressions of one clause.

    ``late`` says that it is read after grouping, where an alias may come before a column.
    ``aggregate`` is set once one was met that belongs to this query; ``bare`` gathers
    what is read outside aggregates; ``unnested`` what decides how many rows a list in
    the select list makes.
    """

    tracing: Tracing
    scope: Scope
    tables: Tables
    windows: dict[str, int] = field(default_factory=dict)
    lambdas: dict[str, tuple[str, Marks]] = field(default_factory=dict)
    aliases: bool = True
    late: bool = False
    aggregate: bool = False
    inside: bool = False
    near: bool = False
    far: bool = False
    bare: int = 0
    unnested: int = 0
    sorted: int = 0

    def read(self, root: exp.Expr | None) -> Marks:
        """What the expression reads; its names are made exact in place."""
        result = NOTHING
        waiting = [root] if root is not None else []
        while waiting:
            node = waiting.pop()
            kind = type(node)
            if kind in LEAVES:
                continue
            if kind in TRANSPARENT:
                waiting.extend(_parts(node))
            else:
                result = result.joined(self._special(node))
        return result

    def deciding(self, *nodes: exp.Expr | None) -> int:
        """Everything that some expressions read, where they only decide."""
        bits = 0
        for node in nodes:
            bits |= self.read(node).all
        return bits

    def refuse(self, node: exp.Expr, message: str, hint: str = "") -> Marks:
        """Refuse a node and go on as if it read nothing."""
        self.tracing.refusals.refuse(node, message, hint)
        return NOTHING

    def query(self, node: exp.Expr) -> Marks:
        """A query inside the expression: its values, its rows, and what decides them.

        One that reads the query around is computed as a join: that decides the order in
        which rows come out.
        """
        relation, reached = inside(self.tracing, node, self.tables, self.scope)
        exists = isinstance(node.parent, exp.Exists)
        marks = Marks(0, relation.rows) if exists else relation.as_value()
        if reached:
            self.sorted |= reached | marks.influence
        if not self.inside:
            self.bare |= marks.all
        return marks

    def _special(self, node: exp.Expr) -> Marks:
        named = isinstance(node, exp.Column | exp.Dot | exp.Identifier) and self.lambdas
        if named and (marks := of_lambda(self, node)) is not None:
            return marks
        if isinstance(node, exp.Column | exp.Dot):
            return resolve(self, node)
        if isinstance(node, exp.Anonymous):
            return calls.call(self, node)
        if isinstance(node, exp.Window):
            return calls.window(self, node)
        if isinstance(node, exp.Filter):
            return calls.filtered(self, node)
        if isinstance(node, exp.Case):
            return self._case(node)
        if isinstance(node, exp.Cast | exp.TryCast):
            check_type(self.tracing.refusals, node)
            return self.read(node.this)
        if isinstance(node, exp.Exists):
            return self.query(node.this)
        if isinstance(node, exp.Query):
            return self.query(node)
        if isinstance(node, exp.Var | exp.Identifier) and isinstance(node.parent, _WORDED):
            return NOTHING  # a unit, a part of a date, a collation
        hint = next((text for kind, text in _ADVICE.items() if isinstance(node, kind)), "")
        return self.refuse(node, f"{name_of(node)} is not traced", hint)

    def _case(self, node: exp.Case) -> Marks:
        result = Marks(0, self.deciding(node.this))
        for branch in node.args.get("ifs") or ():
            decides = self.read(branch.this).all
            result = result.joined(self.read(branch.args.get("true"))).deciding(decides)
        return result.joined(self.read(node.args.get("default")))


def _parts(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a transparent node; the name of a struct's field is none."""
    if isinstance(node, exp.PropertyEQ) and isinstance(node.this, exp.Identifier):
        return [node.expression]
    return list(node.iter_expressions())
