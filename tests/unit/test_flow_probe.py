"""Experiment against the proof: a step whose output depends on more than its plan says."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lockgate.errors import ConfigurationError
from lockgate.flow.made_up import made_up
from lockgate.flow.probe import Undeclared, changed, probe
from lockgate.pipeline.graph import ColumnRef, Node, NodeKind, OutputColumn

SCHEMA = pa.schema({"id": pa.int64(), "city": pa.string(), "amount": pa.float64()})
INPUTS = {"people": SCHEMA}
Step = Callable[[Mapping[str, pa.Table]], pa.Table]


def ref(column: str) -> ColumnRef:
    return ColumnRef("people", column)


def node(
    direct: tuple[str, ...], influence: tuple[str, ...] = (), rows: tuple[str, ...] = ()
) -> Node:
    output = OutputColumn("out", tuple(map(ref, direct)), tuple(map(ref, influence)))
    return Node("step", NodeKind.STEP, ("people",), (output,), tuple(map(ref, rows)))


def copies(column: str) -> Step:
    return lambda tables: pa.table({"out": tables["people"].column(column)})


def filtered(tables: Mapping[str, pa.Table]) -> pa.Table:
    people = tables["people"]
    return pa.table({"out": people.filter(pc.greater(people["amount"], 1.0))["id"]})


def test_an_honest_step_has_no_finding() -> None:
    result = probe(node(("city",)), INPUTS, copies("city"), seed=1)
    assert (result.undeclared, result.unsteady, result.failed) == ((), (), 0)
    assert result.rounds > 0


def test_a_step_that_copies_another_column_than_it_says_is_found() -> None:
    result = probe(node(("city",)), INPUTS, copies("amount"), seed=1)
    assert result.undeclared == (Undeclared("out", ref("amount")),)


@pytest.mark.parametrize("where", ["direct", "influence", "rows"])
def test_a_filter_is_found_unless_its_column_is_named_somewhere(where: str) -> None:
    assert probe(node(("id",)), INPUTS, filtered, seed=2).undeclared == (
        Undeclared("out", ref("amount")),
    )
    named = {
        "direct": node(("id", "amount")),
        "influence": node(("id",), ("amount",)),
        "rows": node(("id",), (), ("amount",)),
    }
    assert probe(named[where], INPUTS, filtered, seed=2).undeclared == ()


def test_the_same_seed_makes_the_same_experiment() -> None:
    seen: list[pa.Table] = []

    def watched(tables: Mapping[str, pa.Table]) -> pa.Table:
        seen.append(tables["people"])
        return copies("id")(tables)

    probe(node(("id",)), INPUTS, watched, seed=3, rounds=2)
    half = list(seen)
    seen.clear()
    probe(node(("id",)), INPUTS, watched, seed=3, rounds=2)
    assert all(one.equals(other) for one, other in zip(half, seen, strict=True))


def test_an_output_that_never_comes_twice_the_same_is_unsteady_and_not_accused() -> None:
    counter = itertools.count()

    def unsteady(tables: Mapping[str, pa.Table]) -> pa.Table:
        return pa.table({"out": [next(counter)] * tables["people"].num_rows})

    result = probe(node(()), INPUTS, unsteady, seed=4)
    assert (result.undeclared, result.unsteady) == ((), ("out",))


def test_a_step_that_fails_gives_no_answer() -> None:
    def failing(tables: Mapping[str, pa.Table]) -> pa.Table:
        raise ConfigurationError("no")

    result = probe(node(("id",)), INPUTS, failing, seed=5, rounds=3)
    assert (result.rounds, result.failed, result.undeclared) == (3, 3, ())


def test_order_and_the_last_digits_of_floats_are_no_change() -> None:
    one = pa.table({"x": [0.1 + 0.2, None, 1.0]})
    other = pa.table({"x": [1.0, 0.3, None]})
    assert changed(one, other) == set()
    assert changed(one, pa.table({"x": [0.30001, None, 1.0]})) == {"x"}
    assert changed(one, one.slice(1)) == {"x"}


@pytest.mark.parametrize(
    "kind",
    [
        pa.bool_(),
        pa.uint8(),
        pa.decimal128(12, 2),
        pa.large_string(),
        pa.binary(),
        pa.date32(),
        pa.timestamp("us", "UTC"),
        pa.time64("us"),
        pa.list_(pa.int32()),
        pa.struct({"a": pa.string(), "b": pa.float32()}),
    ],
    ids=str,
)
def test_made_up_values_have_the_type_some_nulls_and_some_ties(kind: pa.DataType) -> None:
    table = made_up(pa.schema({"x": kind}), 400, np.random.default_rng(6))
    column = table.column("x")
    assert column.type == kind
    assert 0 < column.null_count < 200
    assert len({repr(value) for value in column.to_pylist()}) < 400


def test_a_type_that_no_contract_has_is_refused() -> None:
    with pytest.raises(TypeError, match="duration"):
        made_up(pa.schema({"x": pa.duration("s")}), 1, np.random.default_rng(7))
