"""What a name in a SELECT may mean: the tables of its FROM, its aliases, the queries around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from lockgate.flow.sql.marks import NOTHING, Marks
from lockgate.flow.sql.names import fold

# Marks a table's name as the one it is written with, put there by us.
EXACT = "exact"


@dataclass(slots=True)
class Output:
    """A column of a table or query: its name and what it was made of."""

    name: str
    marks: Marks
    where: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Relation:
    """Columns, and what decides which rows there are.

    A ``broken`` one stands for something refused: any name is found in it, so that
    one mistake is told once.
    """

    columns: list[Output]
    rows: int = 0
    broken: bool = False

    @property
    def all(self) -> int:
        """Everything that can change any column or row."""
        bits = self.rows
        for column in self.columns:
            bits |= column.marks.all
        return bits

    def as_value(self) -> Marks:
        """What an expression reads that this query is a part of."""
        result = Marks(0, self.rows)
        for column in self.columns:
            result = result.joined(column.marks)
        return result


@dataclass(slots=True, eq=False)
class Bound:
    """A table in FROM: the name it was given, the one it is written with, its columns."""

    alias: str
    written: str
    relation: Relation
    group: int = 0
    visible: bool = True
    index: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, column in enumerate(self.relation.columns):
            self.index.setdefault(fold(column.name), number)

    def find(self, name: str) -> Output | None:
        """The column of that name."""
        number = self.index.get(fold(name))
        if number is None:
            return Output(name, NOTHING) if self.relation.broken else None
        return self.relation.columns[number]


@dataclass(slots=True)
class Merged:
    """A column that USING made of two or more: each of them may be the value."""

    name: str
    marks: Marks
    members: list[Bound]


@dataclass(slots=True)
class Alias:
    """An item of the select list that others may call by its name."""

    marks: Marks
    ordinal: int
    aggregate: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means. ``written`` is the table to put before it, None if it stands alone."""

    name: str
    marks: Marks
    written: str | None
    depth: int
    alias: Alias | None = None


class Ambiguous(Exception):
    """A name that several tables have."""


@dataclass(slots=True)
class Scope:
    """The names of one SELECT; ``parent`` is the query around it.

    ``reached`` gathers what queries inside it read of its names and of those around it.
    """

    parent: Scope | None = None
    tables: list[Bound] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    aliases: dict[str, Alias] = field(default_factory=dict)
    reached: int = 0

    def table(self, name: str) -> tuple[Bound, int] | None:
        """The table of that alias, the nearest, and how many queries around it stands."""
        scope: Scope | None = self
        depth = 0
        while scope is not None:
            found = [one for one in scope.tables if one.visible and fold(one.alias) == fold(name)]
            if len(found) > 1:
                raise Ambiguous
            if found:
                return found[0], depth
            scope, depth = scope.parent, depth + 1
        return None

    def has(self, name: str) -> bool:
        """Whether a table here has a column of that name."""
        return self._here(name, 0) is not None

    def exactly(self, written: str) -> Bound | None:
        """The table of this query that is written so."""
        return next((one for one in self.tables if one.written == written), None)

    def column(self, name: str, *, aliases: bool = True) -> Found | None:
        """A name without a table: a column here, an alias here, then the queries around."""
        scope: Scope | None = self
        depth = 0
        while scope is not None:
            found = scope._here(name, depth)
            if found is None and aliases and (alias := scope.aliases.get(fold(name))):
                if scope.parent is not None and scope.parent.column(name) is not None:
                    raise Ambiguous  # which of the two it is differs by clause
                found = Found(name, alias.marks, None, depth, alias)
            if found is not None:
                return found
            scope, depth = scope.parent, depth + 1
        return None

    def _here(self, name: str, depth: int) -> Found | None:
        key = fold(name)
        merged = [one for one in self.merged if fold(one.name) == key]
        inside = [member for one in merged for member in one.members]
        plain = [
            (one, column)
            for one in self.tables
            if one.visible and one not in inside and (column := one.find(name)) is not None
        ]
        sure = [pair for pair in plain if not pair[0].relation.broken] or plain[:1]
        if len(merged) + len(sure) > 1:
            raise Ambiguous
        if merged:
            return Found(merged[0].name, merged[0].marks, None, depth)
        if sure:
            bound, column = sure[0]
            return Found(column.name, column.marks, bound.written, depth)
        return None
