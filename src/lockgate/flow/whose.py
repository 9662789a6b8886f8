"""Whose value a column of a source or step holds, and by which row of which source it came."""

from __future__ import annotations

from dataclasses import dataclass

from lockgate.contract.model import Column
from lockgate.flow.known import KnownColumns
from lockgate.pipeline.graph import ColumnRef


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why nobody knows, as the end of a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A contract's subject column, and its name where the values stand."""

    column: Column
    name: str


def origin_of(of: ColumnRef, known: KnownColumns) -> ColumnRef | Unknown:
    """The source's column that this is, as it is, in a row made of one row of that source.

    What a step computes may be of another row than the columns beside it; so may be what comes
    where several rows of one source went into one.
    """
    origin = known.copies.get(of)
    if origin is None:
        return Unknown(f"step {of.node} computes {of.column}, so nobody knows of whose row it is")
    if known.times[of.node].get(origin.node, 0) > 1:
        return Unknown(f"more than one row of {origin.node} may have gone into a row of {of.node}")
    return origin


def subject_of(of: ColumnRef, known: KnownColumns) -> Subject | Unknown:
    """The column that says whose the values of ``of`` are."""
    origin = origin_of(of, known)
    if isinstance(origin, Unknown):
        return origin
    contract = known.contracts[origin.node]
    if contract.subject is None:
        return Unknown(f"contract {contract.name} has no subject column")
    name = carried(ColumnRef(origin.node, contract.subject.name), of.node, known)
    if name is None:
        return Unknown(
            f"the subject column {contract.subject.name} of contract {contract.name} does not come "
            f"as far as {of.node}"
        )
    return Subject(contract.subject, name)


def carried(source: ColumnRef, node: str, known: KnownColumns) -> str | None:
    """The name under which a source's column stands, as it is, in a node; None if it does not."""
    names = [r.column for r, origin in known.copies.items() if r.node == node and origin == source]
    return min(names, default=None)
