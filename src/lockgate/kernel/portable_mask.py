"""Masking only digits, or only letters and digits, in text beyond ASCII."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from lockgate.kernel.code_points import CodePoints
from lockgate.kernel.interface import Mask
from lockgate.kernel.unicode_14 import DECIMAL_DIGITS, SEPARATORS, UNASSIGNED


def filled(texts: Sequence[str | None], mask: Mask) -> list[str | None]:
    """Each digit (general category Nd), or each letter, mark and number (L, M, N), as the fill.

    By Unicode 14.0.0, whatever version this Python knows. A code point that it does not assign is
    hidden too: it may become a digit or a letter.
    """
    hidden = _hidden(mask.only)
    return [
        None if text is None else "".join(mask.fill if hidden(char) else char for char in text)
        for text in texts
    ]


@cache
def _hidden(only: str) -> Callable[[str], bool]:
    if only == "digits":
        digits, unassigned = CodePoints(DECIMAL_DIGITS), CodePoints(UNASSIGNED)
        return cache(lambda character: character in digits or character in unassigned)
    separators = CodePoints(SEPARATORS)
    return cache(lambda character: character not in separators)
