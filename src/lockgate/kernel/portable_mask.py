"""Masking only digits, or only letters and digits, in text beyond ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from lockgate.kernel.interface import Mask


def filled(texts: Sequence[str | None], mask: Mask) -> list[str | None]:
    """Each digit (general category Nd), or each letter, mark and number (L, M, N), as the fill."""
    return [
        None
        if text is None
        else "".join(mask.fill if _hidden(char, mask.only) else char for char in text)
        for text in texts
    ]


def _hidden(character: str, only: str) -> bool:
    category = unicodedata.category(character)
    return category == "Nd" if only == "digits" else category[0] in "LMN"
