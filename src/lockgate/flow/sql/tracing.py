"""What one trace carries along: inputs, bounds, fresh names, and what was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from lockgate.flow.sql.marks import RefIndex
from lockgate.flow.sql.names import Fresh
from lockgate.flow.sql.refusals import Refusals
from lockgate.flow.sql.scope import Relation, Scope
from lockgate.limits import Limits


@dataclass(frozen=True, slots=True)
class Named:
    """A table that a FROM may name: an input, or a query of a WITH."""

    written: str
    relation: Relation


# By folded name.
Tables = Mapping[str, Named]


@dataclass(slots=True)
class Tracing:
    """The state of one trace."""

    refs: RefIndex
    limits: Limits
    refusals: Refusals
    aliases: Fresh
    queries: Fresh
    query: Callable[[Tracing, exp.Expr, Tables, Scope | None], Relation]
    used: set[str] = field(default_factory=set)
    _columns: int = 0

    def count(self, node: exp.Expr, columns: int) -> None:
        """Charge for columns made; stops the trace when there are too many.

        Raises:
            SqlRefused: more columns than ``sql_columns`` in all.
        """
        self._columns += columns
        most = self.limits.sql_columns
        if self._columns > most:
            self.refusals.refuse(
                node,
                f"more than {most:,} columns in all of its parts together (`sql_columns`)",
                "name the columns that are needed, or make it several steps",
            )
            self.refusals.raise_any()


def inside(tracing: Tracing, node: exp.Expr, tables: Tables, scope: Scope) -> tuple[Relation, int]:
    """A query inside another, and what it reads of the one around."""
    before, scope.reached = scope.reached, 0
    relation = tracing.query(tracing, node, tables, scope)
    reached = scope.reached
    scope.reached |= before
    return relation, reached


def name_of(node: exp.Expr) -> str:
    """What a person calls a kind of node: `NullSafeEQ`, `PositionalColumn`."""
    return type(node).__name__
