"""Experiment against the proof: outputs that depend on columns the plan does not name for them.

A step runs on made-up rows, and again on rows that differ in one column only. An output that
changes although the plan names that column nowhere for it refutes the plan. Nothing that stays
the same proves it: a probe finds lies, it does not find truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import LockgateError
from lockgate.flow.made_up import made_up
from lockgate.pipeline.graph import ColumnRef, Node

ROWS = 48
ROUNDS = 6
Run = Callable[[Mapping[str, pa.Table]], pa.Table]


@dataclass(frozen=True, slots=True)
class Undeclared:
    """An output that changed with a column that the plan does not name for it."""

    output: str
    input: ColumnRef


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe saw. ``rounds`` of ``failed`` gave no answer; ``unsteady`` outputs never do."""

    undeclared: tuple[Undeclared, ...]
    unsteady: tuple[str, ...]
    rounds: int
    failed: int


def probe(
    node: Node, inputs: Mapping[str, pa.Schema], run: Run, seed: int, rounds: int = ROUNDS
) -> ProbeResult:
    """Run a step on made-up inputs of these schemas, changing one column at a time.

    ``run`` takes tables by input name; what it raises as LockgateError counts as no answer.
    """
    random = np.random.default_rng(seed)
    found: dict[Undeclared, None] = {}
    unsteady: set[str] = set()
    tried = failed = 0
    for _ in range(rounds):
        tables = {name: made_up(schema, ROWS, random) for name, schema in inputs.items()}
        before, again = _answer(run, tables), _answer(run, tables)
        tried += 1
        if before is None or again is None:
            failed += 1
            continue
        unsteady |= changed(before, again)
        for ref, altered in _altered(tables, random):
            after = _answer(run, altered)
            if after is not None:
                names = changed(before, after) - unsteady
                found.update(dict.fromkeys(_undeclared(node, ref, names)))
    steady = tuple(one for one in found if one.output not in unsteady)
    return ProbeResult(steady, tuple(sorted(unsteady)), tried, failed)


def changed(before: pa.Table, after: pa.Table) -> set[str]:
    """The columns whose values, in any order, are not the same; all if the rows are not as many."""
    if before.num_rows != after.num_rows:
        return set(before.schema.names)
    return {
        name
        for name in before.schema.names
        if Counter(_comparable(before.column(name))) != Counter(_comparable(after.column(name)))
    }


def _comparable(values: pa.ChunkedArray) -> Iterator[str]:
    """Values as text; floats to 9 digits, as sums in another order differ in the last ones."""
    for value in values.to_pylist():  # a few made-up rows
        yield f"{value:.9g}" if isinstance(value, float) else repr(value)


def _answer(run: Run, tables: Mapping[str, pa.Table]) -> pa.Table | None:
    try:
        return run(tables)
    except LockgateError:
        return None


def _altered(
    tables: Mapping[str, pa.Table], random: np.random.Generator
) -> Iterator[tuple[ColumnRef, dict[str, pa.Table]]]:
    for name, table in tables.items():
        for number, field in enumerate(table.schema):
            other = made_up(pa.schema([field]), table.num_rows, random).column(0)
            changed_table = table.set_column(number, field, other)
            yield ColumnRef(name, field.name), {**tables, name: changed_table}


def _undeclared(node: Node, ref: ColumnRef, names: set[str]) -> Iterator[Undeclared]:
    if ref in node.row_influence:
        return
    for column in node.outputs:
        if column.name in names and ref not in column.direct and ref not in column.influence:
            yield Undeclared(column.name, ref)
