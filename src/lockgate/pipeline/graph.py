"""A pipeline as a directed acyclic graph: nodes, what flows into them, and lineage by column.

A node says, for each column it puts out, which columns of its inputs its
values come from (``direct``) and which only decide whether or which value
appears (``influence``). A step written in SQL or Python is one more kind of
node that fills in the same two sets; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lockgate.errors import Position
from lockgate.pipeline.model import Pipeline

SOURCE_ID = "source"
SELECT_ID = "select"


class NodeKind(StrEnum):
    """What a node does with rows."""

    SOURCE = "source"
    SELECT = "select"
    SINK = "sink"


@dataclass(frozen=True, slots=True, order=True)
class ColumnRef:
    """A column that a node puts out."""

    node: str
    column: str


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column and the columns of the node's inputs it comes from."""

    name: str
    direct: tuple[ColumnRef, ...] = ()
    influence: tuple[ColumnRef, ...] = ()
    where: Position | None = None


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


def build_graph(pipeline: Pipeline, columns: Sequence[str]) -> Graph:
    """Source -> select/rename -> sinks, for a source that has ``columns``.

    Selected columns that the source does not have are left out: the static
    check reports them.
    """
    read = [name for name in columns if name not in pipeline.source.ignore]
    source = Node(
        SOURCE_ID,
        NodeKind.SOURCE,
        outputs=tuple(OutputColumn(name) for name in read),
        where=pipeline.source.where,
    )
    chosen = [(s.source, s.name, s.where) for s in pipeline.select if s.source in read]
    if not pipeline.select:
        chosen = [(name, name, None) for name in read]
    select = Node(
        SELECT_ID,
        NodeKind.SELECT,
        (SOURCE_ID,),
        tuple(OutputColumn(to, (ColumnRef(SOURCE_ID, of),), (), at) for of, to, at in chosen),
        where=pipeline.where,
    )
    names = list(dict.fromkeys(column.name for column in select.outputs))
    sinks = dict.fromkeys(sink.name for sink in pipeline.sinks)
    return Graph((source, select, *(_sink(name, names) for name in sinks)))


def _sink(name: str, columns: Sequence[str]) -> Node:
    outputs = tuple(OutputColumn(c, (ColumnRef(SELECT_ID, c),)) for c in columns)
    return Node(sink_id(name), NodeKind.SINK, (SELECT_ID,), outputs)
