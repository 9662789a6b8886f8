"""Where bytes are not UTF-8 (RFC 3629 section 4), all places at once.

Finding one place costs as much as finding all: a file of nothing but broken
rows is judged in the same time as a clean one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The second byte of a character after these first bytes: the lowest and the highest allowed.
_NARROW = ((0xE0, 0xA0, 0xBF), (0xED, 0x80, 0x9F), (0xF0, 0x90, 0xBF), (0xF4, 0x80, 0x8F))


def invalid_places(data: bytes | memoryview) -> NDArray[np.int64]:
    """Offsets of bytes that cannot stand where they do, in order; empty if all is UTF-8.

    A character that is cut off is reported at the byte after it, at the last
    byte if there is none.
    """
    if not data:
        return np.zeros(0, np.int64)
    found = np.frombuffer(data, np.uint8)
    wrong = (found == 0xC0) | (found == 0xC1) | (found > 0xF4)
    continues = (found & 0xC0) == 0x80
    due = np.zeros(len(found) + 1, np.bool_)  # where a continuation byte must stand
    unbroken = np.ones(len(found), np.bool_)
    for distance, first in ((1, 0xC0), (2, 0xE0), (3, 0xF0)):
        begun = (found >= first)[: len(found) + 1 - distance] & unbroken
        due[distance:] |= begun
        # A character that was broken off owes nothing more: the next row is not at fault.
        unbroken = unbroken[: len(begun) - 1] & continues[distance:]
    wrong |= due[:-1] != continues
    for first, low, high in _NARROW:
        second = found[1:]
        wrong[1:] |= (found[:-1] == first) & ((second < low) | (second > high))
    wrong[-1] |= due[-1]
    return np.flatnonzero(wrong)
