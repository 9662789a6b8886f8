"""Where secrets lie: pages of their own, locked into memory, left out of dumps, overwritten.

Small secrets share pages that hold nothing else. The system is asked to keep these from swap
(``mlock``) and from core dumps (``madvise``); what it refused, ``locked_bytes`` and ``lockgate
doctor`` tell, and the secrets lie in ordinary memory then. Long ones, such as the salts
of a batch's subjects, are overwritten too, but not locked: the limit on locked memory is small.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
from collections import deque
from collections.abc import Callable
from typing import Any, Final

_SLOT_BYTES: Final = (64, 512, 4096)
_PAGE: Final = max(mmap.PAGESIZE, 4096)
_PAGES_AT_ONCE: Final = 4
_pages: list[mmap.mmap] = []
_locked: list[int] = []
# Freed by __del__, which may run anywhere, even inside of keep(): only atomic calls touch these.
_free: Final[dict[int, deque[memoryview]]] = {size: deque() for size in _SLOT_BYTES}


class Kept:
    """Some bytes in memory of their own until ``wipe``."""

    __slots__ = ("__weakref__", "_length", "_room", "_slot")

    def __init__(self, content: bytes, room: memoryview, slot: int) -> None:
        self._length = len(content)
        self._room = room
        self._slot = slot
        room[: self._length] = content

    def __len__(self) -> int:
        return self._length

    def read(self) -> bytes:
        """A copy, in ordinary memory."""
        return bytes(self._room[: self._length])

    def wipe(self) -> None:
        """Overwrite the content and give its room back. What is read afterwards is empty."""
        length, self._length = self._length, 0
        self._room[:length] = bytes(length)
        if self._slot:
            room, self._room, slot, self._slot = self._room, memoryview(b""), self._slot, 0
            _free[slot].append(room)


def keep(content: bytes) -> Kept:
    """``content`` in memory that holds secrets only, if it is at most 4 KiB long."""
    for slot in _SLOT_BYTES:
        if len(content) <= slot:
            return Kept(content, _room(slot), slot)
    return Kept(content, memoryview(bytearray(len(content))), 0)


def locked_bytes() -> int:
    """How many bytes for secrets the system keeps from swap."""
    return sum(_locked)


def kept_pages() -> int:
    """How many bytes lie in pages for secrets, locked or not."""
    return sum(map(len, _pages))


def _room(slot: int) -> memoryview:
    while True:
        try:
            return _free[slot].pop()
        except IndexError:
            _free[slot].extend(_more(slot))


def _more(slot: int) -> list[memoryview]:
    """New pages, cut into slots."""
    size = _PAGE * _PAGES_AT_ONCE
    if os.name == "posix":  # shared, as Python makes them by default, a fork would write into ours
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    else:
        pages = mmap.mmap(-1, size)
    for advice in ("MADV_DONTDUMP", "MADV_NOCORE"):
        if hasattr(mmap, advice):
            pages.madvise(getattr(mmap, advice))
    if _lock(pages, size):
        _locked.append(size)
    _pages.append(pages)
    view = memoryview(pages)
    return [view[start : start + slot] for start in range(0, size, slot)]


def _lock(pages: mmap.mmap, size: int) -> bool:
    """Whether the system keeps these pages from swap: up to RLIMIT_MEMLOCK it does."""
    lock = _mlock()
    if lock is None:
        return False
    first = ctypes.c_char.from_buffer(pages)
    return bool(lock(ctypes.c_void_p(ctypes.addressof(first)), ctypes.c_size_t(size)) == 0)


@functools.cache
def _mlock() -> Callable[..., Any] | None:
    if os.name != "posix":
        return None
    try:
        found = ctypes.CDLL(None).mlock
    except (OSError, AttributeError):
        return None
    found.restype = ctypes.c_int
    return found
