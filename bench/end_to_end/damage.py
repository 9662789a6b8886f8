"""One row in a hundred is bad, in the ways files are: what a contract has to find."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.end_to_end.customers import SEED

SHARE = 0.01

# None leaves the cell empty; `{}` takes the row's number, so that bad values are distinct too.
IN_TEXT: Mapping[str, tuple[str | None, ...]] = {
    "last_name": (None,),
    "email": (None, "no-at-sign{}.com", "two{}@@mail.com", "dot{}.@mail.com", "one{}@localhost"),
    "phone": (None, "555-123-456", "(555) 123-4567", "none"),
    "ssn": (None, "123-45-678", "123456789", "12a-45-6789", "unknown"),
    "zip": ("1234", "1234a", "12345-6789"),
    "state": ("ca", "California"),
    "segment": ("platinum", None),
}
"""What a typed column can hold too."""

IN_CSV: Mapping[str, tuple[str | None, ...]] = {
    **IN_TEXT,
    "customer_id": (None, "0", "-5", "{}x"),
    "birth_date": (None, "2023-02-30", "31/12/1999", "n/a"),
    "joined_at": (None, "2021-13-01T00:00:00", "yesterday"),
    "balance": ("12.345", "1,50", "free"),
}
RAGGED = 0.2
"""So many of a CSV file's bad rows have a field too few or too many."""


def spoiled(
    rows: pa.RecordBatch, number: int, ways: Mapping[str, tuple[str | None, ...]]
) -> pa.RecordBatch:
    """The rows of chunk ``number``, bad ones among them; every column named in ``ways`` is text."""
    draw = random.Random(f"{SEED} {number}")  # noqa: S311
    new: dict[str, dict[int, str | None]] = {name: {} for name in ways}
    for place in bad_places(len(rows), number):
        name = draw.choice(tuple(ways))
        value = draw.choice(ways[name])
        new[name][place] = None if value is None else value.format(place)
    columns = [
        _replaced(column, new.get(name, {}))
        for name, column in zip(rows.schema.names, rows.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, rows.schema.names)


def ragged(lines: pa.Array, number: int) -> pa.Array:
    """The lines of chunk ``number``, some of the bad ones with one field too few or too many."""
    places = bad_places(len(lines), number)
    chosen = places[:: round(1 / RAGGED)]
    cut = {
        place: f"{line},more" if place % 2 else ",".join(line.split(",")[:2])
        for place in chosen
        if (line := lines[place].as_py())
    }
    return _replaced(lines, cut)


def bad_places(rows: int, number: int) -> list[int]:
    """Which of the chunk's rows are bad."""
    order = np.random.default_rng([SEED, number, 1]).permutation(rows)
    return sorted(order[: round(rows * SHARE)].tolist())


def _replaced(column: pa.Array, new: Mapping[int, str | None]) -> pa.Array:
    if not new:
        return column
    mask = np.zeros(len(column), np.bool_)
    places = sorted(new)
    mask[places] = True
    return pc.replace_with_mask(
        column, pa.array(mask), pa.array([new[p] for p in places], column.type)
    )
