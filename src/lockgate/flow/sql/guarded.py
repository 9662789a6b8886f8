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

What it does not do: subtract releases from each other, as a reader could.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lockgate.flow.sql.aggregation import Aggregation, column_of, refused
from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.lineage import InputTable, TracedQuery
from lockgate.flow.sql.names import fold

_OK = "_told"
_HELD_BACK = "_held_back"
_GROUPS, _SUBJECTS, _JUDGED, _TOLD = "_groups", "_subjects", "_judged", "_released"


@dataclass(frozen=True, slots=True)
class GuardedQuery:
    """``sql`` gives the traced query's outputs and, last, the column ``held_back`` (BIGINT).

    It is NULL in every row that is told. The last row has in it the number of groups that
    were held back, and nothing else; who runs the query takes that row away.
    """

    sql: str
    held_back: str


def guard(
    traced: TracedQuery,
    inputs: Sequence[InputTable],
    subject: str,
    k: int,
    dominance: float,
) -> GuardedQuery:
    """The query that tells groups of at least ``k`` subjects, none above the share ``dominance``.

    ``subject`` is the column of the query's one input that says whose row it is.
    Raises SqlRefused for a query that cannot be bound so, ValueError for a k or share that binds
    nothing.
    """
    if k < 2 or not 0.0 < dominance <= 1.0:
        raise ValueError("k is at least 2, and a share is above 0 and at most 1")
    tree = VerbatimDuckDB().parse(traced.sql)[0]
    if not isinstance(tree, exp.Select) or traced.grouping is None:
        raise refused("the query is not one plain aggregation", "SELECT … FROM input GROUP BY …")
    return _Guarded(Aggregation(tree, traced, inputs, subject), k, dominance).written()


class _Guarded:
    """The query over an aggregation's parts."""

    def __init__(self, parts: Aggregation, k: int, dominance: float) -> None:
        self.parts = parts
        self.k = k
        self.dominance = dominance

    def written(self) -> GuardedQuery:
        """The whole query."""
        taken = {fold(column.name) for column in self.parts.traced.columns}
        hidden = _HELD_BACK
        while hidden in taken:
            hidden += "_"
        last = exp.select(*self._last(hidden))
        whole = exp.union(exp.select("*").from_(_table(_TOLD)), last, distinct=False, copy=False)
        whole = (
            whole.with_(_GROUPS, as_=self._groups(), copy=False)
            .with_(_SUBJECTS, as_=self._per_subject(), copy=False)
            .with_(_JUDGED, as_=self._judged(), materialized=True, copy=False)
            .with_(_TOLD, as_=self._told(hidden), copy=False)
        )
        sql = whole.sql(dialect=VerbatimDuckDB, identify=True, normalize_functions=False)
        return GuardedQuery(sql, hidden)

    def _source(self) -> exp.Select:
        """FROM and WHERE of the query, nothing selected yet."""
        select = exp.Select()
        select.set("from_", self.parts.tree.args["from_"].copy())
        if self.parts.tree.args.get("where"):
            select.set("where", self.parts.tree.args["where"].copy())
        return select

    def _groups(self) -> exp.Select:
        columns = [_named(item, f"o{n}") for n, item in enumerate(self.parts.items)]
        columns += [_named(key, f"k{n}") for n, key in enumerate(self.parts.keys)]
        columns += [_named(one.this, f"r{n}") for n, one in self._own_orders()]
        if self.parts.having is not None:
            columns.append(_named(self.parts.having, "having"))
        return self._grouped(self._source().select(*columns, copy=False), self.parts.keys)

    def _own_orders(self) -> Iterator[tuple[int, exp.Ordered]]:
        for number, one in enumerate(self.parts.order):
            if self.parts.output_of(one.this) is None:
                yield number, one

    def _per_subject(self) -> exp.Select:
        columns = [_named(key, f"k{n}") for n, key in enumerate(self.parts.keys)]
        columns.append(_named(self.parts.subject, "s"))
        for number, one in enumerate(self.parts.folds):
            argument = one.expressions[0] if one.expressions else exp.Star()
            if fold(str(one.this)) == "count":
                values, amount = _call("count", argument), _call("count", argument)
            else:
                size = _call("abs", exp.cast(argument.copy(), exp.DataType.Type.DOUBLE))
                values, amount = _call("count", argument), _call("sum", size)
            columns += [_named(values, f"n{number}"), _named(amount, f"c{number}")]
        return self._grouped(
            self._source().select(*columns, copy=False), [*self.parts.keys, self.parts.subject]
        )

    def _judged(self) -> exp.Select:
        least = exp.Literal.number(self.k)
        share = exp.Literal.number(repr(float(self.dominance)))
        subjects = _call("count", column_of("s"))
        tests: list[exp.Expr] = [exp.GTE(this=subjects, expression=least.copy())]
        for number in range(len(self.parts.folds)):
            brings = exp.GT(this=column_of(f"n{number}"), expression=exp.Literal.number(0))
            bringing = exp.Filter(
                this=_call("count", column_of("s")), expression=exp.Where(this=brings)
            )
            amount = exp.cast(column_of(f"c{number}"), exp.DataType.Type.DOUBLE)
            whole = _call("sum", amount)
            most = exp.Mul(this=share.copy(), expression=whole.copy())
            tests += [
                exp.GTE(this=bringing, expression=least.copy()),
                _call("isfinite", whole),
                exp.LTE(this=_call("max", amount.copy()), expression=most),
            ]
        names = [f"k{number}" for number in range(len(self.parts.keys))]
        judged = exp.select(*(column_of(n) for n in names), _named(exp.and_(*tests), _OK))
        judged = judged.from_(_table(_SUBJECTS), copy=False)
        if names:
            judged = judged.group_by(*(column_of(name) for name in names), copy=False)
        same = [
            exp.NullSafeEQ(this=column_of(name, _GROUPS), expression=column_of(name, "j"))
            for name in names
        ]
        joined = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(_GROUPS)))
        joined = joined.select(
            _named(_call("coalesce", column_of(_OK, "j"), exp.false()), _OK), copy=False
        )
        return joined.from_(_table(_GROUPS), copy=False).join(
            judged.subquery("j"),
            on=exp.and_(*same) if same else exp.true(),
            join_type="left",
            copy=False,
        )

    def _told(self, hidden: str) -> exp.Select:
        nothing = exp.cast(exp.null(), exp.DataType.Type.BIGINT)
        columns = [
            _named(column_of(f"o{number}"), column.name)
            for number, column in enumerate(self.parts.traced.columns)
        ]
        told = exp.select(*columns, _named(nothing, hidden)).from_(_table(_JUDGED), copy=False)
        told = told.where(column_of(_OK), copy=False)
        if self.parts.having is not None:
            told = told.where(column_of("having"), copy=False)
        if self.parts.order:
            told.set("order", exp.Order(expressions=list(self._ordered())))
        for name in ("limit", "offset"):
            if self.parts.tree.args.get(name):
                told.set(name, self.parts.tree.args[name].copy())
        return told

    def _ordered(self) -> Iterator[exp.Ordered]:
        for number, one in enumerate(self.parts.order):
            output = self.parts.output_of(one.this)
            again = one.copy()
            again.set("this", column_of(f"r{number}" if output is None else f"o{output}"))
            yield again

    def _last(self, hidden: str) -> Iterator[exp.Expr]:
        for column in self.parts.traced.columns:
            yield _named(exp.null(), column.name)
        held = exp.select(_call("count", exp.Star())).from_(_table(_JUDGED), copy=False)
        held = held.where(exp.Not(this=column_of(_OK)), copy=False)
        yield _named(held.subquery(), hidden)

    def _grouped(self, select: exp.Select, keys: Sequence[exp.Expr]) -> exp.Select:
        """GROUP BY the positions that nothing else can be mistaken for: the expressions."""
        if not keys:
            return select
        return select.group_by(*(exp.Paren(this=key.copy()) for key in keys), copy=False)


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _named(node: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=node.copy(), alias=exp.to_identifier(name, quoted=True))


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])
