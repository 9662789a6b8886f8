"""Names as DuckDB compares them: ASCII letters without case, everything else as it is."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from lockgate.printable import shortened

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_SHOWN = 60
# What columns without a name of their own are called.
_GENERATED = re.compile(r"_\d+$|^col\d+$")


def fold(name: str) -> str:
    """The name that two spellings of one identifier share."""
    return name.translate(_LOWER)


def shown(name: str) -> str:
    """A name for a message; letters outside ASCII, which may look like others, get their codes."""
    text = f"`{shortened(name, _SHOWN)}`"
    odd = [f"U+{ord(letter):04X}" for letter in name[:_SHOWN] if not letter.isascii()]
    return f"{text} (with {', '.join(dict.fromkeys(odd))})" if odd else text


class Fresh:
    """Names that no table, alias or column of a query has yet.

    Two tables of one name, or a table named like a struct column, are read by rules
    that nobody remembers; with every alias unique there is nothing to resolve.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {fold(name) for name in taken}

    def name(self, wanted: str) -> str:
        """``wanted``, or it with the first number that makes it new."""
        number, candidate = 1, wanted
        while fold(candidate) in self._taken or _GENERATED.search(fold(candidate)):
            number += 1
            candidate = f"{wanted}_{number}t"
        self._taken.add(fold(candidate))
        return candidate


def unique(names: Iterable[str]) -> list[str]:
    """Output names; a repeated one gets `_1`, `_2`, as DuckDB does in a derived table."""
    listed = list(names)
    taken: set[str] = set()
    wanted = {fold(name) for name in listed}
    result = []
    for name in listed:
        number, candidate = 0, name
        while fold(candidate) in taken or (number and fold(candidate) in wanted):
            number += 1
            candidate = f"{name}_{number}"
        taken.add(fold(candidate))
        result.append(candidate)
    return result
