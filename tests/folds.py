"""Guarded aggregations for tests: run in the engine, and by a slow plain loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import pyarrow as pa

from lockgate.flow.sql.guarded import guard
from lockgate.flow.sql.lineage import InputTable
from lockgate.flow.sql.trace import trace
from lockgate.kernel.interface import Normaliser
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.held_back import HeldBack
from step_spools import computed

COLUMNS = ("city", "who", "x")
INPUTS = [InputTable("t", COLUMNS), InputTable("other", ("who", "y"))]
TYPES = pa.schema([("city", pa.string()), ("who", pa.int64()), ("x", pa.float64())])


class Row(NamedTuple):
    """A group key, whose row it is, and what is folded."""

    city: str | None
    who: int | None
    x: float | None


class Told(NamedTuple):
    """Rows that are told, and how many groups are not."""

    rows: list[dict[str, Any]]
    held_back: int


def guarded(
    sql: str,
    rows: Iterable[tuple[Any, ...]],
    k: int = 2,
    dominance: float = 1.0,
    subject: str = "who",
    types: pa.Schema = TYPES,
    normaliser: Normaliser = Normaliser.EXACT,
) -> Told:
    """What an aggregation tells: traced, bound to its subjects, run."""
    bound = guard(trace(sql, INPUTS, DEFAULT_LIMITS), INPUTS, subject, k, dominance, normaliser)
    listed = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    table = pa.Table.from_pylist(listed, schema=types)
    other = pa.table({"who": [1], "y": [1.0]})
    named = {"t": table} | ({"other": other} if '"other"' in bound.sql else {})
    held = HeldBack("s", bound.held_back)
    told = [row for batch in held.told(_batches(bound.sql, named)) for row in batch.to_pylist()]
    assert held.groups is not None
    return Told(told, held.groups)


def _batches(sql: str, inputs: dict[str, pa.Table]) -> list[pa.RecordBatch]:
    return computed(sql, inputs).to_batches()


def plainly(rows: Iterable[Row], k: int, dominance: float) -> tuple[dict[Hashable, Any], int]:
    """Groups that may tell count(*), count(x), sum(x) and avg(x), worked out row by row."""
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.city].append(row)
    told, held_back = {}, 0
    for city, members in groups.items():
        values = [row.x for row in members if row.x is not None]
        every: dict[int | None, float] = defaultdict(float)
        sizes: dict[int | None, float] = defaultdict(float)
        counts: dict[int | None, float] = defaultdict(float)
        for row in members:
            every[row.who] += 1
            if row.x is not None:
                counts[row.who] += 1
                sizes[row.who] += abs(row.x)
        fine = all(_many(shares, k, dominance) for shares in (every, counts, sizes))
        if fine:
            total = sum(values)
            told[city] = (len(members), len(values), total, total / len(values))
        else:
            held_back += 1
    return told, held_back


def _many(shares: dict[int | None, float], k: int, dominance: float) -> bool:
    known = [who for who in shares if who is not None]
    return len(known) >= k and max(shares.values()) <= dominance * sum(shares.values())
