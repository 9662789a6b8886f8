"""What a columnar rule says: accepted, rejected for one reason, or undecided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from lockgate.contract.judge.outcome import ColumnVerdict
from lockgate.contract.judge.python_values import Bools, Rows, nulls
from lockgate.contract.model import Exactness

NO_ROWS: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Decision:
    """``values`` (of the column's type, as long as the input) hold in accepted rows.

    ``undecided`` rows, rising, are Pydantic's to judge; ``rejected`` pairs its error types with
    the rows, rising, that get just that. A row in none of them is accepted, or null: then it is
    null in ``values`` too. Most rows are in none, so most rows cost nothing from here on.
    """

    values: pa.Array
    undecided: Rows = field(default_factory=lambda: NO_ROWS)
    rejected: Sequence[tuple[str, Rows]] = ()


def by_masks(
    given: pa.Array,
    values: pa.Array,
    accepted: Bools,
    rejected: Sequence[tuple[str, Bools]] = (),
) -> Decision:
    """A decision said for every row; ``given`` is the input, whose null rows are in no mask."""
    if accepted.all():
        return Decision(values)
    undecided = ~accepted & ~nulls(given)
    found: list[tuple[str, Rows]] = []
    for kind, mask in rejected:
        rows = np.nonzero(mask)[0]
        if len(rows):
            found.append((kind, rows))
            undecided[rows] = False
    return Decision(values, np.nonzero(undecided)[0], found)


Decide = Callable[[pa.Array], Decision | None]
"""Decides an array of a type it knows; None leaves all of it undecided."""


AskPydantic = Callable[[pa.Array], ColumnVerdict]
"""Pydantic's verdict on values without nulls."""
Ask = Callable[[pa.Array, AskPydantic], ColumnVerdict]
"""The same, by asking about other values."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A column's rule: by Arrow kind of the input, a function that decides.

    ``ask`` asks Pydantic about undecided values in a cheaper way than one by one.
    """

    exactness: Exactness
    how: str
    decide: Decide
    ask: Ask | None = None
