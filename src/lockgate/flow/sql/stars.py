"""`*` and `t.*`, spelled out as the columns they stand for."""

from __future__ import annotations

from typing import NamedTuple

from sqlglot import exp

from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.scope import EXACT, Ambiguous, Bound, Merged, Scope
from lockgate.flow.sql.tracing import Tracing

_PARTS = frozenset(("except_", "replace", "rename"))


class _Named(NamedTuple):
    key: str
    name: str
    value: exp.Expr


def star_of(item: exp.Expr) -> exp.Star | None:
    """The star that a select item is, if it is one."""
    if isinstance(item, exp.Star):
        return item
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return item.this
    return None


def spelled_out(tracing: Tracing, scope: Scope, item: exp.Expr, star: exp.Star) -> list[exp.Expr]:
    """The columns a star stands for, in DuckDB's order, as items of their own."""
    if any(value and key not in _PARTS for key, value in star.args.items()):
        tracing.refusals.refuse(item, "this kind of star is not traced", "name the columns")
        return []
    columns = _columns(tracing, scope, item)
    for left_out in star.args.get("except_") or ():
        if isinstance(left_out, exp.Column) and left_out.table:
            tracing.refusals.refuse(left_out, "EXCLUDE of a table's column", "name the columns")
        elif _found(tracing, columns, left_out, left_out.name):
            columns = [one for one in columns if one.key != fold(left_out.name)]
    for new in star.args.get("replace") or ():
        if isinstance(new, exp.Alias) and _found(tracing, columns, new, new.alias):
            columns = [_replaced(one, new) for one in columns]
    for new in star.args.get("rename") or ():
        if isinstance(new, exp.Alias) and _found(tracing, columns, new, new.this.name):
            columns = [_renamed(one, new) for one in columns]
    return [
        _placed(exp.Alias(this=one.value, alias=exp.to_identifier(one.name, quoted=True)), item)
        for one in columns
    ]


def _replaced(one: _Named, new: exp.Alias) -> _Named:
    return one._replace(value=new.this.copy()) if one.key == fold(new.alias) else one


def _renamed(one: _Named, new: exp.Alias) -> _Named:
    return one._replace(name=new.alias) if one.key == fold(new.this.name) else one


def _found(tracing: Tracing, columns: list[_Named], node: exp.Expr, name: str) -> bool:
    if any(one.key == fold(name) for one in columns):
        return True
    tracing.refusals.refuse(node, f"the star has no column {shown(name)}")
    return False


def _columns(tracing: Tracing, scope: Scope, item: exp.Expr) -> list[_Named]:
    result = []
    for bound in _tables(tracing, scope, item):
        for column in bound.relation.columns:
            merged = _merged(scope, bound, column.name) if isinstance(item, exp.Star) else None
            if merged is not None and merged.members[0] is not bound:
                continue
            table = None if merged is not None else exp.to_identifier(bound.written, quoted=True)
            if table is not None:
                table.meta[EXACT] = True
            value = exp.Column(this=exp.to_identifier(column.name, quoted=True), table=table)
            result.append(_Named(fold(column.name), column.name, _placed(value, item)))
    return result


def _merged(scope: Scope, bound: Bound, name: str) -> Merged | None:
    """What USING made of a table's column."""
    for one in scope.merged:
        if fold(one.name) == fold(name) and bound in one.members:
            return one
    return None


def _tables(tracing: Tracing, scope: Scope, item: exp.Expr) -> list[Bound]:
    if isinstance(item, exp.Star):
        tables = [bound for bound in scope.tables if bound.visible]
    else:
        try:
            named = scope.table(item.args["table"].name)
        except Ambiguous:
            named = None
        tables = [named[0]] if named is not None and named[1] == 0 else []
    if not tables:
        tracing.refusals.refuse(item, "a star over no table", "name a table of FROM")
    return tables


def _placed(node: exp.Expr, item: exp.Expr) -> exp.Expr:
    """A node made for a star stands where the star stood."""
    origin = item.args.get("table") if isinstance(item, exp.Column) else item
    node.meta.update((origin or item).meta or item.meta)
    return node
