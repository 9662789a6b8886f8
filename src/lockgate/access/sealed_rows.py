"""Rows that whoever writes the database cannot make: each is sealed under ``access.key``.

An older version of a row still verifies: that it was rolled back is found by comparing rows with
the signed ledger (``lockgate access verify``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Generic

from lockgate.access.grant_ports import AccessStore, Row, RowStore
from lockgate.access.grant_rows import (
    Approval,
    ApprovedPolicy,
    BreakGlass,
    Grant,
    KeptEnvironment,
    LatestSeen,
    RowsOfHolder,
)
from lockgate.access.row_seal import SealKey, is_sealed, seal_of
from lockgate.errors import IntegrityError


class SealedRows(Generic[Row]):
    """A ``RowStore`` whose rows are sealed when they are written and checked when they are read."""

    def __init__(self, store: RowStore[Row], key: SealKey) -> None:
        self._store = store
        self._key = key

    def add(self, row: Row) -> Row:
        """Keep a new row; returns it with its seal. Raises UsageError if its id is taken."""
        sealed = self._sealed(row)
        self._store.add(sealed)
        return sealed

    def change(self, row: Row, **changes: Any) -> Row | None:
        """The row as it is now, or None if somebody changed it since it was read."""
        sealed = self._sealed(replace(row, **changes))
        return sealed if self._store.swap(row, sealed) else None

    def get(self, row_id: str) -> Row | None:
        """The row of that id. Raises IntegrityError for one that does not verify."""
        found = self._store.get(row_id)
        return None if found is None else self.checked(found)

    def of(self, keys: Sequence[str]) -> Sequence[Row]:
        """Rows by what they are looked up by. Raises IntegrityError."""
        return [self.checked(row) for row in self._store.of(keys)]

    def all(self) -> Sequence[Row]:
        """Every row. Raises IntegrityError."""
        return [self.checked(row) for row in self._store.all()]

    def forged(self) -> Sequence[str]:
        """Ids of rows that do not verify."""
        return [row.id for row in self._store.all() if not self._verifies(row)]

    def genuine(self) -> Sequence[Row]:
        """The rows that do."""
        return [row for row in self._store.all() if self._verifies(row)]

    def checked(self, row: Row) -> Row:
        """A row that was read, as it is. Raises IntegrityError for one that does not verify."""
        if not self._verifies(row):
            raise IntegrityError(
                f"a {type(row).__name__} in the state was not written by this project",
                hint="`lockgate access verify` says which; restore the state from a backup",
            )
        return row

    def _sealed(self, row: Row) -> Row:
        return replace(row, seal=seal_of(row, self._key))

    def _verifies(self, row: Row) -> bool:
        return is_sealed(row, self._key)


class AccessRows:
    """Every kind of row, sealed under one key; the key is fetched when first needed."""

    def __init__(self, store: AccessStore, key: SealKey) -> None:
        self._store = store
        self.grants: SealedRows[Grant] = SealedRows(store.grants, key)
        self.approvals: SealedRows[Approval] = SealedRows(store.approvals, key)
        self.break_glass: SealedRows[BreakGlass] = SealedRows(store.break_glass, key)
        self.policies: SealedRows[ApprovedPolicy] = SealedRows(store.policies, key)
        self.environment: SealedRows[KeptEnvironment] = SealedRows(store.environment, key)
        self.latest: SealedRows[LatestSeen] = SealedRows(store.latest, key)

    def of_holder(self, principal: str, groups: Sequence[str]) -> RowsOfHolder:
        """As ``AccessStore.of_holder``; every row of it is checked. Raises IntegrityError."""
        found = self._store.of_holder(principal, groups)
        for grant in found.grants:
            self.grants.checked(grant)
        for opened in found.break_glass:
            self.break_glass.checked(opened)
        if found.latest is not None:
            self.latest.checked(found.latest)
        return found

    def lock(self) -> None:
        """Inside a transaction: nobody else changes rows until it ends."""
        self._store.lock()
