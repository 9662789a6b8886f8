"""Carry labels along the graph: direct ones with the values, influence ones beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lockgate.labels.label import LabelSet, State, StateKind, join_all
from lockgate.pipeline.graph import ColumnRef, Graph, Node, NodeKind, OutputColumn


@dataclass(frozen=True, slots=True)
class Traced:
    """What is known of a column: its labels, what influenced it, and the source columns."""

    labels: LabelSet
    influence: LabelSet
    origins: tuple[ColumnRef, ...]


def propagate(
    graph: Graph,
    sources: Mapping[ColumnRef, LabelSet],
    influence: Mapping[ColumnRef, LabelSet] = MappingProxyType({}),
) -> Mapping[ColumnRef, Traced]:
    """Labels of every column of every node; ``influence`` is what sources brought along.

    A source column that ``sources`` does not name is unclassified. A column
    that several outputs of one node share a name with joins them all, so an
    ambiguous name never carries less than the columns behind it. What decided which
    rows an input has influences every output, also one that reads none of its columns
    (a count of its rows).
    """
    traced: dict[ColumnRef, Traced] = {}
    deciding: dict[str, LabelSet] = {}
    for node in graph.nodes:
        behind = (deciding[name] for name in node.inputs)
        rows = join_all((_influence_of(node.row_influence, traced), *behind))
        deciding[node.id] = rows
        for column in node.outputs:
            ref = ColumnRef(node.id, column.name)
            if node.kind is NodeKind.SOURCE:
                labels = sources.get(ref, LabelSet(unclassified=True))
                found = Traced(labels, influence.get(ref, LabelSet()), (ref,))
            else:
                found = _through(node, column, rows, traced)
            traced[ref] = _joined(traced[ref], found) if ref in traced else found
    return traced


def _through(
    node: Node, column: OutputColumn, rows: LabelSet, traced: Mapping[ColumnRef, Traced]
) -> Traced:
    direct = [traced[ref] for ref in column.direct]
    influence = join_all(
        (rows, _influence_of(column.influence, traced), *(one.influence for one in direct))
    )
    origins = dict.fromkeys(ref for one in direct for ref in one.origins)
    labels = _on_the_way(column, join_all(one.labels for one in direct))
    return Traced(labels, influence, tuple(origins))


def _on_the_way(column: OutputColumn, labels: LabelSet) -> LabelSet:
    """What a fold over many subjects, or somebody's word, makes of the labels."""
    if column.declassified is not None and column.declassified.labels is not None:
        return LabelSet.of(*column.declassified.labels)
    if column.folded:
        behind = (mark.label if isinstance(mark, State) else mark for mark in labels.marks)
        states = (State(StateKind.AGGREGATED, one, subjects=column.folded) for one in behind)
        return LabelSet(frozenset(states), labels.unclassified)
    return labels


def _influence_of(refs: Iterable[ColumnRef], traced: Mapping[ColumnRef, Traced]) -> LabelSet:
    return join_all(traced[ref].labels.join(traced[ref].influence) for ref in refs)


def _joined(one: Traced, other: Traced) -> Traced:
    return Traced(
        one.labels.join(other.labels),
        one.influence.join(other.influence),
        tuple(dict.fromkeys((*one.origins, *other.origins))),
    )
