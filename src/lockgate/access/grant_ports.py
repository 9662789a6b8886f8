"""The state's side of grants, approvals and break-glass: rows by id, changed by comparing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from lockgate.access.grant_rows import (
    Approval,
    ApprovedPolicy,
    BreakGlass,
    Grant,
    KeptEnvironment,
    LatestSeen,
    RowsOfHolder,
)

Row = TypeVar(
    "Row", bound=Grant | Approval | BreakGlass | ApprovedPolicy | KeptEnvironment | LatestSeen
)


class RowStore(Protocol[Row]):
    """Rows of one kind. It believes nothing of them: ``SealedRows`` checks their seals.

    Every method raises EnvironmentFailed if the database refuses.
    """

    def add(self, row: Row) -> None:
        """Keep a new row. Raises UsageError if its id is taken."""
        ...

    def swap(self, before: Row, after: Row) -> bool:
        """Put ``after`` in the place of ``before``, unless somebody changed it first.

        Compares id and seal; of any number of callers at once exactly one is told True.
        """
        ...

    def get(self, row_id: str) -> Row | None:
        """The row of that id."""
        ...

    def of(self, keys: Sequence[str]) -> Sequence[Row]:
        """Rows by what they are looked up by, in order of id.

        That is a grant's holder, an approval's digest, a break-glass's principal, another's id.
        """
        ...

    def all(self) -> Sequence[Row]:
        """Every row, in order of id."""
        ...


class AccessStore(Protocol):
    """The rows that say who may, over one database."""

    @property
    def grants(self) -> RowStore[Grant]: ...

    @property
    def approvals(self) -> RowStore[Approval]: ...

    @property
    def break_glass(self) -> RowStore[BreakGlass]: ...

    @property
    def policies(self) -> RowStore[ApprovedPolicy]: ...

    @property
    def environment(self) -> RowStore[KeptEnvironment]: ...

    @property
    def latest(self) -> RowStore[LatestSeen]: ...

    def of_holder(self, principal: str, groups: Sequence[str]) -> RowsOfHolder:
        """Grants to the principal or to one of ``groups``, its break-glass, the time last seen.

        All as of one moment: nothing is committed in between. ``groups`` are as grants name them.
        """
        ...

    def lock(self) -> None:
        """Inside a transaction: nobody else changes these rows until it ends; waits for that."""
        ...
