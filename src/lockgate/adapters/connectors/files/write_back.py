"""Making a file durable while it is written, so that little is left to wait for at its end."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

EVERY_BYTES = 32 << 20


class WriteBack:
    """Asks the disk for what a descriptor was given, on a thread of its own, time and again.

    It promises nothing: the file's owner still fsyncs at the end. But the system tells of a failed
    write only once, to whoever syncs first, so what it told here has to be asked for by ``wait``.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._given = 0
        self._pool: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None

    def given(self, size: int) -> None:
        """The descriptor was given so many bytes. Raises OSError if earlier ones failed."""
        self._given += size
        if self._given < EVERY_BYTES or (self._running and not self._running.done()):
            return
        self.wait()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="lockgate-sync")
        self._given = 0
        self._running = self._pool.submit(_sync, self._fd)

    def wait(self) -> None:
        """Until nothing runs any more. Raises OSError if that failed."""
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def stop(self) -> None:
        """The same, whatever came of it: the descriptor may be closed afterwards."""
        with suppress(OSError):
            self.wait()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _sync(fd: int) -> None:
    if hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:  # macOS
        os.fsync(fd)
