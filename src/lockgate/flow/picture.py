"""A plan as something to look at: boxes of columns, and lines between what flows into what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lockgate.flow.check import Examined
from lockgate.flow.propagate import Traced
from lockgate.labels.label import LabelSet
from lockgate.pipeline.graph import ColumnRef, Graph, Node, NodeKind
from lockgate.plan.checked_plan import PlannedColumn, PlannedSink
from lockgate.policy.zone import rule_text


@dataclass(frozen=True, slots=True)
class Row:
    """A column in a box, in words. ``treatment`` and ``why`` are "" but at a sink's edge.

    ``mood`` is what a colour may say: public, sensitive, protected, dropped or refused.
    """

    column: str
    labels: str
    influence: str
    mood: str
    treatment: str = ""
    state: str = ""
    why: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A source, step or sink. ``rank`` is how many boxes at most lie before it."""

    id: str
    kind: str
    title: str
    subtitle: str
    rank: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A flow from a column (box, row number) to another; ``decides`` if no value travels."""

    start: tuple[str, int]
    end: tuple[str, int]
    decides: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in the order of the graph, and the lines between their rows."""

    title: str
    refused: bool
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def picture(name: str, examined: Examined) -> Picture:
    """What was found out about a pipeline, refused ones too."""
    refused = {(f.sink, f.column) for f in examined.findings if f.severity == "error"}
    planned = {sink.name: sink for sink in examined.plan.sinks} if examined.plan else {}
    graph = _without_idle(examined.graph)
    ranks = _ranks(graph)
    boxes = tuple(
        Box(
            node.id,
            node.kind.value,
            node.id.removeprefix("sink:"),
            _subtitle(node, planned),
            ranks[node.id],
            tuple(_rows(node, examined.traced, planned, refused)),
        )
        for node in graph.nodes
    )
    return Picture(name, examined.plan is None, boxes, tuple(_lines(graph)))


def _without_idle(graph: Graph) -> Graph:
    """The graph without a selection that takes every column as it is."""
    idle = {
        node.id: node.inputs[0]
        for node in graph.nodes
        if node.kind is NodeKind.SELECT
        and all(c.name == c.direct[0].column for c in node.outputs)
        and len(node.outputs) == len(graph.node(node.inputs[0]).outputs)
    }
    nodes = [
        replace(
            node,
            inputs=tuple(idle.get(one, one) for one in node.inputs),
            outputs=tuple(
                replace(c, direct=tuple(_moved(ref, idle) for ref in c.direct))
                for c in node.outputs
            ),
        )
        for node in graph.nodes
        if node.id not in idle
    ]
    return Graph(tuple(nodes))


def _moved(ref: ColumnRef, idle: Mapping[str, str]) -> ColumnRef:
    return ColumnRef(idle.get(ref.node, ref.node), ref.column)


def _ranks(graph: Graph) -> Mapping[str, int]:
    ranks: dict[str, int] = {}
    for node in graph.nodes:
        ranks[node.id] = 1 + max((ranks[one] for one in node.inputs), default=-1)
    last = max(ranks.values(), default=0)
    for node in graph.nodes:
        if node.kind is NodeKind.SINK:
            ranks[node.id] = last
    return ranks


def _subtitle(node: Node, planned: Mapping[str, PlannedSink]) -> str:
    sink = planned.get(node.id.removeprefix("sink:")) if node.kind is NodeKind.SINK else None
    return f"zone {sink.zone}" if sink else node.kind.value


def _rows(
    node: Node,
    traced: Mapping[ColumnRef, Traced],
    planned: Mapping[str, PlannedSink],
    refused: set[tuple[str, str]],
) -> Iterator[Row]:
    sink = node.id.removeprefix("sink:") if node.kind is NodeKind.SINK else ""
    columns = {c.name: c for c in planned[sink].columns} if sink in planned else {}
    for output in node.outputs:
        known = traced[ColumnRef(node.id, output.name)]
        labels, influence = str(known.labels), _said(known.influence)
        note = "somebody's word" if output.declassified is not None else ""
        note = f"at least {output.folded} subjects" if output.folded else note
        if output.name in columns:
            yield _at_edge(columns[output.name], labels, influence)
            continue
        mood = "public" if known.labels.public else "sensitive"
        source = output.direct[0].column if output.direct else output.name
        if sink and {(sink, output.name), (sink, source)} & refused:
            mood = "refused"
        yield Row(output.name, labels, influence, mood, note=note)


def _at_edge(column: PlannedColumn, labels: str, influence: str) -> Row:
    if column.treatment is None:
        mood = "public" if column.labels.public else "sensitive"
        return Row(column.name, labels, influence, mood, "allow", labels, column.why)
    if column.treatment.name == "drop":
        return Row(column.name, labels, influence, "dropped", "drop", "", column.why)
    state = str(column.treatment.state(column.labels, column.domain, 0))
    treatment = rule_text(column.treatment)
    return Row(column.name, labels, influence, "protected", treatment, state, column.why)


def _said(influence: LabelSet) -> str:
    return "" if influence.public else str(influence)


def _lines(graph: Graph) -> Iterator[Line]:
    places = {
        ColumnRef(node.id, column.name): (node.id, number)
        for node in graph.nodes
        for number, column in enumerate(node.outputs)
    }
    for node in graph.nodes:
        for column in node.outputs:
            end = places[ColumnRef(node.id, column.name)]
            for refs, decides in ((column.direct, False), (column.influence, True)):
                for ref in refs:
                    yield Line(places[ref], end, decides)
        for ref in node.row_influence:
            yield Line(places[ref], (node.id, -1), decides=True)
