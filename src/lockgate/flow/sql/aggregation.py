"""One aggregation taken apart: keys, folds, conditions and orders, or why it cannot be bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from lockgate.errors import Problem, SqlRefused
from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.lineage import InputTable, Ref, TracedColumn, TracedQuery
from lockgate.flow.sql.names import fold, shown
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

_FOLDS = frozenset({"count", "sum", "avg", "mean"})
_TOGETHER = ("grouping_sets", "cube", "rollup", "totals")
_NEVER: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Window, "a window over groups reads those that are held back"),
    (exp.Query, "a query inside the outputs, HAVING or ORDER BY of an aggregation"),
)


_BEFORE = "do that in a step before"


class Aggregation:
    """The parts of one aggregation over one input. Raises SqlRefused if it has others.

    ``items`` are its outputs, ``keys`` what its groups are made by, ``folds`` every count, sum
    and avg that is told, decides or orders, each once; ``folded`` the input's columns in them.
    """

    def __init__(
        self,
        tree: exp.Select,
        traced: TracedQuery,
        inputs: Sequence[InputTable],
        subject: str,
    ) -> None:
        self.tree = tree
        self.traced = traced
        self.items: list[exp.Expr] = [item.unalias() for item in tree.expressions]
        self.input, self.subject = _subject(tree, inputs, subject)
        self.keys = self._keys()
        having, order = tree.args.get("having"), tree.args.get("order")
        self.having: exp.Expr | None = having.this if having else None
        self.order: list[exp.Ordered] = order.expressions if order else []
        self._refuse_what_tells_by_influence()
        self.folds = self._folds()
        self.folded = frozenset(
            self._folded(column) for one in self.folds for column in one.find_all(exp.Column)
        )

    def _keys(self) -> list[exp.Expr]:
        group = self.tree.args.get("group")
        if group is None:
            return []
        if any(group.args.get(name) for name in _TOGETHER):
            raise refused("groups and their totals in one query", "make the totals another step")
        names = self.traced.grouping.keys if self.traced.grouping else ()
        if group.args.get("all"):
            columns = zip(self.traced.columns, self.items, strict=True)
            return [item for column, item in columns if column.name in names]
        return [self._meant(key) for key in _flat(group.expressions)]

    def _meant(self, node: exp.Expr) -> exp.Expr:
        """A key or an order: an output by its number or name, else what it says."""
        number = self.output_of(node)
        return node if number is None else self.items[number]

    def output_of(self, node: exp.Expr) -> int | None:
        if isinstance(node, exp.Literal) and not node.is_string:
            number = int(node.this) - 1 if node.this.isdigit() else -1
            if not 0 <= number < len(self.items):
                raise refused("a position that no output has", "name the output")
            return number
        if isinstance(node, exp.Column) and not node.table:
            names = [fold(column.name) for column in self.traced.columns]
            return names.index(fold(node.name)) if fold(node.name) in names else None
        return None

    def _folds(self) -> list[exp.Anonymous]:
        """Every count, sum and avg that is told, decides or orders; each once."""
        for part in (*self.items, *self.keys, *self.order, *([self.having] if self.having else [])):
            for never, what in _NEVER:
                if part.find(never) is not None:
                    raise refused(what, "compute it in another step")
        found: list[exp.Anonymous] = []
        for column, item in zip(self.traced.columns, self.items, strict=True):
            if column.how is not None and isinstance(item, exp.Anonymous):
                found.append(item)
        if self.having is not None:
            found.extend(self._decided(self.having))
        for ordered in self.order:
            if self.output_of(ordered.this) is None:
                found.extend(self._decided(ordered.this))
            else:
                found.extend(self._decided(self._meant(ordered.this)))
        folds = list(dict.fromkeys(found))
        for one in folds:
            self._require_plain(one)
        return folds

    def _refuse_what_tells_by_influence(self) -> None:
        """An output beside the folds keeps the labels of what it gives, but not of what decides it.

        `count(*) FILTER (WHERE email = …)` or `max(CASE WHEN email = … THEN 1 END)` gives no column
        and tells of one person, and no count of people stands before it.
        """
        for name in ("where", "limit", "offset"):
            part = self.tree.args.get(name)
            if part is not None and part.find(exp.Query) is not None:
                raise refused(f"a query in {name.upper()} of an aggregation", _BEFORE)
        for column, item in zip(self.traced.columns, self.items, strict=True):
            if column.how is not None or item in self.keys:
                continue
            if any(fold(str(one.this)) == "count" for one in item.find_all(exp.Anonymous)):
                raise refused(
                    "count with FILTER, or inside an expression",
                    "filter in the step before, compute with counts in the step after",
                )
            alone = self._alone(item)
            if alone.influence - alone.direct:
                raise refused(
                    "an output that is decided by columns it does not give",
                    "make the condition a column of the step before, and group by it",
                )

    def _alone(self, item: exp.Expr) -> TracedColumn:
        """An output traced as if it stood alone: over the input's rows, the keys in it given."""
        bare = item.transform(lambda node: exp.null() if node in self.keys else node)
        select = exp.Select(expressions=[exp.Alias(this=bare, alias=_quoted("alone"))])
        select.set("from_", self.tree.args["from_"].copy())
        text = select.sql(dialect=VerbatimDuckDB, identify=True, normalize_functions=False)
        return trace(text, [self.input], DEFAULT_LIMITS).columns[0]

    def _decided(self, node: exp.Expr) -> Iterator[exp.Anonymous]:
        """The folds of a condition or an order, which may read keys beside them and no more."""
        if any(node == key for key in self.keys):
            return
        if isinstance(node, exp.Anonymous) and fold(str(node.this)) in _FOLDS:
            yield node
        elif isinstance(node, exp.Column | exp.Star | exp.Filter | exp.Var):  # Var: ORDER BY ALL
            raise refused(
                "HAVING and ORDER BY of an aggregation read keys, count, sum and avg only",
                "another aggregate could tell one subject's value by which groups there are",
            )
        else:
            for child in node.iter_expressions():
                yield from self._decided(child)

    def _require_plain(self, one: exp.Anonymous) -> None:
        name = fold(str(one.this))
        if len(one.expressions) > 1:
            raise refused(f"{name} of several values", "one value each")
        argument = one.expressions[0] if one.expressions else exp.Star()
        if isinstance(argument, exp.Distinct):
            if name != "count" or len(argument.expressions) != 1:
                raise refused(
                    f"{name}(DISTINCT …)",
                    "what many share would be told as it is: count it, or fold every row",
                )
            argument = argument.expressions[0]
        if not isinstance(argument, exp.Star):
            self._folded(argument)

    def _folded(self, argument: exp.Expr) -> Ref:
        """The input's column that is folded as it is.

        What is computed from a row can leave one person out of what all others hide:
        `sum(CASE WHEN email = … THEN charge ELSE 1000 END)`.
        """
        if isinstance(argument, exp.Column) and argument.table == self.subject.table:
            for name in self.input.columns:
                if fold(name) == fold(argument.name) and not argument.db:
                    return Ref(self.input.name, name)
        raise refused(
            "count, sum and avg of a computed value, which could leave one person out",
            "fold a column as it is: compute with the results in the next step, or bring the value "
            "as a column of the source; count(*) counts rows",
        )


def _flat(keys: Sequence[exp.Expr]) -> Iterator[exp.Expr]:
    """Keys one by one: `(city, 2)` groups by both."""
    for key in keys:
        if isinstance(key, exp.Tuple | exp.Paren):
            yield from _flat(list(key.iter_expressions()))
        else:
            yield key


def _subject(
    tree: exp.Select, inputs: Sequence[InputTable], subject: str
) -> tuple[InputTable, exp.Column]:
    """The one input that is read, and the subject's column of it.

    Of a join nobody can tell here whose value is folded: it is made in a step before.
    """
    source = tree.args["from_"].this if tree.args.get("from_") else None
    others = ("joins", "laterals", "with_", "distinct", "qualify", "windows", "sample")
    if any(tree.args.get(name) for name in others) or not isinstance(source, exp.Table):
        raise refused(
            "an aggregation reads one input, without WITH, JOIN, DISTINCT or QUALIFY",
            _BEFORE,
        )
    if source.alias_column_names:
        raise refused("an aggregation's input whose columns get other names", "FROM input AS i")
    found = [table for table in inputs if fold(table.name) == fold(source.name)]
    names = [name for table in found for name in table.columns if fold(name) == fold(subject)]
    if len(names) != 1 or source.args.get("joins") or source.args.get("sample"):
        raise refused(
            f"the input has no column {shown(subject)}, which is to say whose row it is",
            "select it in the step before",
        )
    return found[0], column_of(names[0], source.alias_or_name)


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def column_of(name: str, table: str | None = None) -> exp.Column:
    """A column, its names quoted."""
    source = exp.to_identifier(table, quoted=True) if table else None
    return exp.column(exp.to_identifier(name, quoted=True), source)


def refused(message: str, hint: str) -> SqlRefused:
    """The error for an aggregation that cannot be bound."""
    problem = Problem(SqlRefused.code, message, None, hint)
    return SqlRefused(message, hint=hint, problems=(problem,))
