"""One step at a time on a thread of its own, while its owner goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress


class Background:
    """Belongs to one thread at a time. What a step raises, its owner gets when it next asks."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a step still runs."""
        return self._running is not None and not self._running.done()

    def begin(self, step: Callable[[], None]) -> None:
        """Begin a step once the one before it is done. Raises what that one raised."""
        self.wait()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        self._running = self._pool.submit(step)

    def wait(self) -> None:
        """Until nothing runs any more. Raises what the step raised, once."""
        running = self._running
        if running is not None:
            wait([running])  # an interrupt here leaves the step to be waited for again
            self._running = None
            running.result()

    def stop(self) -> None:
        """The same, whatever came of it, and end the thread."""
        with suppress(Exception):
            self.wait()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
