"""Ends a query that computes for too long, or that the user no longer wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_AGAIN = 0.05
Result = TypeVar("Result")


class Deadline:
    """Counts the seconds spent in ``watch``; calls ``interrupt`` when they are used up.

    It goes on interrupting until the work has ended: an interrupt that arrives while a
    query is only being prepared is forgotten by DuckDB.
    """

    def __init__(self, seconds: float, interrupt: Callable[[], None]) -> None:
        self._left = seconds
        self._interrupt = interrupt
        self.passed = False

    def watch(self, work: Callable[[], Result]) -> Result:
        """What ``work`` gives, done by a thread of its own; raises what it raises.

        The caller's thread only waits, so that Ctrl-C reaches it while the engine computes.
        """
        done: _Done[Result] = _Done()
        begun = time.monotonic()
        threading.Thread(target=done.do, args=(work,), daemon=True).start()
        try:
            self.passed = not done.event.wait(max(self._left, 0.0))
        finally:
            while not done.event.is_set():
                self._interrupt()
                done.event.wait(_AGAIN)
            self._left -= time.monotonic() - begun
        return done.take()


class _Done(Generic[Result]):
    """What a thread made, or failed with."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._made: list[Result] = []
        self._failed: BaseException | None = None

    def do(self, work: Callable[[], Result]) -> None:
        try:
            self._made.append(work())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._failed = error
        finally:
            self.event.set()

    def take(self) -> Result:
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failed
        return self._made[0]
