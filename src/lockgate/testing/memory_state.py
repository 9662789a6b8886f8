"""A ``StateStore`` in memory, with transactions: for tests of what stands on one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from lockgate.access.grant_ports import AccessStore
from lockgate.access.identity_ports import IdentityStore
from lockgate.access.ports import UsedTokens
from lockgate.errors import EnvironmentFailed
from lockgate.keys.ports import Domain, KeyStore, KeyVersion
from lockgate.ledger.ports import LedgerHead, LedgerStore, StoredCheckpoint, StoredEntry
from lockgate.run.state_ports import (
    QuarantineRecord,
    QuarantineStore,
    RevealStore,
    RunRecord,
    RunStore,
    SubjectSaltStore,
)
from lockgate.testing.memory_access import AccessTables, MemoryAccessStore
from lockgate.testing.memory_identities import Identities, MemoryIdentityStore
from lockgate.testing.memory_keys import MemoryKeyStore
from lockgate.testing.memory_ledger import MemoryLedgerStore
from lockgate.testing.memory_reveals import MemoryRevealStore
from lockgate.testing.memory_runs import MemoryQuarantineStore, MemoryRunStore
from lockgate.testing.memory_salts import MemorySubjectSaltStore, Salt
from lockgate.testing.memory_used_tokens import MemoryUsedTokens


@dataclass(slots=True)
class Tables:
    """Everything that a transaction keeps or undoes."""

    runs: dict[str, RunRecord] = field(default_factory=dict)
    quarantine: dict[str, QuarantineRecord] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    versions: dict[int, KeyVersion] = field(default_factory=dict)
    last_number: int = 0
    salts: dict[bytes, Salt] = field(default_factory=dict)
    entries: dict[int, StoredEntry] = field(default_factory=dict)
    checkpoints: dict[int, StoredCheckpoint] = field(default_factory=dict)
    head: LedgerHead = field(default_factory=LedgerHead)
    reveals: dict[tuple[str, str, int], int] = field(default_factory=dict)
    used_tokens: dict[str, datetime] = field(default_factory=dict)
    access: AccessTables = field(default_factory=AccessTables)
    identities: Identities = field(default_factory=Identities)

    def copy(self) -> Tables:
        """As it is now; records are frozen, so their containers are all there is to copy."""
        return replace(
            self,
            runs=dict(self.runs),
            quarantine=dict(self.quarantine),
            domains=dict(self.domains),
            versions=dict(self.versions),
            salts=dict(self.salts),
            entries=dict(self.entries),
            checkpoints=dict(self.checkpoints),
            reveals=dict(self.reveals),
            used_tokens=dict(self.used_tokens),
            access=self.access.copy(),
            identities=self.identities.copy(),
        )


class MemoryStateStore:
    """Not for threads. ``fail_next_commit`` makes the next commit fail, as a full disk would."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.fail_next_commit = False
        self.erased_bytes_remain = False
        self.runs: RunStore = MemoryRunStore(self)
        self.quarantine: QuarantineStore = MemoryQuarantineStore(self)
        self.keys: KeyStore = MemoryKeyStore(self)
        self.salts: SubjectSaltStore = MemorySubjectSaltStore(self)
        self.ledger: LedgerStore = MemoryLedgerStore(self)
        self.reveals: RevealStore = MemoryRevealStore(self)
        self.used_tokens: UsedTokens = MemoryUsedTokens(self)
        self.access: AccessStore = MemoryAccessStore(self)
        self.identities: IdentityStore = MemoryIdentityStore(self)
        self._before: Tables | None = None
        self._doomed = False
        self._ends: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._locks: set[str] = set()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are kept together, or none is. A nested call joins the outer one."""
        if self._before is not None:
            try:
                yield
            except BaseException:
                self._doomed = True
                raise
            return
        self._before, self._doomed = self.tables.copy(), False
        kept = False
        try:
            yield
            if self._doomed or self.fail_next_commit:
                self.fail_next_commit = False
                raise EnvironmentFailed("the commit failed")
            kept = True
        finally:
            if not kept:
                self.tables = self._before
            ends, self._ends, self._before = self._ends, [], None
            for committed, undone in ends:
                (committed if kept else undone)()

    @property
    def in_transaction(self) -> bool:
        """Whether one is open."""
        return self._before is not None

    def at_end(self, committed: Callable[[], None], undone: Callable[[], None]) -> None:
        """Call one of the two when the open transaction has ended."""
        if self._before is None:
            raise EnvironmentFailed("no transaction is open")
        self._ends.append((committed, undone))

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold ``name`` within this object."""
        if name in self._locks:
            raise EnvironmentFailed(f"another run of {name} is active")
        self._locks.add(name)
        try:
            yield
        finally:
            self._locks.discard(name)

    def close(self) -> None:
        """Nothing to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
