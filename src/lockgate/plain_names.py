"""Names that an error may repeat although nothing knows them."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z]?[a-z]{0,12}(?:[A-Z][a-z]{1,12}|[_-][a-z]{1,12}){0,2}")
_LONGEST: Final = 28


def is_plain_name(text: str) -> bool:
    """Whether ``text`` is up to three short words of letters, as keys are.

    Anything else that stands where a name should may be a secret put into the wrong place: it has
    digits, capitals in a row or no words.
    """
    return 0 < len(text) <= _LONGEST and _PLAIN.fullmatch(text) is not None
