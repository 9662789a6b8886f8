"""Labels along a graph, with nodes that steps will add later."""

from __future__ import annotations

import pytest

from lockgate.flow.propagate import propagate
from lockgate.labels.label import LabelSet
from lockgate.pipeline.graph import (
    SOURCE_ID,
    ColumnRef,
    Graph,
    Node,
    NodeKind,
    OutputColumn,
    build_graph,
)
from lockgate.pipeline.model import FileFormat, Pipeline, Selection, SinkSpec, SourceSpec

LABELS = {
    ColumnRef("source", "id"): LabelSet.of("pii.id"),
    ColumnRef("source", "dx"): LabelSet.of("phi.diagnosis"),
    ColumnRef("source", "amount"): LabelSet.of("financial.amount"),
}
SOURCE = Node("source", NodeKind.SOURCE, (), tuple(OutputColumn(r.column) for r in LABELS))


def ref(column: str, node: str = "source") -> ColumnRef:
    return ColumnRef(node, column)


def test_values_carry_labels_and_conditions_only_influence() -> None:
    step = Node(
        "step",
        NodeKind.SELECT,
        ("source",),
        (
            OutputColumn("sum", (ref("amount"),), (ref("dx"),)),
            OutputColumn("both", (ref("amount"), ref("dx"))),
            OutputColumn("one"),
        ),
        row_influence=(ref("id"),),
    )
    after = Node("sink:a", NodeKind.SINK, ("step",), (OutputColumn("sum", (ref("sum", "step"),)),))
    traced = propagate(Graph((SOURCE, step, after)), LABELS)
    last = traced[ColumnRef("sink:a", "sum")]
    assert last.labels == LabelSet.of("financial.amount")
    assert last.influence == LabelSet.of("phi.diagnosis", "pii.id")
    assert last.origins == (ref("amount"),)
    assert traced[ref("both", "step")].labels == LabelSet.of("financial.amount", "phi.diagnosis")
    assert traced[ref("one", "step")].labels.public
    assert traced[ref("one", "step")].influence == LabelSet.of("pii.id")


def test_a_source_column_nobody_described_is_unclassified() -> None:
    assert propagate(Graph((SOURCE,)), {})[ref("id")].labels.unclassified


def test_one_name_for_two_columns_carries_the_labels_of_both() -> None:
    step = Node(
        "s",
        NodeKind.SELECT,
        ("source",),
        (OutputColumn("x", (ref("id"),)), OutputColumn("x", (ref("dx"),))),
    )
    traced = propagate(Graph((SOURCE, step)), LABELS)
    assert traced[ref("x", "s")].labels == LabelSet.of("pii.id", "phi.diagnosis")


@pytest.mark.parametrize(
    "node",
    [
        Node("source", NodeKind.SELECT),
        Node("s", NodeKind.SELECT, ("later",)),
        Node("s", NodeKind.SELECT, ("source",), (OutputColumn("x", (ref("absent"),)),)),
        Node("s", NodeKind.SELECT, (), (OutputColumn("x", (ref("id"),)),)),
        Node("s", NodeKind.SELECT, ("source",), row_influence=(ref("absent"),)),
    ],
)
def test_a_graph_that_is_no_dag_or_points_nowhere_is_refused(node: Node) -> None:
    with pytest.raises(ValueError, match="graph|lineage"):
        Graph((SOURCE, node))


def test_a_pipeline_is_a_source_a_selection_and_its_sinks() -> None:
    pipeline = Pipeline(
        "p",
        "x",
        (SourceSpec("c", "a.csv", FileFormat.CSV, ("amount",)),),
        (SinkSpec("a", "raw", "o", FileFormat.CSV), SinkSpec("b", "dev", "q", FileFormat.CSV)),
        (Selection("id", "key"), Selection("amount", "amount"), Selection("nope", "nope")),
    )
    graph = build_graph(pipeline, {"source": ["id", "dx", "amount"]})
    assert [node.id for node in graph.nodes] == [SOURCE_ID, "select", "sink:a", "sink:b"]
    assert [column.name for column in graph.node("sink:b").outputs] == ["key"]
    with pytest.raises(KeyError):
        graph.node("sink:c")


def test_what_decided_an_inputs_rows_influences_a_count_of_them() -> None:
    few = Node(
        "few",
        NodeKind.STEP,
        ("source",),
        (OutputColumn("amount", (ref("amount"),)),),
        row_influence=(ref("dx"),),
    )
    count = Node("count", NodeKind.STEP, ("few",), (OutputColumn("n"),))
    after = Node("after", NodeKind.STEP, ("count",), (OutputColumn("one"),))
    traced = propagate(Graph((SOURCE, few, count, after)), LABELS)
    for node in ("count", "after"):
        (found,) = [known for at, known in traced.items() if at.node == node]
        assert found.labels.public
        assert found.influence == LabelSet.of("phi.diagnosis")
