"""Aggregations that are bound to many subjects: whose rows they fold, and what runs instead."""

from __future__ import annotations

from collections.abc import Sequence

from lockgate.flow.known import KnownColumns
from lockgate.flow.sql.guarded import GuardedQuery, guard
from lockgate.flow.sql.lineage import InputTable, Ref, TracedQuery
from lockgate.flow.sql.names import fold
from lockgate.pipeline.graph import ColumnRef
from lockgate.pipeline.model import Aggregation


def guarded_fold(
    aggregation: Aggregation,
    traced: TracedQuery,
    tables: Sequence[InputTable],
    known: KnownColumns,
) -> GuardedQuery | str:
    """The query that tells groups of many subjects only, or in words why there is none.

    The subject column is a contract's, passed on as it is (what is computed could have more
    values than there are people), of the very source whose labelled values are folded (of another
    source's people there may be many where of these there is one). Each folded value stands in the
    row of its own subject: into no row more than one row of that source has gone, and nothing was
    brought from other rows by a window, a fold or a query inside.

    Raises SqlRefused for a query that is no aggregation of the kind.
    """
    columns = [
        ColumnRef(table.name, column)
        for table in tables
        for column in table.columns
        if fold(column) == fold(aggregation.subject)
    ]
    whose = known.subjects.get(columns[0]) if len(columns) == 1 else None
    if whose is None:
        return f"{aggregation.subject} is not a column that says whose row it is"
    others = _sources(traced, known) - {whose}
    if others:
        names = ", ".join(sorted(others))
        return f"it folds values of {names}, and {aggregation.subject} counts the people of {whose}"
    if known.times[columns[0].node].get(whose, 0) > 1:
        return (
            f"more than one row of {whose} may have gone into a row: one person's value could "
            "stand beside another's name"
        )
    strange = sorted(str(ref) for ref in _labelled(traced, known) if _ref(ref) not in known.own_row)
    if strange:
        return f"{strange[0]} may be of another row than that of its subject"
    return guard(traced, tables, aggregation.subject, aggregation.k, aggregation.dominance)


def _sources(traced: TracedQuery, known: KnownColumns) -> set[str]:
    """The sources whose labelled values are counted, summed or averaged."""
    return {origin.node for ref in _labelled(traced, known) for origin in known.origins[_ref(ref)]}


def _labelled(traced: TracedQuery, known: KnownColumns) -> set[Ref]:
    """The folded columns of the input that have labels."""
    folded = {ref for column in traced.columns if column.how for ref in column.how.of}
    return {ref for ref in folded if not _public(ref, known)}


def _public(ref: Ref, known: KnownColumns) -> bool:
    return all(known.columns[origin].labels.public for origin in known.origins[_ref(ref)])


def _ref(ref: Ref) -> ColumnRef:
    return ColumnRef(ref.table, ref.column)
