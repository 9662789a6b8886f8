"""Bytes to a new file, in order, on a thread of their own: whoever gives them need not wait.

They are collected in buffers of fixed size in turns: one is being filled while the others are
hashed and written; there are several, so that a disk that is slow for a moment stops nobody.
Where the system allows it they go past its cache (``O_DIRECT``): nobody here reads them again, and
copying them there costs more processor time than hashing and collecting them.
"""

from __future__ import annotations

import errno
import mmap
import os
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import numpy as np

from lockgate.adapters.connectors.files.write_back import WriteBack
from lockgate.run.digests import KeyedDigest

BUFFER_BYTES = 2 << 20
BUFFERS = 4
_O_DIRECT: Final[int] = getattr(os, "O_DIRECT", 0)


class DiskWriter:
    """Owns the descriptor of an empty file. Its methods are called by one thread at a time.

    What fails is raised as OSError by whichever call finds out, and by all that follow.
    """

    def __init__(self, fd: int, digest: KeyedDigest) -> None:
        self._fd = fd
        self._digest = digest
        self._back = WriteBack(fd)
        self._direct = False
        # Only who holds it touches the descriptor: it cannot be closed, and its number given to
        # another file, while the thread still writes.
        # One that its holder may take again, as a collection of garbage closes files anywhere.
        self._using = threading.RLock()
        self._filling = _buffer()
        self._filled = 0
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[tuple[Future[None], mmap.mmap]] = deque()
        self._failed: OSError | None = None

    def give(self, data: memoryview) -> None:
        """Copy the bytes; they are written some time before ``finish`` returns."""
        self._demand()
        taken = 0
        while taken < len(data):
            size = min(len(data) - taken, BUFFER_BYTES - self._filled)
            # numpy copies without the interpreter's lock.
            room = np.frombuffer(self._filling, np.uint8, size, self._filled)
            np.copyto(room, np.frombuffer(data, np.uint8, size, taken))
            taken += size
            self._filled += size
            if self._filled == BUFFER_BYTES:
                self._hand_over()

    def _hand_over(self) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="lockgate-write")
            self._direct = _past_the_cache(self._fd)
        full = self._filling
        self._waiting.append((self._pool.submit(self._write, memoryview(full)), full))
        self._filled = 0
        self._filling = self._written() if len(self._waiting) == BUFFERS - 1 else _buffer()
        self._demand()

    def finish(self) -> None:
        """Write what is left, and make the whole file durable."""
        self._wait()
        self._end_direct()
        self._write(memoryview(self._filling)[: self._filled])
        self._demand()
        self._back.wait()
        os.fsync(self._fd)
        if self._pool is not None:
            self._pool.shutdown()

    def close(self) -> None:
        """Close the descriptor, once nobody writes to it. Closing again does nothing."""
        with self._using:
            if self._fd >= 0:
                self._back.stop()
                fd, self._fd = self._fd, -1
                os.close(fd)
        if self._pool is not None:
            self._pool.shutdown(wait=False)  # what is still to be written is not any more

    @property
    def closed(self) -> bool:
        """Whether the descriptor is closed."""
        return self._fd < 0

    def _written(self) -> mmap.mmap:
        """The buffer given longest ago, once it is on the disk."""
        running, buffer = self._waiting.popleft()
        running.result()
        return buffer

    def _wait(self) -> None:
        """Until the thread has nothing to do."""
        while self._waiting:
            self._written()
        self._demand()

    def _demand(self) -> None:
        if self._failed is not None:
            raise self._failed

    def _write(self, data: memoryview) -> None:
        with self._using:
            if self._fd < 0 or self._failed is not None:
                return
            self._digest.update(data)
            try:
                done = 0
                while done < len(data):
                    done += self._write_some(data[done:])
                if not self._direct:
                    self._back.given(done)
            except OSError as error:
                self._failed = error

    def _write_some(self, data: memoryview) -> int:
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            # Some file systems say only now that they want it otherwise.
            if not self._direct or error.errno != errno.EINVAL:
                raise
            written = 0
        if written < len(data):  # what is left may begin anywhere in a block
            self._end_direct()
        return written

    def _end_direct(self) -> None:
        """Only whole blocks go past the cache."""
        if self._direct:
            _through_the_cache(self._fd)
            self._direct = False


def _buffer() -> mmap.mmap:
    """Memory that begins with a page, as writing past the cache demands."""
    return mmap.mmap(-1, BUFFER_BYTES)


def _past_the_cache(fd: int) -> bool:
    """Let a descriptor write past the system's cache. Whether it does so now."""
    if _O_DIRECT:
        import fcntl

        with suppress(OSError):  # the file system has no such thing
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | _O_DIRECT)
            return True
    return False


def _through_the_cache(fd: int) -> None:
    import fcntl

    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~_O_DIRECT)
