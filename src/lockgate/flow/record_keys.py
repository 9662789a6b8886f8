"""Values bound to their row: which columns of the sink are the row's key, and may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow.types as pt

from lockgate.contract.model import Column
from lockgate.flow.findings import Finding, FindingRule
from lockgate.flow.known import KnownColumns
from lockgate.flow.subject_keys import Untied
from lockgate.flow.whose import Unknown, carried, origin_of
from lockgate.kernel.canonical import is_text
from lockgate.pipeline.graph import ColumnRef
from lockgate.plan.checked_plan import PlannedColumn, PlannedSink
from lockgate.protect.encrypt import Encrypt
from lockgate.protect.plain import plain_type

_STABLE = ("tokenize", "hash", "fpe")
"""Treatments that keep a key a key: different values stay different, and no rewrap changes them."""


def bound_to_record(
    one: PlannedColumn, of: ColumnRef, others: Sequence[PlannedColumn], known: KnownColumns
) -> PlannedColumn | Untied:
    """The planned column with the columns of its sink (``others``) that its values are bound to.

    They are the primary key of its contract, clear or under a treatment that keeps them distinct
    and never changes.
    """
    if not isinstance(one.treatment, Encrypt) or not one.treatment.bind:
        return one
    origin = origin_of(of, known)
    if isinstance(origin, Unknown):
        return _untied(f"its values are bound to their record, but {origin.why}")
    contract = known.contracts[origin.node]
    keys = [column for column in contract.columns if column.primary_key]
    if not keys:
        return _untied(
            f"its values are bound to their record, but contract {contract.name} has no primary "
            "key",
            "primaryKey: true at the columns that tell its rows apart",
        )
    record = []
    for key in keys:
        name = carried(ColumnRef(origin.node, key.name), of.node, known)
        beside = [other for other in others if other.source == name and _keeps(other)]
        if not beside:
            return _untied(
                f"its values are bound to their record, and the key column {key.name} is not in "
                "the sink, clear or under " + ", ".join(_STABLE)
            )
        if beside[0].treatment is None and not _exact(key):
            return _untied(
                f"its values are bound to their record, and the key column {key.name} of type "
                f"{key.arrow_type} may be written in several ways",
                f"let the zone hash {key.name}, or type it as text, a whole number or a date",
            )
        record.append(beside[0].name)
    return replace(one, record=tuple(record))


def bound_elsewhere(sinks: Sequence[tuple[str, PlannedSink]]) -> Iterator[Finding]:
    """Columns that a sink encrypts unbound and another binds to their record.

    ``sinks`` are those of all pipelines, each with its pipeline's name.
    """
    bound: dict[tuple[str, str], str] = {}
    for pipeline, sink in sinks:
        for column in sink.columns:
            if column.record:
                bound.setdefault((column.dataset, column.column_id), f"{pipeline}.{sink.name}")
    for pipeline, sink in sinks:
        for column in sink.columns:
            other = bound.get((column.dataset, column.column_id))
            if other and not column.record and isinstance(column.treatment, Encrypt):
                yield Finding(
                    FindingRule.RECORD_ELSEWHERE,
                    pipeline,
                    f"its values are bound to their record in {other} and not here: who can write "
                    "what is released here can move them to any row",
                    sink.name,
                    column.name,
                    zone=sink.zone,
                    fix=f"{{encrypt: {{bind: record}}}} for it in zone {sink.zone} too",
                )


def _keeps(column: PlannedColumn) -> bool:
    return column.treatment is None or column.treatment.name in _STABLE


def _exact(key: Column) -> bool:
    """Whether the type is written in one way, in files of every format."""
    kind = plain_type(key.arrow_type)
    return is_text(kind) or pt.is_integer(kind) or pt.is_date(kind)


def _untied(
    message: str, fix: str = "select the contract's primary key, and do not encrypt it"
) -> Untied:
    return Untied(FindingRule.RECORD_KEY, message, fix)
