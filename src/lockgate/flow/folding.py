"""Aggregations that are bound to many subjects: whose rows they fold, and what runs instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from lockgate.contract.model import Column
from lockgate.flow.known import KnownColumns
from lockgate.flow.sql.guarded import GuardedQuery, guard
from lockgate.flow.sql.lineage import InputTable, TracedQuery
from lockgate.flow.sql.names import fold
from lockgate.kernel.interface import Normaliser
from lockgate.labels.label import State
from lockgate.pipeline.graph import ColumnRef
from lockgate.pipeline.model import Aggregation
from lockgate.policy.policy import Policy

_SUBJECT_FIX = "aggregate: {subject: COLUMN}, a subject column that the steps pass on as it is"
_FOLDED_FIX = (
    "fold a column that every step before hands on as it is: compute after the aggregation, or "
    "bring the value as a column of the source"
)


class Unguarded(NamedTuple):
    """Why an aggregation is not bound to its subjects, and what to do."""

    message: str
    fix: str = _SUBJECT_FIX


def guarded_fold(
    aggregation: Aggregation,
    traced: TracedQuery,
    tables: Sequence[InputTable],
    known: KnownColumns,
    policy: Policy,
) -> GuardedQuery | Unguarded:
    """The query that tells groups of many subjects only, or in words why there is none.

    The subject column is a contract's, passed on as it is (what is computed could have more
    values than there are people), of the very source whose labelled values are folded (of another
    source's people there may be many where of these there is one). Each folded value, also one in
    HAVING or ORDER BY only, is a source's, passed on as it is too, and stands in the row of its own
    subject: into no row more than one row of that source has gone. Subjects that would get the same
    token are one.

    Raises SqlRefused for a query that is no aggregation of the kind.
    """
    columns = [
        ColumnRef(table.name, column)
        for table in tables
        for column in table.columns
        if fold(column) == fold(aggregation.subject)
    ]
    subject = known.copies.get(columns[0]) if len(columns) == 1 else None
    if subject is None or not known.columns[subject].subject:
        return Unguarded(f"{aggregation.subject} is not a column that says whose row it is")
    normaliser = _normaliser(known.columns[subject], policy)
    if normaliser is None:
        return Unguarded(
            f"nobody knows which spellings of {aggregation.subject} are one person: its labels "
            "have different key domains, or its domain is not declared",
            "lockgate.domain on the column",
        )
    of, k, dominance = aggregation.subject, aggregation.k, aggregation.dominance
    guarded = guard(traced, tables, of, k, dominance, normaliser)
    folded = sorted(ColumnRef(ref.table, ref.column) for ref in guarded.folded)
    others = {one.node for ref in folded for one in _labelled(ref, known)} - {subject.node}
    if others:
        names = ", ".join(sorted(others))
        return Unguarded(
            f"it folds values of {names}, and {of} counts the people of {subject.node}"
        )
    if known.times[columns[0].node].get(subject.node, 0) > 1:
        return Unguarded(
            f"more than one row of {subject.node} may have gone into a row: one person's value "
            "could stand beside another's name"
        )
    computed = [ref for ref in folded if ref not in known.copies]
    if computed:
        name = f"{computed[0].node}.{computed[0].column}"
        return Unguarded(
            f"{name} is computed, so it may be of another row than that of its subject, or leave "
            "one person out",
            _FOLDED_FIX,
        )
    return guarded


def _labelled(ref: ColumnRef, known: KnownColumns) -> list[ColumnRef]:
    """The columns of sources with labels whose values reach a column."""
    return [one for one in known.origins[ref] if not known.columns[one].labels.public]


def _normaliser(subject: Column, policy: Policy) -> Normaliser | None:
    """How the subject's key domain, its own or its labels', brings spellings together.

    None if there are several domains, or one that is not declared. Without any, no spellings are
    brought together anywhere.
    """
    kind = subject.arrow_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if kind not in (pa.string(), pa.large_string(), pa.string_view()):
        return Normaliser.EXACT
    taxonomy = policy.taxonomy
    labels = [m.label.name if isinstance(m, State) else m.name for m in subject.labels]
    names = {taxonomy.domain_of(label) for label in labels if taxonomy.known(label)} - {""}
    if subject.domain:
        names = {subject.domain}
    if not names:
        return Normaliser.EXACT
    domain = policy.domains.get(names.pop()) if len(names) == 1 else None
    return None if domain is None else domain.normaliser
