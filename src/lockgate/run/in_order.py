"""Work on every core whose results are taken in the order of what it was done with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from lockgate.limits import Limits
from lockgate.run.move import usable_cores

AHEAD = 1
"""Pieces in flight beside those that threads work on: some are whole row groups."""
Given = TypeVar("Given")
Made = TypeVar("Made")


def in_order(
    work: Callable[[Given], Made], given: Iterable[Given], limits: Limits
) -> Iterator[Made]:
    """``map`` on threads, with one more in flight than there are cores.

    Raises what failed first in order; by then no thread works any more.
    """
    workers = min(usable_cores(), limits.workers)
    waiting: deque[Future[Made]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="lockgate-rewrap")
    try:
        for each in given:
            waiting.append(pool.submit(copy_context().run, work, each))
            while waiting and (len(waiting) >= workers + AHEAD or waiting[0].done()):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
