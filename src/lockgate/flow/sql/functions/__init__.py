"""Which of DuckDB's functions a query may call, and which of their arguments reach the result.

A list of what is allowed: a function that is not on it is refused by its name, also one
that a later DuckDB brings.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from lockgate.flow.sql.functions import (
    aggregates,
    conditional,
    dates,
    nested,
    numbers,
    text,
    windows,
)
from lockgate.flow.sql.functions.refused import REFUSED

__all__ = ["REFUSED", "RULES", "TABLES", "Kind", "Rule", "near"]


class Kind(Enum):
    """What a function makes of the rows it sees."""

    SCALAR = "scalar"
    AGGREGATE = "aggregate"
    WINDOW = "window"
    GROUPING = "grouping"  # tells which grouping set a row is of
    UNNEST = "unnest"  # makes rows of a list


@dataclass(frozen=True, slots=True)
class Rule:
    """How a function's arguments reach its result; positions in ``deciding`` only decide."""

    kind: Kind
    deciding: frozenset[int] = frozenset()


def _plain(names: Iterable[str], kind: Kind) -> dict[str, Rule]:
    return dict.fromkeys(names, Rule(kind))


def _deciding(table: Mapping[str, frozenset[int]], kind: Kind) -> dict[str, Rule]:
    return {name: Rule(kind, deciding) for name, deciding in table.items()}


RULES: Mapping[str, Rule] = {
    **_plain(text.NAMES, Kind.SCALAR),
    **_plain(numbers.NAMES, Kind.SCALAR),
    **_plain(dates.NAMES, Kind.SCALAR),
    **_plain(nested.NAMES, Kind.SCALAR),
    **_plain(conditional.NAMES, Kind.SCALAR),
    **_deciding(conditional.DECIDING, Kind.SCALAR),
    **_plain(aggregates.NAMES, Kind.AGGREGATE),
    **_deciding(aggregates.DECIDING, Kind.AGGREGATE),
    **_deciding(windows.DECIDING, Kind.WINDOW),
    "grouping": Rule(Kind.GROUPING),
    "grouping_id": Rule(Kind.GROUPING),
    "unnest": Rule(Kind.UNNEST),
}

# What may stand in FROM beside inputs and queries: tables made of their arguments alone.
TABLES = frozenset(("range", "generate_series"))


def near(name: str) -> list[str]:
    """Up to three allowed functions that are spelled like this one."""
    return difflib.get_close_matches(name.lower()[:64], RULES, n=3, cutoff=0.75)
