"""Joins in parentheses; USING and NATURAL: columns that two tables share and that become one."""

from __future__ import annotations

from sqlglot import exp

from lockgate.flow.sql.marks import Marks
from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.scope import Bound, Merged, Output, Scope
from lockgate.flow.sql.tracing import Tracing


def in_parentheses(node: exp.Expr) -> bool:
    """Whether a part of FROM is `(t JOIN u …)` without a name: its tables keep theirs."""
    return _encloses_tables(node) and not node.args.get("alias")


def as_query(node: exp.Expr) -> None:
    """Write `(t JOIN u …) AS q` as `(SELECT * FROM t JOIN u …) AS q`, which it means."""
    if _encloses_tables(node):
        first, joins = node.this, without_joins(node.this)
        node.set("this", exp.Select(expressions=[exp.Star()], from_=exp.From(this=first)))
        node.this.set("joins", joins or None)


def without_joins(first: exp.Expr) -> list[exp.Join]:
    """Take away the joins that the parser hangs on the first table in parentheses."""
    joins: list[exp.Join] = first.args.get("joins") or []
    first.set("joins", None)
    return joins


def _encloses_tables(node: exp.Expr) -> bool:
    inner = node.this
    if not isinstance(node, exp.Subquery) or any(
        value and key not in ("this", "alias") for key, value in node.args.items()
    ):
        return False
    return isinstance(inner, exp.Table) or bool(
        isinstance(inner, exp.Subquery) and (inner.args.get("joins") or _encloses_tables(inner))
    )


def join_columns(
    tracing: Tracing, scope: Scope, join: exp.Join, right: Bound, *, merge: bool
) -> int:
    """Merge the columns a join is made by; what decides its rows.

    The merged column may be either side's value (an outer join's often is), so it is
    made of both. NATURAL is written as the USING that it stands for.
    """
    named = [column.name for column in join.args.get("using") or []]
    if not named:
        named = _shared(scope, right)
        join.set("method", None)
        join.set("using", [exp.to_identifier(name, quoted=True) for name in named])
        if not named and not right.relation.broken:
            tracing.refusals.refuse(join, "NATURAL JOIN of tables that share no column")
    rows = 0
    for name in named:
        rows |= _merge(tracing, scope, join, right, name, merge=merge)
    return rows


def _shared(scope: Scope, right: Bound) -> list[str]:
    left = {
        fold(column.name): column.name
        for bound in _left(scope, right)
        for column in bound.relation.columns
    }
    return [name for key, name in left.items() if key in right.index]


def _left(scope: Scope, right: Bound) -> list[Bound]:
    return [
        bound
        for bound in scope.tables
        if bound is not right and bound.visible and bound.group == right.group
    ]


def _merge(
    tracing: Tracing, scope: Scope, join: exp.Join, right: Bound, name: str, *, merge: bool
) -> int:
    left = _left(scope, right)
    column = right.find(name)
    merged = next(
        (
            one
            for one in scope.merged
            if fold(one.name) == fold(name) and any(member in left for member in one.members)
        ),
        None,
    )
    plain: list[tuple[Bound, Output]] = [
        (bound, found)
        for bound in left
        if (found := bound.find(name)) is not None
        and (merged is None or bound not in merged.members)
    ]
    if column is None or len(plain) + (merged is not None) != 1:
        if not any(bound.relation.broken for bound in (*left, right)):
            tracing.refusals.refuse(
                join, f"USING {shown(name)}, which is not one column on each side", "join with ON"
            )
        return 0
    old = merged.marks if merged is not None else plain[0][1].marks
    both = Marks(old.direct | column.marks.direct, old.influence | column.marks.influence)
    if merge and merged is not None:
        merged.marks = both
        merged.members.append(right)
    elif merge:
        scope.merged.append(Merged(plain[0][1].name, both, [plain[0][0], right]))
    return both.all
