"""Making a file durable while it is written, so that little is left to wait for at its end."""

from __future__ import annotations

import os

from lockgate.adapters.connectors.files.background import Background

EVERY_BYTES = 32 << 20


class WriteBack:
    """Asks the disk for what a descriptor was given, on a thread of its own, time and again.

    It promises nothing: the file's owner still fsyncs at the end. But the system tells of a failed
    write only once, to whoever syncs first, so what it told here has to be asked for by ``wait``.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._given = 0
        self._background = Background("lockgate-sync")

    def given(self, size: int) -> None:
        """The descriptor was given so many bytes. Raises OSError if earlier ones failed."""
        self._given += size
        if self._given < EVERY_BYTES or self._background.busy:
            return
        self._background.begin(self._sync)
        self._given = 0

    def _sync(self) -> None:
        if hasattr(os, "fdatasync"):
            os.fdatasync(self._fd)
        else:  # macOS
            os.fsync(self._fd)

    def wait(self) -> None:
        """Until nothing runs any more. Raises OSError if that failed."""
        self._background.wait()

    def stop(self) -> None:
        """The same, whatever came of it: the descriptor may be closed afterwards."""
        self._background.stop()
