"""What a traced query is made of: plain values, without any parser behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A column of an input."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class InputTable:
    """What a FROM may name: an input and its columns, in order."""

    name: str
    columns: tuple[str, ...]


class FoldKind(StrEnum):
    """The aggregates that a caller may release once a group has enough subjects."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"


@dataclass(frozen=True, slots=True)
class Fold:
    """An output that is exactly one count, sum or avg of the outermost SELECT.

    ``of`` is what its argument reads (empty for ``count(*)``).
    """

    kind: FoldKind
    of: frozenset[Ref]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """How the outermost SELECT groups, if it is a plain aggregation.

    ``keys`` are the names of the outputs that are group keys; ``refs`` are all
    columns that the groups are made by, in the select list or not.
    """

    keys: tuple[str, ...]
    refs: frozenset[Ref]


@dataclass(frozen=True, slots=True)
class TracedColumn:
    """One output of a query and every input column that can change it.

    ``direct``: columns whose values reach the output, through any function or cast.
    ``influence``: columns that decide its value without being it (conditions,
    windows' partitions and orders, grouping, correlated filters).
    ``where``: line and column in the user's text, from 1.
    ``how``: the fold it is, if it is one; None for group keys and anything else.
    """

    name: str
    direct: frozenset[Ref]
    influence: frozenset[Ref]
    where: tuple[int, int]
    how: Fold | None = None


@dataclass(frozen=True, slots=True)
class TracedQuery:
    """One SELECT, traced: the text that runs, and where each output comes from.

    ``sql`` is written from the checked tree: identifiers quoted, comments gone,
    stars spelled out. ``rows`` are the columns that decide which rows appear, how
    often and in which order, for all outputs. ``tables`` are the inputs it reads.
    The result of ``sql`` has exactly the names of ``columns``, in this order; who
    runs it checks that.
    """

    sql: str
    columns: tuple[TracedColumn, ...]
    rows: frozenset[Ref]
    grouping: Grouping | None = None
    tables: frozenset[str] = field(default_factory=frozenset)

    @property
    def by_name(self) -> Mapping[str, TracedColumn]:
        """The columns by their names, which are unique."""
        return {column.name: column for column in self.columns}


MANY = 2
"""How many rows go into one: more than one, or who knows how many."""


@dataclass(frozen=True, slots=True)
class RowShape:
    """How a query's rows are made of its inputs' rows.

    ``copies``: outputs that are an input's column as it is. ``times``: how many rows of an input go
    into a row; MANY for more than one, or for who knows how many.
    """

    copies: Mapping[str, Ref]
    times: Mapping[str, int]
