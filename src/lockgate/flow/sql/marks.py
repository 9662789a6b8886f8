"""Sets of input columns as the bits of an integer: joined by ``|``, however many there are.

A query of thousands of columns joins sets of thousands of columns; as bits that is a
few machine words each, shared by nobody and copied for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lockgate.flow.sql.lineage import InputTable, Ref


class Marks(NamedTuple):
    """What an expression reads: by value, and only to decide."""

    direct: int = 0
    influence: int = 0

    @property
    def all(self) -> int:
        """Every column that can change the expression."""
        return self.direct | self.influence

    def joined(self, other: Marks) -> Marks:
        """Both, each on its side."""
        return Marks(self.direct | other.direct, self.influence | other.influence)

    def deciding(self, bits: int) -> Marks:
        """The same, decided by some more columns."""
        return Marks(self.direct, self.influence | bits)

    def as_influence(self) -> Marks:
        """The same columns, where the expression only decides."""
        return Marks(0, self.direct | self.influence)


NOTHING = Marks()


class RefIndex:
    """Which bit stands for which column of which input."""

    def __init__(self, inputs: Iterable[InputTable]) -> None:
        self._refs = [Ref(table.name, name) for table in inputs for name in table.columns]
        self._bits = {ref: 1 << number for number, ref in enumerate(self._refs)}

    def bit(self, table: str, column: str) -> int:
        """The bit of an input's column."""
        return self._bits[Ref(table, column)]

    def refs(self, bits: int) -> frozenset[Ref]:
        """The columns whose bits are set."""
        found = []
        while bits:
            lowest = bits & -bits
            found.append(self._refs[lowest.bit_length() - 1])
            bits ^= lowest
        return frozenset(found)
