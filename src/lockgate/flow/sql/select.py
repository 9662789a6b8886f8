"""One SELECT: its tables, its outputs, and what decides its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from lockgate.flow.sql.calls import window_parts
from lockgate.flow.sql.clauses import Grouped, Item, distinct, limited, ordered, refuse_unknown
from lockgate.flow.sql.expression import Reader
from lockgate.flow.sql.names import fold, shown, unique
from lockgate.flow.sql.relations import FromReader
from lockgate.flow.sql.scope import Alias, Output, Relation, Scope
from lockgate.flow.sql.stars import spelled_out, star_of
from lockgate.flow.sql.tracing import Tables, Tracing

_KNOWN = frozenset(
    """
    with_ expressions from_ joins where group having qualify windows distinct order limit offset
    """.split()
)
# An aggregate without GROUP BY is one row, unless one of these drops it.
_DROPPING = ("having", "qualify", "limit", "offset")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of the outermost SELECT: its items, and what its groups are made by.

    ``plain`` says that every row is folded into one group, and each group is one row.
    """

    items: tuple[Item, ...]
    keys: int
    plain: bool


class SelectReader:
    """Traces one SELECT; its names are made exact in place."""

    def __init__(self, tracing: Tracing, tables: Tables, around: Scope | None) -> None:
        self._tracing = tracing
        self._tables = tables
        self._around = around
        self._scope = Scope(around)
        self._windows: dict[str, int] = {}
        self._folds = False  # whether it aggregates

    def read(self, select: exp.Select) -> tuple[Relation, Shape]:
        """Its outputs and rows, clause by clause in the order they are computed.

        1. FROM; 2. named windows; 3. the select list; 4. WHERE; 5. GROUP BY; 6. HAVING,
        QUALIFY; 7. DISTINCT, ORDER BY, LIMIT.
        """
        refuse_unknown(self._tracing, select, _KNOWN)
        if not select.expressions:
            self._tracing.refusals.refuse(select, "a SELECT without outputs")
        source = FromReader(self._tracing, self._scope, self._tables)
        source.read(select)
        self._name_windows(select)
        items = self._items(select)
        rows = source.rows | self._filter(select, "where")
        for item in items:
            rows |= item.rows
        grouped = self._group(select, items)
        having = self._filter(select, "having") | self._filter(select, "qualify")
        outputs = [item.output for item in items]
        last = self._reader()
        tail = distinct(last, select, outputs, self._tracing)
        tail |= ordered(last, select, outputs, self._tracing)
        self._folds = self._folds or last.aggregate
        tail |= limited(self._tracing, self._tables, select, self._around)
        keys = grouped.bits if grouped is not None else 0
        shape = Shape(tuple(items), keys, self._is_plain(select, items, grouped))
        one_row = self._folds and grouped is None
        deciding = having | tail | (rows if any(select.args.get(key) for key in _DROPPING) else 0)
        self._check_aliases(items)
        self._decide(items, rows | keys, one_row=one_row)
        return Relation(outputs, deciding if one_row else rows | keys | deciding), shape

    def _is_plain(self, select: exp.Select, items: Sequence[Item], grouped: Grouped | None) -> bool:
        """Whether every row is folded into one group, and each group is one row."""
        if not self._folds or select.args.get("distinct") or select.args.get("qualify"):
            return False
        return (grouped is None or grouped.plain) and not any(item.rows for item in items)

    def _decide(self, items: Sequence[Item], bits: int, *, one_row: bool) -> None:
        """Aggregates are decided by the rows they fold and the groups they fold them in."""
        for item in items:
            if self._folds and (item.aggregate or one_row):
                item.output.marks = item.output.marks.deciding(bits)

    def _reader(self, *, aliases: bool = True) -> Reader:
        return Reader(
            self._tracing, self._scope, self._tables, windows=self._windows, aliases=aliases
        )

    def _name_windows(self, select: exp.Select) -> None:
        for window in select.args.get("windows") or ():
            reader = self._reader(aliases=False)
            name = window.this.name
            if fold(name) in self._windows:
                reader.refuse(window, f"two windows called {shown(name)}")
            self._windows[fold(name)] = window_parts(reader, window)
            self._folds = self._folds or reader.aggregate

    def _items(self, select: exp.Select) -> list[Item]:
        listed: list[exp.Expr] = []
        for item in select.expressions:
            star = star_of(item)
            listed += (
                [item] if star is None else spelled_out(self._tracing, self._scope, item, star)
            )
        select.set("expressions", listed)
        self._tracing.count(select, len(listed))
        wrapped = [_wrapped(item) for item in listed]
        items = [self._item(*one, place) for place, one in enumerate(wrapped, 1)]
        for item, name in zip(items, unique(item.output.name for item in items), strict=True):
            item.output.name = name
            item.node.set("alias", exp.to_identifier(name, quoted=True))
        return items

    def _item(self, item: exp.Alias, explicit: bool, place: int) -> Item:
        where = self._tracing.refusals.where(item)
        if isinstance(item.this, exp.Aliases):
            self._tracing.refusals.refuse(item, "several names for one output")
        name = item.alias if explicit else _name(item.this, place)
        reader = self._reader()
        marks = reader.read(item.this)
        self._folds = self._folds or reader.aggregate
        if explicit:
            known = Alias(marks, place, reader.aggregate)
            self._scope.aliases.setdefault(fold(name), known)
        elif isinstance(item.this, exp.Column):
            name = item.this.name  # as the table spells it
        rows = reader.unnested | reader.sorted
        output = Output(name, marks, where)
        return Item(output, item, reader.aggregate, reader.bare, rows)

    def _check_aliases(self, items: Sequence[Item]) -> None:
        """A name that is read must be the output's: two of one name, and one was renamed."""
        for key, alias in self._scope.aliases.items():
            item = items[alias.ordinal - 1]
            if alias.used and fold(item.output.name) != key:
                self._tracing.refusals.refuse(
                    item.node, f"two outputs called {shown(key)}, and one is read by its name"
                )

    def _filter(self, select: exp.Select, name: str) -> int:
        clause = select.args.get(name)
        if clause is None:
            return 0
        reader = self._reader()
        reader.late = name != "where"
        bits = reader.read(clause.this).all
        if reader.aggregate and name == "where":
            reader.refuse(clause, "an aggregate in WHERE", "use HAVING")
        if name == "having" or (reader.aggregate and name == "qualify"):
            self._folds = True
        return bits | reader.unnested

    def _group(self, select: exp.Select, items: list[Item]) -> Grouped | None:
        group = select.args.get("group")
        if group is None:
            return None
        reader = self._reader()
        grouped = Grouped(reader, items, self._scope)
        grouped.read(group)
        if reader.aggregate:
            reader.refuse(group, "an aggregate in GROUP BY", "fold in a query of its own")
        if (query := group.find(exp.Query)) is not None:
            # It is compared with the select list by its text, which is written anew.
            reader.refuse(query, "a query in GROUP BY", "group by the output's number")
        self._folds = True
        return grouped


def _wrapped(item: exp.Expr) -> tuple[exp.Alias, bool]:
    """An item under a name, and whether the user gave it one."""
    if isinstance(item, exp.Alias):
        return item, True
    alias = exp.Alias()
    alias.meta.update(item.meta)
    item.replace(alias)
    alias.set("this", item)
    return alias, False


def _name(value: exp.Expr, place: int) -> str:
    """What an output is called that got no name: its column, its field, or its place."""
    if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star):
        return value.name
    if isinstance(value, exp.Dot) and isinstance(value.expression, exp.Identifier):
        return value.expression.name
    return f"column_{place}"
