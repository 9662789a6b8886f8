"""Reading an opened input: every raw byte is hashed, gzip and zstd are unpacked.

The digest is keyed (run.digests) and covers the raw file. Reading goes through
the same descriptor as hashing, so the bytes that were parsed are the bytes the
digest covers.
"""

from __future__ import annotations

import os
from contextlib import suppress

import pyarrow as pa

from lockgate.adapters.connectors.files import magic
from lockgate.errors import EnvironmentFailed, LimitExceeded, Position, SourceError
from lockgate.limits import Limits
from lockgate.run.digests import KeyedDigest, same_digest
from lockgate.run.ports import InputFile

CHUNK = 1 << 20


class HashedFile:
    """A readable file object over a descriptor, hashing what it reads. Owns the descriptor."""

    def __init__(self, fd: int, shown: str, digest_key: bytes) -> None:
        self._fd = fd
        self._hash = KeyedDigest(digest_key)
        self._peeked = b""
        self.shown = shown
        self.count = 0

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes; empty at the end."""
        wanted = CHUNK if size is None or size < 0 else size
        if self._peeked:
            data, self._peeked = self._peeked[:wanted], self._peeked[wanted:]
            return data
        return self._raw(wanted)

    def read_on(self, rest: bytes, size: int) -> bytes:
        """``rest``, the last bytes that were read, and up to ``size`` bytes more.

        Reading them once more in one piece takes less time than joining two. Raises SourceError
        if they are not the bytes that were hashed.
        """
        if self._peeked or not rest:
            return rest + self.read(size)
        try:
            os.lseek(self._fd, -len(rest), os.SEEK_CUR)
            data = os.read(self._fd, len(rest) + size)
        except OSError:
            raise unreadable(self.shown) from None
        if not data.startswith(rest):
            raise changed(self.shown)
        self._hash.update(memoryview(data)[len(rest) :])
        self.count += len(data) - len(rest)
        return data

    def peek(self, size: int) -> bytes:
        """The first bytes, without consuming them."""
        while len(self._peeked) < size:
            more = self._raw(size - len(self._peeked))
            if not more:
                break
            self._peeked += more
        return self._peeked[:size]

    def _raw(self, size: int) -> bytes:
        try:
            data = os.read(self._fd, size)
        except OSError:
            raise unreadable(self.shown) from None
        self._hash.update(data)
        self.count += len(data)
        return data

    def drain(self) -> None:
        """Read what is left, for the digest."""
        self._peeked = b""
        while self._raw(CHUNK):
            pass

    def hexdigest(self) -> str:
        """The digest of what was read so far."""
        return self._hash.hexdigest()

    def verify(self, frozen: InputFile) -> None:
        """Raise SourceError unless exactly the frozen bytes were read."""
        same = same_digest(self.hexdigest(), frozen.digest)
        if self.count != frozen.size or not same:
            raise changed(self.shown)

    @property
    def closed(self) -> bool:
        """For pyarrow, which asks."""
        return self._fd < 0

    def readable(self) -> bool:
        """For pyarrow, which asks."""
        return True

    def close(self) -> None:
        """Close the descriptor. Closing again does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def unreadable(shown: str) -> EnvironmentFailed:
    """The refusal of an input that the system will not read."""
    return EnvironmentFailed("reading failed", where=Position(shown), hint="check the disk")


def changed(shown: str) -> SourceError:
    """The refusal of an input whose bytes are not the frozen ones."""
    return SourceError(
        "the file changed after the run had begun",
        where=Position(shown),
        hint="run again once nothing writes to it",
    )


class Unpacked:
    """The decompressed bytes of a file: plain, gzip (several members too) or zstd by content."""

    def __init__(self, file: HashedFile, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._count = 0
        self._stream: pa.NativeFile | None = None
        head = file.peek(4)
        self.codec = ""
        if head.startswith(magic.GZIP):
            self.codec = "gzip"
        elif head.startswith(magic.ZSTD):
            self.codec = "zstd"
        if self.codec:
            # By the path CompressedInputStream takes, an empty tail and a cut one differ.
            self._stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), self.codec)

    def read(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end. Raises SourceError, LimitExceeded."""
        parts = []
        while size > 0:
            part = self._some(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_on(self, rest: bytes, size: int) -> bytes:
        """``rest``, the last bytes that were read, and ``size`` bytes more as by ``read``."""
        data = rest if self._stream is not None else self._file.read_on(rest, size)
        missing = size - (len(data) - len(rest))
        more = self.read(missing) if missing else b""
        return data + more if more else data

    def _some(self, size: int) -> bytes:
        if self._stream is None:
            return self._file.read(size)
        data: bytes | None = None
        with suppress(OSError, pa.ArrowException):
            data = self._stream.read(min(size, CHUNK))
        if data is None:  # raised out here: nothing of Arrow's error is kept as context
            raise SourceError(
                f"the {self.codec} data is damaged or cut off",
                where=Position(self._file.shown),
                hint="copy the file again from where it comes from",
            )
        self._count += len(data)
        allowed = max(
            self._limits.decompressed_ratio_floor,
            self._limits.decompressed_ratio * self._file.count,
        )
        if self._count > allowed:
            raise LimitExceeded(
                "the file unpacks to more than decompressed_ratio times its size",
                where=Position(self._file.shown),
                hint="see whether it is what it should be; unpack it yourself if so",
            )
        return data
