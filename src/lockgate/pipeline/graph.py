"""A pipeline as a directed acyclic graph: nodes, what flows into them, and lineage by column.

A node says, for each column it puts out, which columns of its inputs its
values come from (``direct``) and which only decide whether or which value
appears (``influence``). Labels follow both; what changes them on the way (a fold
over many subjects, somebody's word) is said at the column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lockgate.errors import Position
from lockgate.pipeline.model import SOURCE_NAME, Declassification, Pipeline, SinkSpec

SOURCE_ID = SOURCE_NAME
SELECT_ID = "select"


class NodeKind(StrEnum):
    """What a node does with rows."""

    SOURCE = "source"
    SELECT = "select"
    STEP = "step"
    SINK = "sink"


@dataclass(frozen=True, slots=True, order=True)
class ColumnRef:
    """A column that a node puts out."""

    node: str
    column: str


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column and the columns of the node's inputs it comes from.

    ``folded``: its values are counts, sums or averages over at least so many subjects; 0 if not.
    ``declassified``: somebody's word on its labels.
    """

    name: str
    direct: tuple[ColumnRef, ...] = ()
    influence: tuple[ColumnRef, ...] = ()
    where: Position | None = None
    folded: int = 0
    declassified: Declassification | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One step. ``row_influence`` are the columns that decide which rows appear at all."""

    id: str
    kind: NodeKind
    inputs: tuple[str, ...] = ()
    outputs: tuple[OutputColumn, ...] = ()
    row_influence: tuple[ColumnRef, ...] = ()
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in topological order: every input stands before the node that reads it."""

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        seen: dict[str, set[str]] = {}
        for node in self.nodes:
            if node.id in seen or any(one not in seen for one in node.inputs):
                raise ValueError("a graph's nodes stand in topological order, each once")
            for ref in _refs(node):
                if ref.node not in node.inputs or ref.column not in seen[ref.node]:
                    raise ValueError("lineage points at a column that no input puts out")
            seen[node.id] = {column.name for column in node.outputs}

    def node(self, node_id: str) -> Node:
        """The node of that id; KeyError if there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)


def _refs(node: Node) -> tuple[ColumnRef, ...]:
    refs = [ref for column in node.outputs for ref in (*column.direct, *column.influence)]
    return (*refs, *node.row_influence)


def sink_id(name: str) -> str:
    """The node id of a sink."""
    return f"sink:{name}"


def build_graph(
    pipeline: Pipeline,
    columns: Mapping[str, Sequence[str]],
    steps: Sequence[Node] = (),
    last: str = "",
) -> Graph:
    """Sources -> steps -> sinks, or source -> select/rename -> sinks.

    ``columns`` are those of each source; ``steps`` are the traced steps in an order in which each
    stands behind what it reads, ``last`` the one for sinks that name none. Selected columns that
    the source does not have are left out, sinks that read what is not there, and all sources of one
    name but the first: the static check reports them.
    """
    sources = [
        Node(
            source.name,
            NodeKind.SOURCE,
            outputs=tuple(
                OutputColumn(name) for name in columns[source.name] if name not in source.ignore
            ),
            where=source.where,
        )
        for source in {one.name: one for one in reversed(pipeline.sources)}.values()
    ][::-1]
    nodes = [*sources, *(steps if pipeline.steps else [_selected(pipeline, sources[0])])]
    known = {node.id: node for node in nodes}
    sinks: dict[str, Node] = {}
    for sink in pipeline.sinks:
        of = known.get(sink.of or last) if pipeline.steps else nodes[-1]
        if of is not None:
            sinks.setdefault(sink.name, _sink(sink, of))
    return Graph((*nodes, *sinks.values()))


def _selected(pipeline: Pipeline, source: Node) -> Node:
    read = [column.name for column in source.outputs]
    chosen = [(s.source, s.name, s.where) for s in pipeline.select if s.source in read]
    if not pipeline.select:
        chosen = [(name, name, None) for name in read]
    return Node(
        SELECT_ID,
        NodeKind.SELECT,
        (source.id,),
        tuple(OutputColumn(to, (ColumnRef(source.id, of),), (), at) for of, to, at in chosen),
        where=pipeline.where,
    )


def _sink(sink: SinkSpec, of: Node) -> Node:
    columns = dict.fromkeys(column.name for column in of.outputs)
    outputs = tuple(OutputColumn(c, (ColumnRef(of.id, c),)) for c in columns)
    return Node(sink_id(sink.name), NodeKind.SINK, (of.id,), outputs, where=sink.where)
