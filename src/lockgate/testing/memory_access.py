"""Grants, approvals and break-glass in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic

from lockgate.access.grant_ports import Row, RowStore
from lockgate.access.grant_rows import (
    LATEST,
    Approval,
    ApprovedPolicy,
    BreakGlass,
    Grant,
    KeptEnvironment,
    LatestSeen,
    RowsOfHolder,
)
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore

_KEYS = {Grant: "to", Approval: "digest", BreakGlass: "principal"}


@dataclass(slots=True)
class AccessTables:
    """Rows by kind and id."""

    rows: dict[tuple[str, str], Any] = field(default_factory=dict)

    def copy(self) -> AccessTables:
        """As it is now; the rows are frozen."""
        return AccessTables(dict(self.rows))


class MemoryAccessStore:
    """An ``AccessStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self.grants: RowStore[Grant] = MemoryRows(state, Grant)
        self.approvals: RowStore[Approval] = MemoryRows(state, Approval)
        self.break_glass: RowStore[BreakGlass] = MemoryRows(state, BreakGlass)
        self.policies: RowStore[ApprovedPolicy] = MemoryRows(state, ApprovedPolicy)
        self.environment: RowStore[KeptEnvironment] = MemoryRows(state, KeptEnvironment)
        self.latest: RowStore[LatestSeen] = MemoryRows(state, LatestSeen)

    def of_holder(self, principal: str, groups: Sequence[str]) -> RowsOfHolder:
        """Grants to it or its groups, its break-glass, the time last seen."""
        return RowsOfHolder(
            tuple(self.grants.of([principal, *groups])),
            tuple(self.break_glass.of([principal])),
            self.latest.get(LATEST),
        )

    def lock(self) -> None:
        """Nobody else is there."""


class MemoryRows(Generic[Row]):
    """A ``RowStore`` over a dictionary."""

    def __init__(self, state: MemoryStateStore, kind: type[Row]) -> None:
        self._state = state
        self._kind = kind

    def add(self, row: Row) -> None:
        """Keep a new row. Raises UsageError if its id is taken."""
        with self._state.transaction():
            if self.get(row.id) is not None:
                raise UsageError("this id is taken")
            self._rows[self._kind.__name__, row.id] = row

    def swap(self, before: Row, after: Row) -> bool:
        """Put ``after`` in the place of ``before``, unless somebody changed it first."""
        with self._state.transaction():
            found = self.get(before.id)
            if found is None or found.seal != before.seal:
                return False
            self._rows[self._kind.__name__, before.id] = after
            return True

    def get(self, row_id: str) -> Row | None:
        """The row of that id."""
        found: Row | None = self._rows.get((self._kind.__name__, row_id))
        return found

    def of(self, keys: Sequence[str]) -> Sequence[Row]:
        """Rows by what they are looked up by, in order of id."""
        name = _KEYS.get(self._kind, "id")
        return [row for row in self.all() if getattr(row, name) in keys]

    def all(self) -> Sequence[Row]:
        """Every row, in order of id."""
        mine = [row for (kind, _), row in self._rows.items() if kind == self._kind.__name__]
        return sorted(mine, key=lambda row: row.id)

    @property
    def _rows(self) -> dict[tuple[str, str], Any]:
        return self._state.tables.access.rows
