"""What a columnar rule says: accepted, rejected for one reason, or undecided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from lockgate.contract.judge.python_values import Bools
from lockgate.contract.model import Exactness


@dataclass(frozen=True, slots=True)
class Decision:
    """``values`` (of the column's type, as long as the input) hold where ``accepted``.

    ``rejected`` pairs a Pydantic error type with the rows that get just that. A row
    in none of them is undecided. Null rows are in none of them and null in ``values``.
    """

    values: pa.Array
    accepted: Bools
    rejected: Sequence[tuple[str, Bools]] = ()


Decide = Callable[[pa.Array], Decision | None]
"""Decides an array of a type it knows; None leaves all of it undecided."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A column's rule: by Arrow kind of the input, a function that decides."""

    exactness: Exactness
    how: str
    decide: Decide
