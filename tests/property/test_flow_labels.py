"""Laws of labels on the way through steps: a lattice, and more labels never permit more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.flow.propagate import propagate
from lockgate.labels.label import Label, LabelSet, Mark, State, StateKind
from lockgate.labels.taxonomy import Taxonomy
from lockgate.pipeline.graph import ColumnRef, Graph, Node, NodeKind, OutputColumn
from lockgate.pipeline.model import Declassification
from lockgate.policy.choose import Choice, choose
from lockgate.policy.policy import Policy

NAMES = [entry.label for entry in Taxonomy.shipped().entries]
ZONES = list(Policy.shipped().zones.values())
COLUMNS = ("a", "b", "c")

marks: st.SearchStrategy[Mark] = st.one_of(
    st.sampled_from(NAMES).map(Label),
    st.builds(State, st.sampled_from(list(StateKind)), st.sampled_from(NAMES).map(Label)),
)
sets = st.builds(LabelSet, st.frozensets(marks, max_size=4), st.booleans())


@given(sets, sets, sets)
def test_join_is_associative_commutative_and_idempotent_with_public_for_nothing(
    a: LabelSet, b: LabelSet, c: LabelSet
) -> None:
    assert a.join(b).join(c) == a.join(b.join(c))
    assert a.join(b) == b.join(a)
    assert a.join(a) == a
    assert a.join(LabelSet()) == a


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Two sources and up to four steps that read what stands before them, in any way."""
    nodes = [
        Node(name, NodeKind.SOURCE, (), tuple(OutputColumn(one) for one in COLUMNS))
        for name in ("s0", "s1")
    ]
    for number in range(draw(st.integers(1, 4))):
        inputs = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=2, unique=True))
        there = [ColumnRef(node.id, column.name) for node in inputs for column in node.outputs]
        refs = st.lists(st.sampled_from(there), max_size=2, unique=True).map(tuple)
        outputs = tuple(
            OutputColumn(
                name,
                draw(refs),
                draw(refs),
                folded=draw(st.sampled_from([0, 0, 5])),
                declassified=draw(st.sampled_from([None, None, None, CLAIM])),
            )
            for name in COLUMNS
        )
        names = tuple(node.id for node in inputs)
        nodes.append(Node(f"t{number}", NodeKind.STEP, names, outputs, draw(refs)))
    return Graph(tuple(nodes))


CLAIM = Declassification("a", "reason", "approver", labels=("pii.city",))
SOURCES = [ColumnRef(node, column) for node in ("s0", "s1") for column in COLUMNS]
labelled = st.fixed_dictionaries(dict.fromkeys(SOURCES, sets))
Labels = Mapping[ColumnRef, LabelSet]


@given(graphs(), labelled, st.sampled_from(SOURCES), sets)
def test_more_labels_at_a_source_are_never_fewer_anywhere(
    graph: Graph, labels: dict[ColumnRef, LabelSet], at: ColumnRef, more: LabelSet
) -> None:
    before = propagate(graph, labels)
    after = propagate(graph, {**labels, at: labels[at].join(more)})
    for ref, known in before.items():
        assert known.labels.join(after[ref].labels) == after[ref].labels
        assert known.influence.join(after[ref].influence) == after[ref].influence


@settings(max_examples=300)
@given(graphs(), labelled, st.sampled_from(SOURCES), sets, st.sampled_from(ZONES))
def test_a_refused_sink_stays_refused_whatever_labels_are_added(
    graph: Graph,
    labels: dict[ColumnRef, LabelSet],
    at: ColumnRef,
    more: LabelSet,
    zone: object,
) -> None:
    last = graph.nodes[-1].id
    assert isinstance(zone, type(ZONES[0]))

    def passes(given_labels: Labels) -> bool:
        traced = propagate(graph, given_labels)
        ends = [known for ref, known in traced.items() if ref.node == last]
        return all(isinstance(choose(one.labels, one.influence, zone), Choice) for one in ends)

    if not passes(labels):
        assert not passes({**labels, at: labels[at].join(more)})


@given(graphs(), labelled)
def test_a_reader_of_every_column_knows_all_that_influenced_its_input(
    graph: Graph, labels: dict[ColumnRef, LabelSet]
) -> None:
    """And one that reads none is still influenced by what decided which rows there are."""
    last = graph.nodes[-1]
    reader = Node("reader", NodeKind.STEP, (last.id,), (OutputColumn("n"),))
    traced = propagate(replace(graph, nodes=(*graph.nodes, reader)), labels)
    known = traced[ColumnRef("reader", "n")]
    assert known.labels.public
    for ref in last.row_influence:
        for one in (traced[ref].labels, traced[ref].influence):
            assert known.influence.join(one) == known.influence
