"""Salts of subjects in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING

import pyarrow as pa

from lockgate.run.state_ports import SUBJECT_BYTES, SaltRows

if TYPE_CHECKING:
    from lockgate.testing.memory_state import MemoryStateStore


@dataclass(frozen=True, slots=True)
class Salt:
    """One row; ``index`` and ``sealed`` are None once it was destroyed."""

    index: bytes | None
    handle: bytes
    sealed: bytes | None
    created_at: datetime
    shredded_at: datetime | None = None


class MemorySubjectSaltStore:
    """A ``SubjectSaltStore`` over ``MemoryStateStore``'s tables."""

    def __init__(self, state: MemoryStateStore) -> None:
        self._state = state
        self._lock = RLock()

    @property
    def _salts(self) -> dict[bytes, Salt]:
        return self._state.tables.salts

    def of_subjects(self, indices: pa.FixedSizeBinaryArray) -> SaltRows:
        """Those of the subjects that have a salt, in the order asked for."""
        with self._lock:
            live = {salt.index: salt for salt in self._salts.values() if salt.index is not None}
        return _rows(indices.to_pylist(), live.get)

    def of_handles(self, handles: pa.FixedSizeBinaryArray) -> SaltRows:
        """Those of the handles there are, destroyed ones too, in the order asked for."""
        with self._lock:
            return _rows(handles.to_pylist(), self._salts.get)

    def add(
        self,
        indices: pa.FixedSizeBinaryArray,
        handles: pa.FixedSizeBinaryArray,
        sealed: pa.BinaryArray,
        created_at: datetime,
    ) -> None:
        """Keep new salts. A subject that has one keeps that one."""
        given = zip(indices.to_pylist(), handles.to_pylist(), sealed.to_pylist(), strict=True)
        with self._lock:
            known = {salt.index for salt in self._salts.values()}
            for index, handle, salt in given:
                if index not in known:
                    self._salts[handle] = Salt(index, handle, salt, created_at)

    def destroy(self, handles: pa.FixedSizeBinaryArray, at: datetime) -> int:
        """Erase the salts, and whose they were; how many there were."""
        done = 0
        with self._lock:
            for handle in set(handles.to_pylist()):
                salt = self._salts.get(handle)
                if salt is not None and salt.sealed is not None:
                    gone = replace(salt, index=None, sealed=None, shredded_at=at)
                    self._salts[handle] = gone
                    done += 1
        return done

    def live_handles(self, after: bytes, limit: int) -> pa.FixedSizeBinaryArray:
        """Handles with a salt, in order, from behind ``after`` on, ``limit`` a call."""
        with self._lock:
            live = sorted(h for h, salt in self._salts.items() if salt.sealed is not None)
        return pa.array([h for h in live if h > after][:limit], pa.binary(SUBJECT_BYTES))

    def count(self) -> tuple[int, int]:
        """How many subjects have a salt, and how many salts were destroyed."""
        with self._lock:
            live = sum(salt.sealed is not None for salt in self._salts.values())
            return live, len(self._salts) - live


def _rows(asked: Sequence[bytes], find: Callable[[bytes], Salt | None]) -> SaltRows:
    found = [(place, salt) for place, one in enumerate(asked) if (salt := find(one)) is not None]
    return SaltRows(
        pa.array([place for place, _ in found], pa.int32()),
        pa.array([salt.index for _, salt in found], pa.binary(SUBJECT_BYTES)),
        pa.array([salt.handle for _, salt in found], pa.binary(SUBJECT_BYTES)),
        pa.array([salt.sealed for _, salt in found], pa.binary()),
    )
