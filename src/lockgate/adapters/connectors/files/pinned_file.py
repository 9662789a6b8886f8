"""Hashing whole files, and reading here and there in one whose bytes are known.

Freezing a file gives its size and keyed digest; of a file that is read out of
order (Parquet) it keeps one digest for each MiB too. Every piece that is asked
for later is compared with its own before a byte of it is handed out: what is
parsed is what was frozen, for one more pass over what is read and no other.
"""

from __future__ import annotations

import io
import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from hmac import compare_digest

from lockgate.adapters.connectors.files.raw_stream import changed, unreadable
from lockgate.run.digests import UNKEPT, KeyedDigest

PIECE = 1 << 20
_PIECES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Pins:
    """What a file was: size in bytes, keyed digest (hex) and, if asked for, that of each piece.

    ``looked``: if asked for, the digest that a mere look at the same bytes has (``UNKEPT``).
    """

    size: int
    digest: str
    pieces: tuple[bytes, ...] = ()
    looked: str = ""


def pin(
    fd: int, shown: str, digest_key: bytes, *, pieces: bool = False, looked: bool = False
) -> Pins:
    """Hash a file from its beginning, on all cores. Raises EnvironmentFailed."""
    whole, kept, size = KeyedDigest(digest_key, all_cores=True), [], 0
    look = KeyedDigest(UNKEPT, all_cores=True) if looked else None
    os.lseek(fd, 0, os.SEEK_SET)
    with io.FileIO(fd, closefd=False) as file, closing(_chunks(file, shown)) as chunks:
        for found in chunks:
            whole.update(found)
            if look is not None:
                look.update(found)
            size += len(found)
            if pieces:
                at = range(0, len(found), PIECE)
                kept += [_digest(digest_key, found[start : start + PIECE]) for start in at]
    return Pins(size, whole.hexdigest(), tuple(kept), look.hexdigest() if look else "")


def _chunks(file: io.FileIO, shown: str) -> Generator[memoryview]:
    """The file in chunks, each good until the next is asked for; one is read ahead."""
    buffers = [memoryview(bytearray(PIECE * _PIECES_AT_ONCE)) for _ in range(2)]
    found = _filled(file, buffers[0], shown)
    if len(found) < len(buffers[0]):
        yield found
        return
    with ThreadPoolExecutor(1, thread_name_prefix="lockgate-freeze") as reader:
        while len(found):
            buffers.reverse()
            ahead = reader.submit(_filled, file, buffers[0], shown)
            yield found
            found = ahead.result()


def _filled(file: io.FileIO, buffer: memoryview, shown: str) -> memoryview:
    """As much of the buffer as the file fills: all of it but at the end."""
    done = 0
    try:
        while done < len(buffer) and (count := file.readinto(buffer[done:])):
            done += count
    except OSError:
        raise unreadable(shown) from None
    return buffer[:done]


def _digest(key: bytes, piece: bytes | memoryview) -> bytes:
    digest = KeyedDigest(key)
    digest.update(piece)
    return digest.digest()


class PinnedFile:
    """Random access to a file that must be what ``pins`` says. Owns the descriptor.

    Reading raises SourceError for a piece that is another than it was. One thread at a time uses
    an object; ``again`` makes more of them.
    """

    def __init__(
        self,
        fd: int,
        shown: str,
        digest_key: bytes,
        pins: Pins,
        unread: set[int] | None = None,
    ) -> None:
        self._fd = fd
        self._key = digest_key
        self._pins = pins
        self._at = 0
        self._kept: tuple[int, bytes] = (-1, b"")
        self._unread = set(range(len(pins.pieces))) if unread is None else unread
        self.shown = shown
        self.size = pins.size

    def _piece(self, number: int) -> bytes:
        if self._kept[0] != number:
            try:
                piece = os.pread(self._fd, PIECE, number * PIECE)
            except OSError:
                raise unreadable(self.shown) from None
            if not compare_digest(_digest(self._key, piece), self._pins.pieces[number]):
                raise changed(self.shown)
            self._kept = (number, piece)
            self._unread.discard(number)
        return self._kept[1]

    def read_range(self, start: int, end: int) -> tuple[bytes, int]:
        """Whole pieces that hold the bytes from ``start`` to ``end``, and where these begin there.

        Raises SourceError if they are not what they were.
        """
        first, last = start // PIECE, -(-end // PIECE)
        try:
            data = os.pread(self._fd, (last - first) * PIECE, first * PIECE)
        except OSError:
            raise unreadable(self.shown) from None
        view = memoryview(data)
        for number in range(first, last):
            at = (number - first) * PIECE
            found = _digest(self._key, view[at : at + PIECE])
            if not compare_digest(found, self._pins.pieces[number]):
                raise changed(self.shown)
            self._unread.discard(number)
        return data, start - first * PIECE

    def again(self) -> PinnedFile:
        """The same file with a position and a descriptor of its own."""
        return PinnedFile(os.dup(self._fd), self.shown, self._key, self._pins, self._unread)

    def verify_rest(self) -> None:
        """Compare what was not asked for too, and the size. Raises SourceError."""
        for number in sorted(self._unread):
            self._piece(number)
        if os.fstat(self._fd).st_size != self.size:
            raise changed(self.shown)

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes from the current position."""
        left = self.size - self._at
        wanted = left if size is None or size < 0 else min(size, left)
        parts = []
        while wanted > 0:
            number, inner = divmod(self._at, PIECE)
            part = self._piece(number)[inner : inner + wanted]
            parts.append(part)
            self._at += len(part)
            wanted -= len(part)
        return b"".join(parts)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position."""
        base = (0, self._at, self.size)[whence]
        self._at = min(max(base + offset, 0), self.size)
        return self._at

    def tell(self) -> int:
        """The position."""
        return self._at

    @property
    def closed(self) -> bool:
        """For pyarrow, which asks."""
        return self._fd < 0

    def readable(self) -> bool:
        """For pyarrow, which asks."""
        return True

    def seekable(self) -> bool:
        """For pyarrow, which asks."""
        return True

    def close(self) -> None:
        """Close the descriptor. Closing again does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            self.close()
