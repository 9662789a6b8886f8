"""What the proof knows of a column of any node: its type, its name in keys, where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pyarrow as pa

from lockgate.contract.model import Column, Contract
from lockgate.labels.label import LabelSet
from lockgate.pipeline.graph import ColumnRef, Node
from lockgate.pipeline.model import Pipeline, SourceSpec


@dataclass(slots=True)
class KnownColumns:
    """Columns by node, filled in the order of the graph.

    ``datasets`` says what a node's ciphertexts are bound to: the contract's id, or pipeline and
    step. ``origins`` are the columns of sources whose values reach a column, ``subjects`` the
    source whose subjects a column has as they are.
    """

    columns: dict[ColumnRef, Column] = field(default_factory=dict)
    origins: dict[ColumnRef, frozenset[ColumnRef]] = field(default_factory=dict)
    subjects: dict[ColumnRef, str] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)

    def add_source(self, source: SourceSpec, contract: Contract) -> None:
        """A source: its columns are the contract's."""
        self.datasets[source.name] = contract.id
        self.contracts[source.name] = contract
        for column in contract.columns:
            if column.name not in source.ignore:
                ref = ColumnRef(source.name, column.name)
                self.columns[ref] = column
                self.origins[ref] = frozenset({ref})
                if column.subject:
                    self.subjects[ref] = source.name

    def add_step(
        self,
        pipeline: Pipeline,
        node: Node,
        schema: pa.Schema,
        copied: Mapping[str, ColumnRef] = MappingProxyType({}),
    ) -> None:
        """A step: columns of the engine's types, named in keys after the step.

        ``copied`` are outputs that are an input's column as it is.
        """
        self.datasets[node.id] = f"{pipeline.name}.{node.id}"
        for output, arrow in zip(node.outputs, schema, strict=True):
            ref = ColumnRef(node.id, output.name)
            self.origins[ref] = frozenset().union(*(self.origins[one] for one in output.direct))
            if (whose := self.subjects.get(copied.get(output.name, ref))) is not None:
                self.subjects[ref] = whose
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

    def names(self, node: str) -> tuple[str, ...]:
        """A node's columns in order."""
        return tuple(ref.column for ref in self.columns if ref.node == node)
