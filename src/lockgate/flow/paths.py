"""The way that a label took: from a source's column through steps to a sink."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lockgate.errors import Position
from lockgate.flow.propagate import Traced
from lockgate.labels.label import LabelSet, Mark, State
from lockgate.pipeline.graph import ColumnRef, Graph, Node, NodeKind, OutputColumn


@dataclass(frozen=True, slots=True)
class PathStep:
    """A column on the way. ``decides``: it only decides what appears in the one behind it."""

    node: str
    column: str
    decides: bool
    where: Position | None = None

    def __str__(self) -> str:
        return f"{self.node}.{self.column}"


def path_to(
    graph: Graph, traced: Mapping[ColumnRef, Traced], end: ColumnRef, label: str, influence: bool
) -> tuple[PathStep, ...]:
    """The shortest way of a label from a source to ``end``; empty if it takes none.

    ``label`` is the text of a label or state, ``unclassified`` or ``public``. Ways of values are
    looked for first, and those through columns that only decide only if ``influence``.
    """
    return next(
        filter(None, (_path(graph, traced, end, label, influence, far) for far in (False, True))),
        (),
    )


def _path(
    graph: Graph,
    traced: Mapping[ColumnRef, Traced],
    end: ColumnRef,
    label: str,
    influence: bool,
    far: bool,
) -> tuple[PathStep, ...]:
    """``far``: also straight from what decided an input's rows, past columns that do not matter."""
    nodes = {node.id: node for node in graph.nodes}
    columns = {
        ColumnRef(node.id, column.name): column for node in graph.nodes for column in node.outputs
    }
    came: dict[ColumnRef, tuple[ColumnRef, bool] | None] = {end: None}
    waiting = deque([end])
    while waiting:
        ref = waiting.popleft()
        node = nodes[ref.node]
        if not node.inputs:
            return tuple(_walk(ref, came, columns, nodes))
        for before, decides in _edges(nodes, node, columns[ref], influence, far):
            if before not in came and _carries(traced[before], label, influence):
                came[before] = (ref, decides)
                waiting.append(before)
    return ()


def _edges(
    nodes: Mapping[str, Node], node: Node, column: OutputColumn, influence: bool, far: bool
) -> Iterator[tuple[ColumnRef, bool]]:
    yield from ((ref, False) for ref in column.direct)
    if not influence:
        return
    yield from ((ref, True) for ref in (*column.influence, *node.row_influence))
    waiting = deque(node.inputs if far and node.kind is NodeKind.STEP else ())
    seen = set(waiting)
    while waiting:
        one = nodes[waiting.popleft()]
        yield from ((ref, True) for ref in one.row_influence)
        waiting.extend(name for name in one.inputs if name not in seen)
        seen.update(one.inputs)


def _carries(known: Traced, label: str, influence: bool) -> bool:
    return _has(known.labels, label) or (influence and _has(known.influence, label))


def _has(labels: LabelSet, label: str) -> bool:
    if label == "unclassified":
        return labels.unclassified
    if label == "public":
        return labels.public
    wanted = label.partition("(")[2].rstrip(")").partition(";")[0] or label
    return any(wanted == _name(mark) for mark in labels.marks)


def _name(mark: Mark) -> str:
    return mark.label.name if isinstance(mark, State) else mark.name


def _walk(
    start: ColumnRef,
    came: Mapping[ColumnRef, tuple[ColumnRef, bool] | None],
    columns: Mapping[ColumnRef, OutputColumn],
    nodes: Mapping[str, Node],
) -> Iterator[PathStep]:
    ref = start
    while True:
        following = came[ref]
        where = columns[ref].where or nodes[ref.node].where
        yield PathStep(ref.node, ref.column, following is not None and following[1], where)
        if following is None:
            return
        ref = following[0]
