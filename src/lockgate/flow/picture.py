"""A plan as something to look at: boxes of columns, and lines between what flows into what."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from lockgate.flow.check import Examined
from lockgate.flow.findings import Finding, Severity
from lockgate.flow.propagate import Traced
from lockgate.labels.label import LabelSet, State
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
    """A flow from a column (box, row number) to another; ``decides`` if no value travels.

    A row number of -1 is the box itself: the column decides which rows appear. ``refused``: it is
    on the way that a label took to where it may not be.
    """

    start: tuple[str, int]
    end: tuple[str, int]
    decides: bool
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in the order of the graph, and the lines between their rows."""

    title: str
    refused: bool
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def picture(name: str, examined: Examined) -> Picture:
    """What was found out about a pipeline, refused ones too."""
    errors = [one for one in examined.findings if one.severity is Severity.ERROR]
    refused = {(one.sink, one.column): one for one in errors if one.sink and one.column}
    planned = {sink.name: sink for sink in examined.sinks}
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
    ways = {
        edge
        for one in errors
        for edge in pairwise(ColumnRef(step.node, step.column) for step in one.path)
    }
    return Picture(name, examined.plan is None, boxes, tuple(_lines(graph, boxes, ways)))


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
    return ranks


def _subtitle(node: Node, planned: Mapping[str, PlannedSink]) -> str:
    sink = planned.get(node.id.removeprefix("sink:")) if node.kind is NodeKind.SINK else None
    return f"zone {sink.zone}" if sink else node.kind.value


def _rows(
    node: Node,
    traced: Mapping[ColumnRef, Traced],
    planned: Mapping[str, PlannedSink],
    refused: Mapping[tuple[str, str], Finding],
) -> Iterator[Row]:
    sink = node.id.removeprefix("sink:") if node.kind is NodeKind.SINK else ""
    columns = {c.name: c for c in planned[sink].columns} if sink in planned else {}
    for output in node.outputs:
        known = traced[ColumnRef(node.id, output.name)]
        labels, influence = str(known.labels), _said(known.influence)
        note = "somebody's word" if output.declassified is not None else ""
        note = f"at least {output.folded} subjects" if output.folded else note
        source = output.direct[0].column if output.direct else output.name
        why = refused.get((sink, output.name)) or refused.get((sink, source)) if sink else None
        if why is not None:
            yield Row(output.name, labels, influence, "refused", "refused", why=why.message)
        elif output.name in columns:
            yield _at_edge(columns[output.name], labels, influence)
        else:
            yield Row(output.name, labels, influence, _mood(known.labels), note=note)


def _at_edge(column: PlannedColumn, labels: str, influence: str) -> Row:
    if column.treatment is None:
        mood = _mood(column.labels)
        return Row(column.name, labels, influence, mood, "allow", labels, column.why)
    if column.treatment.name == "drop":
        return Row(column.name, labels, influence, "dropped", "drop", "", column.why)
    state = str(column.treatment.state(column.labels, column.domain, 0))
    treatment = rule_text(column.treatment)
    return Row(column.name, labels, influence, "protected", treatment, state, column.why)


def _mood(labels: LabelSet) -> str:
    """What is clear and sensitive, and what was treated or folded before."""
    if labels.public:
        return "public"
    treated = all(isinstance(mark, State) for mark in labels) and not labels.unclassified
    return "protected" if treated else "sensitive"


def _said(influence: LabelSet) -> str:
    return "" if influence.public else str(influence)


def _lines(
    graph: Graph, boxes: Sequence[Box], ways: Container[tuple[ColumnRef, ColumnRef]]
) -> Iterator[Line]:
    stopped = {(b.id, row.column) for b in boxes for row in b.rows if row.mood == "refused"}
    places = {
        ColumnRef(node.id, column.name): (node.id, number)
        for node in graph.nodes
        for number, column in enumerate(node.outputs)
    }
    for node in graph.nodes:
        here = [ColumnRef(node.id, column.name) for column in node.outputs]
        for column, end in zip(node.outputs, here, strict=True):
            last = (node.id, column.name) in stopped
            for ref in column.direct:
                yield Line(places[ref], places[end], False, last or (ref, end) in ways)
            for ref in column.influence:
                yield Line(places[ref], places[end], True, (ref, end) in ways)
        for ref in node.row_influence:
            yield Line(places[ref], (node.id, -1), True, any((ref, end) in ways for end in here))
