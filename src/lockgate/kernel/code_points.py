"""Sets of code points, given as ranges."""

from __future__ import annotations

from bisect import bisect_right


class CodePoints:
    """Of ``first-last`` ranges in hexadecimal, in order: the lists of ``unicode_14``."""

    def __init__(self, ranges: str) -> None:
        pairs = [item.split("-") for item in ranges.split()]
        self._firsts = [int(first, 16) for first, _ in pairs]
        self._lasts = [int(last, 16) for _, last in pairs]

    def __contains__(self, character: str) -> bool:
        at = bisect_right(self._firsts, ord(character)) - 1
        return at >= 0 and ord(character) <= self._lasts[at]
