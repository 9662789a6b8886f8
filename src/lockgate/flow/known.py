"""What the proof knows of a column of any node: its type, its name in keys, where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from lockgate.contract.model import Column, Contract
from lockgate.flow.sql.lineage import MANY, RowShape
from lockgate.labels.label import LabelSet
from lockgate.pipeline.graph import ColumnRef, Node
from lockgate.pipeline.model import Pipeline, SourceSpec


@dataclass(slots=True)
class KnownColumns:
    """Columns by node, filled in the order of the graph.

    ``datasets`` says what a node's ciphertexts are bound to: the contract's id, or pipeline and
    step. ``origins`` are the columns of sources whose values reach a column, ``copies`` the one
    source's column that a column is as it is, handed on by every step. ``times``: how many rows of
    a source go into a row of a node (MANY for more than one).
    """

    columns: dict[ColumnRef, Column] = field(default_factory=dict)
    origins: dict[ColumnRef, frozenset[ColumnRef]] = field(default_factory=dict)
    copies: dict[ColumnRef, ColumnRef] = field(default_factory=dict)
    times: dict[str, Mapping[str, int]] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)

    def add_source(self, source: SourceSpec, contract: Contract) -> None:
        """A source: its columns are the contract's."""
        self.datasets[source.name] = contract.id
        self.contracts[source.name] = contract
        self.times[source.name] = {source.name: 1}
        for column in contract.columns:
            if column.name not in source.ignore:
                ref = ColumnRef(source.name, column.name)
                self.columns[ref] = column
                self.origins[ref] = frozenset({ref})
                self.copies[ref] = ref

    def add_step(
        self,
        pipeline: Pipeline,
        node: Node,
        schema: pa.Schema,
        shape: RowShape | None = None,
    ) -> None:
        """A step: columns of the engine's types, named in keys after the step.

        ``shape`` is how its rows are made of those of its inputs; None if nobody knows.
        """
        shape = shape or RowShape({}, dict.fromkeys(node.inputs, MANY))
        self.times[node.id] = self._times(shape.times)
        self.datasets[node.id] = f"{pipeline.name}.{node.id}"
        for output, arrow in zip(node.outputs, schema, strict=True):
            ref = ColumnRef(node.id, output.name)
            self.origins[ref] = frozenset().union(*(self.origins[one] for one in output.direct))
            of = shape.copies.get(output.name)
            copied = self.copies.get(ColumnRef(of.table, of.column)) if of is not None else None
            if copied is not None:
                self.copies[ref] = copied
            self.columns[ref] = Column(
                id=f"{node.id}.{output.name}",
                name=output.name,
                arrow_type=arrow.type,
                labels=LabelSet(),
                required=False,
                nullable=True,
                domain=self._domain(output.direct),
                where=output.where or node.where,
            )

    def _times(self, times: Mapping[str, int]) -> Mapping[str, int]:
        """How many rows of each source go into a row that is made of so many of each input."""
        total: Counter[str] = Counter()
        for name, number in times.items():
            for source, before in self.times.get(name, {}).items():  # none of a range()
                total[source] = min(MANY, total[source] + number * before)
        return total

    def _domain(self, direct: tuple[ColumnRef, ...]) -> str:
        """The key domain that all columns behind it were given, "" if they differ."""
        domains = {self.columns[ref].domain for ref in direct}
        return domains.pop() if len(domains) == 1 else ""

    def schema(self, node: str) -> pa.Schema:
        """A node's columns as an Arrow schema."""
        return pa.schema(
            [
                pa.field(ref.column, known.arrow_type)
                for ref, known in self.columns.items()
                if ref.node == node
            ]
        )
