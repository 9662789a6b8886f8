"""Moving: pieces through the gate on one thread a core, results in order into the sinks."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from lockgate.contract.batches import RawBatch
from lockgate.log_context import log_batch
from lockgate.run.gate import Gate, GateResult
from lockgate.run.moved import Moved
from lockgate.run.ports import Piece, Prepared, Progress, SinkSession

LOGGER = logging.getLogger("lockgate.run")


class _Stopped(Exception):
    """Work that was not done, because other work had failed."""


@dataclass(frozen=True, slots=True)
class _Done:
    """A batch as judged, and what is still to be written of it in order."""

    result: GateResult
    prepared: Mapping[str, Prepared]


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Work:
    """What is done to a piece on a worker's thread."""

    def __init__(self, gate: Gate, sessions: Mapping[str, SinkSession]) -> None:
        self.stop = threading.Event()
        self._gate = gate
        self._sessions = sessions
        self._lanes = {
            name: threading.BoundedSemaphore(session.lanes)
            for name, session in sessions.items()
            if session.lanes > 1
        }

    def __call__(self, piece: Piece, number: int) -> list[_Done]:
        """Judge and protect the piece's batches; write those that need no order."""
        try:
            with log_batch(number):
                return [self._batch(raw) for raw in piece.batches()]
        except BaseException:
            self.stop.set()
            raise

    def _batch(self, raw: RawBatch) -> _Done:
        self._go_on()
        result = self._gate(raw)
        counts = {"rows": result.rows_read, "rejected": result.rejected.count}
        LOGGER.debug("batch.judged", extra=counts)
        in_order = {}
        for name, released in result.released.items():
            prepared = self._sessions[name].prepare(released)
            if name in self._lanes:
                self._write(name, prepared)
            else:
                in_order[name] = prepared
        return _Done(result, in_order)

    def _write(self, name: str, prepared: Prepared) -> None:
        with self._lanes[name]:
            self._go_on()
            self._sessions[name].write(prepared)

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise _Stopped


def move(moved: Moved, pieces: Iterator[Piece], progress: Progress | None) -> None:
    """Judge, protect and write all pieces, one thread a core beside the calling one.

    The calling thread reads the pieces and takes results in their order; at most two more pieces
    than threads are between. Raises what went wrong first in that order; no thread still works
    for the run by then.
    """
    workers = min(usable_cores(), moved.limits.workers)
    work = _Work(moved.gate, moved.sessions)
    waiting: deque[Future[list[_Done]]] = deque()

    def take_oldest() -> None:
        for done in waiting.popleft().result():
            moved.take(done.result, done.prepared)
        if progress is not None:
            progress(*moved.counts)

    pool = ThreadPoolExecutor(workers, thread_name_prefix="lockgate-gate")
    try:
        for number, piece in enumerate(pieces):
            ours = copy_context()  # the run's id goes with the work to its thread
            waiting.append(pool.submit(ours.run, work, piece, number))
            while waiting and (len(waiting) >= workers + 2 or waiting[0].done()):
                take_oldest()
        while waiting:
            take_oldest()
    finally:
        pool.shutdown(cancel_futures=True)
