"""Ends a query that computes for too long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_AGAIN = 0.05


class Deadline:
    """Counts the seconds spent inside ``counted`` blocks; interrupts when they are used up.

    It goes on interrupting until the block is left: an interrupt that arrives while a
    query is only being prepared is forgotten by DuckDB.
    """

    def __init__(self, seconds: float, interrupt: Callable[[], None]) -> None:
        self._left = seconds
        self._interrupt = interrupt
        self.passed = False

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Time what is done here, watched by a thread."""
        left = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(left,), daemon=True)
        begun = time.monotonic()
        watcher.start()
        try:
            yield
        finally:
            left.set()
            watcher.join()
            self._left -= time.monotonic() - begun

    def _watch(self, left: threading.Event) -> None:
        if left.wait(max(self._left, 0.0)):
            return
        self.passed = True
        while not left.wait(_AGAIN):
            self._interrupt()
