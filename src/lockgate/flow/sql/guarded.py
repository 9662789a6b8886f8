"""An aggregation bound to many subjects: the query that leaves small and dominated groups out.

What runs instead of the traced query, for k subjects and a share of d:

* `groups`: the query's own groups and outputs, and its HAVING and ORDER BY as columns;
* `subjects`: for each group and subject, how many rows and how much it brings to each fold;
* `judged`: a group is told if at least k subjects are in it; at least k bring a value to each
  fold; and none brings more than d of the sum of absolute values, or of the rows it counts.
  Rows without a subject never count for k, and count together as one contributor.
* Then HAVING, ORDER BY and LIMIT, over groups that are told only; and one last row, marked in an
  extra column, with the number of groups that were held back: counted before HAVING, so that it
  tells nothing about them.

All these get names that nothing in the query, its inputs or its outputs has, and are read by table
and name: an output that could be mistaken for a hidden column would decide in its place.

What it does not do: subtract releases from each other, as a reader could.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lockgate.flow.sql.aggregation import Aggregation, column_of, refused
from lockgate.flow.sql.clauses import hides_place
from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.lineage import InputTable, Ref, TracedQuery
from lockgate.flow.sql.names import Fresh, fold
from lockgate.flow.sql.one_form import one_form
from lockgate.kernel.interface import Normaliser


@dataclass(frozen=True, slots=True)
class GuardedQuery:
    """``sql`` gives the traced query's outputs and, last, the column ``held_back`` (BIGINT).

    It is NULL in every row that is told. The last row has in it the number of groups that
    were held back, and nothing else; who runs the query takes that row away. ``folded``: the
    input's columns that a count, sum or avg reads which is told, decides or orders. ``subject``:
    the input's column that says whose row it is.
    """

    sql: str
    held_back: str
    folded: frozenset[Ref]
    subject: Ref

    @property
    def deciding(self) -> frozenset[Ref]:
        """What decides which groups are told: how many people, and how much each brings."""
        return self.folded | {self.subject}


def guard(
    traced: TracedQuery,
    inputs: Sequence[InputTable],
    subject: str,
    k: int,
    dominance: float,
    normaliser: Normaliser = Normaliser.EXACT,
) -> GuardedQuery:
    """The query that tells groups of at least ``k`` subjects, none above the share ``dominance``.

    ``subject`` is the column of the query's one input that says whose row it is;
    texts in it that ``normaliser`` brings to the same are one subject.
    Raises SqlRefused for a query that cannot be bound so, ValueError for a k or share that binds
    nothing.
    """
    if k < 2 or not 0.0 < dominance <= 1.0:
        raise ValueError("k is at least 2, and a share is above 0 and at most 1")
    tree = VerbatimDuckDB().parse(traced.sql)[0]
    if not isinstance(tree, exp.Select) or traced.grouping is None:
        raise refused("the query is not one plain aggregation", "SELECT … FROM input GROUP BY …")
    parts = Aggregation(tree, traced, inputs, subject)
    return _Guarded(parts, k, dominance, normaliser, _names(parts, inputs)).written()


@dataclass(frozen=True, slots=True)
class _Names:
    """What the hidden tables and columns are called."""

    groups: str
    subjects: str
    bound: str
    judged: str
    released: str
    outputs: Sequence[str]
    keys: Sequence[str]
    orders: Sequence[str]
    rows: Sequence[str]
    sizes: Sequence[str]
    having: str
    subject: str
    told: str
    held_back: str


def _names(parts: Aggregation, inputs: Sequence[InputTable]) -> _Names:
    """Names that no input, alias, column or output has."""
    taken = {identifier.name for identifier in parts.tree.find_all(exp.Identifier)}
    taken.update(column.name for column in parts.traced.columns)
    for table in inputs:
        taken.update((table.name, *table.columns))
    name = Fresh(taken).name
    return _Names(
        groups=name("_groups"),
        subjects=name("_subjects"),
        bound=name("_bound"),
        judged=name("_judged"),
        released=name("_released"),
        outputs=[name(f"o{n}") for n in range(len(parts.items))],
        keys=[name(f"k{n}") for n in range(len(parts.keys))],
        orders=[name(f"r{n}") for n in range(len(parts.order))],
        rows=[name(f"n{n}") for n in range(len(parts.folds))],
        sizes=[name(f"c{n}") for n in range(len(parts.folds))],
        having=name("having"),
        subject=name("s"),
        told=name("_told"),
        held_back=name("_held_back"),
    )


class _Guarded:
    """The query over an aggregation's parts."""

    def __init__(
        self, parts: Aggregation, k: int, dominance: float, normaliser: Normaliser, names: _Names
    ) -> None:
        self.parts = parts
        self.k = k
        self.dominance = dominance
        self.person = one_form(parts.subject, normaliser)
        self.names = names

    def written(self) -> GuardedQuery:
        """The whole query."""
        names = self.names
        last = exp.select(*self._last())
        whole = exp.union(_all_of(names.released), last, distinct=False, copy=False)
        whole = (
            whole.with_(_quoted(names.groups), as_=self._groups(), copy=False)
            .with_(_quoted(names.subjects), as_=self._per_subject(), copy=False)
            .with_(_quoted(names.judged), as_=self._judged(), materialized=True, copy=False)
            .with_(_quoted(names.released), as_=self._told(), copy=False)
        )
        sql = whole.sql(dialect=VerbatimDuckDB, identify=True, normalize_functions=False)
        whose = Ref(self.parts.input.name, self.parts.subject.name)
        return GuardedQuery(sql, names.held_back, self.parts.folded, whose)

    def _source(self) -> exp.Select:
        """FROM and WHERE of the query, nothing selected yet."""
        select = exp.Select()
        select.set("from_", self.parts.tree.args["from_"].copy())
        if self.parts.tree.args.get("where"):
            select.set("where", self.parts.tree.args["where"].copy())
        return select

    def _groups(self) -> exp.Select:
        columns = [*map(_named, self.parts.items, self.names.outputs), *self._keys()]
        columns += [_named(one.this, self.names.orders[n]) for n, one in self._own_orders()]
        if self.parts.having is not None:
            columns.append(_named(self.parts.having, self.names.having))
        return self._grouped(self._source().select(*columns, copy=False), self.parts.keys)

    def _keys(self) -> list[exp.Expr]:
        return [*map(_named, self.parts.keys, self.names.keys)]

    def _own_orders(self) -> Iterator[tuple[int, exp.Ordered]]:
        for number, one in enumerate(self.parts.order):
            if self.parts.output_of(one.this) is None:
                yield number, one

    def _per_subject(self) -> exp.Select:
        columns = [*self._keys(), _named(self.person, self.names.subject)]
        for number, one in enumerate(self.parts.folds):
            argument = one.expressions[0] if one.expressions else exp.Star()
            if fold(str(one.this)) == "count":
                values, amount = _call("count", argument), _call("count", argument)
            else:
                size = _call("abs", exp.cast(argument.copy(), exp.DataType.Type.DOUBLE))
                values, amount = _call("count", argument), _call("sum", size)
            columns += [_named(values, self.names.rows[number])]
            columns += [_named(amount, self.names.sizes[number])]
        return self._grouped(
            self._source().select(*columns, copy=False), [*self.parts.keys, self.person]
        )

    def _tests(self) -> exp.Expr:
        """Whether a group may be told, over its rows in `subjects`."""
        of = self.names.subjects
        least = exp.Literal.number(self.k)
        share = exp.Literal.number(repr(float(self.dominance)))
        subjects = _call("count", column_of(self.names.subject, of))
        tests: list[exp.Expr] = [exp.GTE(this=subjects, expression=least.copy())]
        for rows, size in zip(self.names.rows, self.names.sizes, strict=True):
            brings = exp.GT(this=column_of(rows, of), expression=exp.Literal.number(0))
            bringing = exp.Filter(this=subjects.copy(), expression=exp.Where(this=brings))
            amount = exp.cast(column_of(size, of), exp.DataType.Type.DOUBLE)
            whole = _call("sum", amount)
            most = exp.Mul(this=share.copy(), expression=whole.copy())
            tests += [
                exp.GTE(this=bringing, expression=least.copy()),
                _call("isfinite", whole),
                exp.LTE(this=_call("max", amount.copy()), expression=most),
            ]
        return exp.and_(*tests)

    def _judged(self) -> exp.Select:
        names = self.names
        keys = [column_of(key, names.subjects) for key in names.keys]
        bound = exp.select(*keys, _named(self._tests(), names.told))
        bound = self._grouped(bound.from_(_table(names.subjects), copy=False), keys)
        same = [
            exp.NullSafeEQ(
                this=column_of(key, names.groups), expression=column_of(key, names.bound)
            )
            for key in names.keys
        ]
        told = _call("coalesce", column_of(names.told, names.bound), exp.false())
        joined = _all_of(names.groups).select(_named(told, names.told), copy=False)
        return joined.join(
            bound.subquery(_quoted(names.bound)),
            on=exp.and_(*same) if same else exp.true(),
            join_type="left",
            copy=False,
        )

    def _told(self) -> exp.Select:
        names, of = self.names, self.names.judged
        nothing = exp.cast(exp.null(), exp.DataType.Type.BIGINT)
        columns = [
            _named(column_of(output, of), column.name)
            for output, column in zip(names.outputs, self.parts.traced.columns, strict=True)
        ]
        told = exp.select(*columns, _named(nothing, names.held_back)).from_(_table(of), copy=False)
        told = told.where(column_of(names.told, of), copy=False)
        if self.parts.having is not None:
            told = told.where(column_of(names.having, of), copy=False)
        if self.parts.order:
            told.set("order", exp.Order(expressions=list(self._ordered())))
        for name in ("limit", "offset"):
            if self.parts.tree.args.get(name):
                told.set(name, self.parts.tree.args[name].copy())
        return told

    def _ordered(self) -> Iterator[exp.Ordered]:
        for number, one in enumerate(self.parts.order):
            output = self.parts.output_of(one.this)
            hidden = self.names.orders[number] if output is None else self.names.outputs[output]
            again = one.copy()
            again.set("this", column_of(hidden, self.names.judged))
            yield again

    def _last(self) -> Iterator[exp.Expr]:
        for column in self.parts.traced.columns:
            yield _named(exp.null(), column.name)
        judged = self.names.judged
        held = exp.select(_call("count", exp.Star())).from_(_table(judged), copy=False)
        held = held.where(exp.Not(this=column_of(self.names.told, judged)), copy=False)
        yield _named(held.subquery(), self.names.held_back)

    def _grouped(self, select: exp.Select, keys: Sequence[exp.Expr]) -> exp.Select:
        """GROUP BY the expressions, which no output can be mistaken for.

        A constant makes no groups, and the engine would take a number for an output's place.
        """
        varying = [key for key in keys if key.find(exp.Column) is not None]
        if any(hides_place(key) for key in varying):
            raise refused(
                "a number inside a group key", "group by columns and what is made of them"
            )
        if keys and not varying:
            raise refused("groups by constants only", "leave GROUP BY out")
        if not varying:
            return select
        return select.group_by(*(exp.Paren(this=key.copy()) for key in varying), copy=False)


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _table(name: str) -> exp.Table:
    return exp.Table(this=_quoted(name))


def _all_of(name: str) -> exp.Select:
    every = exp.Column(this=exp.Star(), table=_quoted(name))
    return exp.select(every).from_(_table(name), copy=False)


def _named(node: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=node.copy(), alias=_quoted(name))


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])
