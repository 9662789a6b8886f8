"""The file that follows a stored one: written piece by piece, hidden beside it, and taken up again.

Nothing is fsynced before the end. What was written is proven by the digests of its pieces when
somebody goes on with it, so a crash of the machine costs what it did not bring to the disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator

import pyarrow as pa

from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.pinned_file import pin
from lockgate.run.digests import KeyedDigest
from lockgate.run.ports import StagedFile
from lockgate.run.rewrap_ports import FilePiece

PREFIX = ".rewrap-"
_CHUNK = 4 << 20


def successor_name(name: str) -> str:
    """Hidden from whatever reads the folder."""
    return PREFIX + name


class FileSuccessor:
    """Implements ``run.rewrap_ports.Successor``. ``codec`` is "", gzip or zstd.

    Every piece is a member of its own (RFC 1952 section 2.2, RFC 8878 section 3.1), which readers
    take as one text.
    """

    def __init__(
        self,
        folder: Folder,
        name: str,
        digest_key: bytes,
        codec: str,
        like: os.stat_result,
        pieces: Callable[[str], Iterator[FilePiece]],
    ) -> None:
        self._folder = folder
        self.name = name
        self._hidden = successor_name(name)
        self._key = digest_key
        self._codec = codec
        self._like = like
        self._pieces = pieces
        self._fd = self._open()

    def _open(self) -> int:
        try:
            if self._hidden in self._folder.names():
                os.close(self._folder.read(self._hidden))  # a plain file, no link
            else:
                os.close(self._folder.create(self._hidden))
            return self._folder.extend(self._hidden)
        except OSError as error:
            raise environment_failed(error, "creating the new file", self._folder.shown) from None

    @property
    def size(self) -> int:
        """Bytes so far."""
        return os.fstat(self._fd).st_size

    def digest(self, start: int, end: int) -> str:
        """Keyed digest (hex) of a part of it."""
        digest, at = KeyedDigest(self._key), start
        while at < end:
            data = os.pread(self._fd, min(_CHUNK, end - at), at)
            if not data:
                break
            digest.update(data)
            at += len(data)
        return digest.hexdigest()

    def truncate(self, size: int) -> None:
        """Leave the first ``size`` bytes."""
        os.ftruncate(self._fd, size)

    def packed(self, data: pa.Buffer) -> pa.Buffer:
        """Bytes as this file holds them."""
        if not self._codec:
            return data
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, self._codec) as stream:
            stream.write(data)
        return sink.getvalue()

    def append(self, data: pa.Buffer) -> None:
        """Write at the end. Raises EnvironmentFailed."""
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError as error:
            raise environment_failed(error, "writing", self._folder.shown) from None

    def finish(self, rows: int) -> StagedFile:
        """Make it durable, with the mode and owner of the file it follows."""
        try:
            if hasattr(os, "fchmod"):
                found = os.fstat(self._fd)
                if (found.st_uid, found.st_gid) != (self._like.st_uid, self._like.st_gid):
                    os.fchown(self._fd, self._like.st_uid, self._like.st_gid)
                os.fchmod(self._fd, stat.S_IMODE(self._like.st_mode))
            os.fsync(self._fd)
        except OSError as error:
            raise environment_failed(error, "finishing the new file", self._folder.shown) from None
        pins = pin(self._fd, self.name, self._key)
        return StagedFile(self.name, pins.size, rows, pins.digest)

    def pieces(self) -> Iterator[FilePiece]:
        """What it holds, read back."""
        return self._pieces(self._hidden)

    def close(self) -> None:
        """Let it lie. Closing again does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def remove(self) -> None:
        """Close and remove it."""
        self.close()
        try:
            self._folder.remove(self._hidden)
        except FileNotFoundError:
            return
        except OSError as error:
            raise environment_failed(error, "removing the new file", self._folder.shown) from None
