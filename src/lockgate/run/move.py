"""Moving: pieces through the gate on one thread a core, what has an order on the calling one.

A worker parses, judges, protects and prepares a piece, and writes it too where the sink has lanes.
The calling thread reads the pieces, and takes what became of them in their order.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from lockgate.contract.batches import RawBatch
from lockgate.errors import LockgateError
from lockgate.run.intake import BatchDone, Intake
from lockgate.run.piece_work import PieceWork
from lockgate.run.ports import Piece, Progress

AHEAD = 4
"""Pieces in flight beside those that threads work on: one being read, the others done or waiting.

A thread that ends a row group is away for as long as two or three pieces take the others.
"""


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def move(intake: Intake, pieces: Iterator[Piece], progress: Progress | None) -> None:
    """Judge all pieces of a source, and protect and write them where no step works on them.

    Raises what went wrong first in input order, or an interrupt at once; by then no thread works
    for the run any more.
    """
    workers = min(usable_cores(), intake.limits.workers)
    work = PieceWork(intake)
    waiting: deque[Future[list[BatchDone]]] = deque()

    def take_oldest() -> None:
        for batch in waiting.popleft().result():
            intake.take(batch)
        if progress is not None:
            progress(*intake.counts)

    pool = ThreadPoolExecutor(workers, thread_name_prefix="lockgate-gate")
    try:
        for number, piece in enumerate(_with_failure(pieces)):
            ours = copy_context()  # the run's id goes with the work to its thread
            waiting.append(pool.submit(ours.run, work, piece, number))
            while waiting and (len(waiting) >= workers + AHEAD or waiting[0].done()):
                take_oldest()
        while waiting:
            take_oldest()
    except BaseException:
        _give_up(work, pool)
        raise
    pool.shutdown()


def _give_up(work: PieceWork, pool: ThreadPoolExecutor) -> None:
    """Wait until no thread works any more, however often somebody interrupts.

    Joining is not enough: Python takes a thread for ended if an interrupt meets the joining
    (`threading.Thread._wait_for_tstate_lock`, up to 3.12).
    """
    while True:
        try:
            work.stop_after(-math.inf)
            work.wait()
            pool.shutdown(cancel_futures=True)
            return
        except KeyboardInterrupt:
            continue


@dataclass(frozen=True, slots=True)
class _Failure:
    """What the source raised, as a piece: it is raised once the pieces before it were taken."""

    error: LockgateError

    def batches(self) -> Iterator[RawBatch]:
        raise self.error


def _with_failure(pieces: Iterator[Piece]) -> Iterator[Piece]:
    failure = None
    try:
        yield from pieces
    except LockgateError as error:
        failure = _Failure(error)
    if failure is not None:
        yield failure
