"""A column's name in an expression: found, made exact, or refused.

`a.b` is a table's column or a struct column's field. Where both could be meant, it is
refused; where the field is meant, it is written as a call, which has one meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from lockgate.flow.sql.marks import NOTHING, Marks
from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.plain import call
from lockgate.flow.sql.scope import EXACT, Alias, Ambiguous, Found, Scope

if TYPE_CHECKING:
    from lockgate.flow.sql.expression import Reader


def resolve(reader: Reader, node: exp.Expr) -> Marks:
    """The marks of a column or of a path into a struct; the node is rewritten."""
    if isinstance(node, exp.Dot):
        return _dot(reader, node)
    if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
        return reader.refuse(node, "a star inside an expression", "name the columns")
    parts = [part for part in node.parts if isinstance(part, exp.Identifier)]
    try:
        found, rest = _meaning(reader, parts)
    except Ambiguous:
        name = ".".join(part.name for part in parts)
        return reader.refuse(
            node, f"{shown(name)} may mean several columns", "write the table before the column"
        )
    if found is None:
        return _unknown(reader, node, parts)
    if found.written is None and found.depth:
        return reader.refuse(
            node,
            f"{shown(found.name)} is no column of one table in the query around",
            "write the table before the column",
        )
    _note(reader, found)
    _write(node, found, rest)
    return found.marks


def _dot(reader: Reader, node: exp.Dot) -> Marks:
    if not isinstance(node.expression, exp.Identifier):
        return reader.refuse(node, "a call after a dot", "write f(x) instead of x.f()")
    return reader.read(node.this)


def _meaning(
    reader: Reader, parts: list[exp.Identifier]
) -> tuple[Found | None, list[exp.Identifier]]:
    """What a dotted name means, and which of its parts are fields of a struct."""
    scope = reader.scope
    if len(parts) == 1:
        name = parts[0].name
        found = scope.column(name, aliases=reader.aliases)
        alias = scope.aliases.get(fold(name))
        if reader.late and not reader.inside and found is not None and alias is not None:
            _one_meaning(found, alias)
        return found, []
    as_table = _of_table(scope, parts)
    if parts[0].meta_get(EXACT):
        return as_table, parts[2:]
    as_field = scope.column(parts[0].name, aliases=False)
    if as_table is not None and as_field is not None and as_field.depth < as_table.depth:
        raise Ambiguous  # a field of a nearer column, or a column of a table around
    if as_table is not None:
        return as_table, parts[2:]
    return as_field, parts[1:]


def _one_meaning(found: Found, alias: Alias) -> None:
    """After grouping a name is the column if that is a group key, else the alias."""
    same = found.alias is not None or (not alias.aggregate and found.marks == alias.marks)
    if not same:
        raise Ambiguous


def _of_table(scope: Scope, parts: list[exp.Identifier]) -> Found | None:
    if parts[0].meta_get(EXACT):
        exact = scope.exactly(parts[0].name)
        table = (exact, 0) if exact is not None else None
    else:
        table = scope.table(parts[0].name)
    if table is None:
        return None
    bound, depth = table
    column = bound.find(parts[1].name)
    if column is None:
        return None
    return Found(column.name, column.marks, bound.written, depth)


def _note(reader: Reader, found: Found) -> None:
    """Remember for the clause what kind of thing was read."""
    scope = reader.scope
    for _ in range(found.depth):
        if scope.parent is not None:
            scope = scope.parent
            scope.reached |= found.marks.all
    if found.depth:
        reader.far = True
    else:
        reader.near = True
    if found.alias is not None:
        found.alias.used = True
    if found.alias is not None and found.alias.aggregate:
        reader.aggregate = True
    elif not reader.inside:
        reader.bare |= found.marks.all


def _write(node: exp.Expr, found: Found, rest: list[exp.Identifier]) -> None:
    names = [part.name for part in rest]
    column = exp.to_identifier(found.name, quoted=True)
    column.meta.update(node.this.meta)
    node.set("this", column)
    for key in ("catalog", "db"):
        node.set(key, None)
    table = exp.to_identifier(found.written, quoted=True) if found.written else None
    node.set("table", table)
    inner: exp.Expr = node
    for name in names:
        outer = call("struct_extract", None, exp.Literal.string(name))
        outer.meta.update(node.meta)
        inner.replace(outer)
        outer.set("expressions", [inner, *outer.expressions])
        inner = outer


def _unknown(reader: Reader, node: exp.Expr, parts: list[exp.Identifier]) -> Marks:
    try:
        whole = len(parts) == 1 and reader.scope.table(parts[0].name) is not None
        table = len(parts) > 1 and reader.scope.table(parts[0].name)
    except Ambiguous:
        whole, table = True, None
    if whole:
        reader.refuse(node, f"{shown(parts[0].name)} as a whole row", "name the columns")
    elif table:
        known = [column.name for column in table[0].relation.columns]
        reader.refuse(
            node,
            f"{shown(parts[0].name)} has no column {shown(parts[1].name)}",
            _one_of(known),
        )
    else:
        name = ".".join(part.name for part in parts)
        known = [
            column.name
            for bound in reader.scope.tables
            if bound.visible
            for column in bound.relation.columns
        ]
        reader.refuse(node, f"no column {shown(name)} here", _one_of(known))
    return NOTHING


def _one_of(names: list[str]) -> str:
    listed = ", ".join(shown(name) for name in names[:8])
    more = ", …" if len(names) > 8 else ""
    return f"there is {listed}{more}" if names else "nothing is in FROM"
