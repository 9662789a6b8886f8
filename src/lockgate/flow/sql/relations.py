"""FROM: tables, queries, lists and joins, and what decides which rows they make."""

from __future__ import annotations

from sqlglot import exp

from lockgate.flow.sql.expression import Reader
from lockgate.flow.sql.functions import TABLES
from lockgate.flow.sql.joins import as_query, in_parentheses, join_columns, without_joins
from lockgate.flow.sql.marks import Marks
from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.scope import Bound, Output, Relation, Scope
from lockgate.flow.sql.tracing import Tables, Tracing, inside, name_of

# What may stand in FROM, with the parts of it that are traced.
_PARTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Table: frozenset(("this", "alias")),
    exp.Lateral: frozenset(("this", "alias")),
    exp.Unnest: frozenset(("expressions", "alias")),
    exp.Values: frozenset(("expressions", "alias")),
    exp.Subquery: frozenset(("this", "alias", "with_", "order", "limit", "offset")),
}
_ODD = {
    "db": ("a table of another schema or database", "name an input of the step"),
    "joins": ("a join in parentheses", "join one table after the other"),
    "pivots": ("PIVOT or UNPIVOT", "write one `sum(x) FILTER (WHERE …)` for each column"),
    "sample": ("TABLESAMPLE", "choose rows by a condition, `hash(key) % 10 = 0`"),
}
_JOIN = frozenset(("this", "method", "side", "kind", "on", "using"))
_METHODS = frozenset(("", "NATURAL", "ASOF", "POSITIONAL"))
_SIDES = frozenset(("", "LEFT", "RIGHT", "FULL"))
_KINDS = frozenset(("", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"))
_HIDING = frozenset(("SEMI", "ANTI"))


class FromReader:
    """Binds the FROM of one SELECT into its scope; ``rows`` is what decides its rows."""

    def __init__(self, tracing: Tracing, scope: Scope, tables: Tables) -> None:
        self._tracing = tracing
        self._scope = scope
        self._tables = tables
        self._group = 0
        self._commas = True
        self.rows = 0

    def read(self, select: exp.Select) -> None:
        """Bind the first table, then one join after the other."""
        source = select.args.get("from_")
        if source is None:
            return
        self._bind_all(source.this)
        for join in select.args.get("joins") or ():
            self._join(join)

    def _refuse(self, node: exp.Expr, message: str, hint: str = "") -> Relation:
        self._tracing.refusals.refuse(node, message, hint)
        return Relation([], broken=True)

    def _reader(self) -> Reader:
        return Reader(self._tracing, self._scope, self._tables, aliases=False)

    def _join(self, join: exp.Join) -> None:
        words = {key: str(join.args.get(key) or "").upper() for key in ("method", "side", "kind")}
        odd = [key for key, value in join.args.items() if value and key not in _JOIN]
        known = words["method"] in _METHODS and words["side"] in _SIDES
        if odd or not known or words["kind"] not in _KINDS:
            self._refuse(join, "this kind of join is not traced", "join with ON or USING")
        conditions = any(join.args.get(key) for key in ("on", "using"))
        if not conditions and not any(words.values()):
            self._group += 1  # a comma: USING does not reach over it
            if not self._commas:
                self._refuse(join, "a comma in parentheses", "write CROSS JOIN")
        *others, bound = self._bind_all(join.this)
        columns = join.args.get("using") or []
        merging = words["method"] == "NATURAL" or columns
        if others and (merging or words["kind"] in _HIDING):
            what = "USING, NATURAL, SEMI or ANTI with a join in parentheses after it"
            self._refuse(join, what, "join with ON, or give the parentheses a name")
        elif merging:
            hiding = words["kind"] in _HIDING
            self.rows |= join_columns(self._tracing, self._scope, join, bound, merge=not hiding)
        if (on := join.args.get("on")) is not None:
            reader = self._reader()
            self.rows |= reader.deciding(on)
            if reader.aggregate:
                self._refuse(on, "an aggregate in ON", "fold in a query of its own")
        if words["kind"] in _HIDING:
            bound.visible = False

    def _bind_all(self, node: exp.Expr) -> list[Bound]:
        """Bind a table, or the tables of a join in parentheses, which see no others."""
        if not in_parentheses(node):
            return [self._bind(node)]
        inner = FromReader(self._tracing, Scope(self._scope.parent), self._tables)
        inner._group, inner._commas = self._group, False
        first, joins = node.this, without_joins(node.this)
        inner._bind_all(first)
        for join in joins:
            inner._join(join)
        first.set("joins", joins or None)
        for bound in inner._scope.tables:
            self._require_new(node, bound.alias if bound.visible else "")
            self._scope.tables.append(bound)
        self._scope.merged += inner._scope.merged
        self.rows |= inner.rows
        return inner._scope.tables

    def _bind(self, node: exp.Expr) -> Bound:
        as_query(node)
        relation = self._relation(node)
        alias = node.args.get("alias")
        name = alias.name if isinstance(alias, exp.TableAlias) else ""
        if not name and isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            name = node.name
        relation = self._renamed(node, relation, alias)
        self._require_new(node, name)
        written = self._tracing.aliases.name(name or "part")
        bound = Bound(name, written, relation, self._group)
        self.rows |= relation.rows
        self._scope.tables.append(bound)
        self._write_alias(node, written)
        return bound

    def _require_new(self, node: exp.Expr, name: str) -> None:
        if name and any(
            fold(one.alias) == fold(name) and one.visible for one in self._scope.tables
        ):
            self._refuse(node, f"two tables called {shown(name)}", "give one an alias")

    def _renamed(self, node: exp.Expr, relation: Relation, alias: object) -> Relation:
        """`AS t(a, b)`: the first columns under these names."""
        names = alias.columns if isinstance(alias, exp.TableAlias) else []
        if not names or relation.broken:
            return relation
        if len(names) > len(relation.columns):
            return self._refuse(node, f"{len(names)} names for {len(relation.columns)} columns")
        columns = [
            Output(names[number].name if number < len(names) else column.name, column.marks)
            for number, column in enumerate(relation.columns)
        ]
        return Relation(columns, relation.rows)

    def _write_alias(self, node: exp.Expr, written: str) -> None:
        alias = node.args.get("alias")
        columns = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
        name = exp.to_identifier(written, quoted=True)
        node.set("alias", exp.TableAlias(this=name, columns=columns))

    def _relation(self, node: exp.Expr) -> Relation:
        known = _PARTS.get(type(node))
        if known is None:
            return self._refuse(node, f"{name_of(node)} in FROM is not traced")
        odd = [key for key, value in node.args.items() if value and key not in known]
        if odd or isinstance(node.this, exp.Table):
            part = odd[0] if odd else "joins"
            what, hint = _ODD.get(part, (f"{shown(part)} in FROM", "name an input of the step"))
            return self._refuse(node, what, hint)
        if isinstance(node, exp.Table):
            return self._table(node)
        if isinstance(node, exp.Lateral):
            return self._lateral(node)
        if isinstance(node, exp.Unnest):
            return self._unnest(node)
        if isinstance(node, exp.Values):
            return self._values(node)
        alias = node.args.get("alias")
        node.set("alias", None)
        relation = self._query(node)
        node.set("alias", alias)
        return relation

    def _query(self, node: exp.Expr) -> Relation:
        """A query in FROM; it may read the tables before it."""
        relation, reached = inside(self._tracing, node, self._tables, self._scope)
        self.rows |= reached
        return relation

    def _table(self, node: exp.Table) -> Relation:
        if isinstance(node.this, exp.Anonymous):
            return self._function(node, node.this)
        found = self._tables.get(fold(node.name))
        if found is None:
            listed = ", ".join(shown(one.written) for one in list(self._tables.values())[:8])
            return self._refuse(node, f"no input {shown(node.name)}", f"there is {listed}")
        self._tracing.used.add(found.written)
        name = exp.to_identifier(found.written, quoted=True)
        name.meta.update(node.this.meta)
        node.set("this", name)
        return found.relation

    def _function(self, node: exp.Table, function: exp.Anonymous) -> Relation:
        name = function.this if isinstance(function.this, str) else ""
        if fold(name) not in TABLES:
            return self._refuse(
                node, f"table function {shown(function.name)}", "name an input of the step"
            )
        marks = self._read_list(node, function.expressions)
        return self._single(node, fold(name), marks)

    def _unnest(self, node: exp.Unnest) -> Relation:
        if len(node.expressions) != 1:
            return self._refuse(node, "UNNEST of several lists", "unnest one list")
        alias = node.args.get("alias")
        name = alias.name if isinstance(alias, exp.TableAlias) and alias.name else "unnest"
        return self._single(node, name, self._read_list(node, node.expressions))

    def _read_list(self, node: exp.Expr, arguments: list[exp.Expr]) -> Marks:
        reader = self._reader()
        marks = Marks()
        for argument in arguments:
            marks = marks.joined(reader.read(argument))
        if reader.aggregate or reader.unnested:
            self._refuse(node, "an aggregate in FROM", "fold in a query of its own")
        return marks

    def _single(self, node: exp.Expr, name: str, marks: Marks) -> Relation:
        """A table of one column; how many rows it has is decided by what it is made of."""
        _name_columns(node, [name])
        return Relation([Output(name, marks)], marks.all)

    def _values(self, node: exp.Values) -> Relation:
        rows = [
            row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions
        ]
        reader = self._reader()
        if not rows or len({len(row) for row in rows}) != 1:
            return self._refuse(node, "VALUES of rows of different lengths")
        columns = [Output(f"col{number}", Marks()) for number in range(len(rows[0]))]
        for row in rows:
            for column, value in zip(columns, row, strict=True):
                column.marks = column.marks.joined(reader.read(value))
        _name_columns(node, [column.name for column in columns])
        return Relation(columns)

    def _lateral(self, node: exp.Lateral) -> Relation:
        inner = node.this
        if isinstance(inner, exp.Subquery):
            return self._query(inner)
        if isinstance(inner, exp.Unnest) and len(inner.expressions) == 1:
            alias = node.args.get("alias")
            name = alias.name if isinstance(alias, exp.TableAlias) and alias.name else "unnest"
            return self._single(node, name, self._read_list(node, inner.expressions))
        return self._refuse(node, "LATERAL of something that is no query")


def _name_columns(node: exp.Expr, names: list[str]) -> None:
    """Name a table's columns in the text too, where the user named none."""
    alias = node.args.get("alias")
    if not isinstance(alias, exp.TableAlias):
        alias = exp.TableAlias()
        node.set("alias", alias)
    given = [column.name for column in alias.columns]
    wanted = given + names[len(given) :]
    alias.set("columns", [exp.to_identifier(name, quoted=True) for name in wanted])
