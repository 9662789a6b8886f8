"""A stored file piece by piece: what it holds, and the same under other keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lockgate.errors import IntegrityError, Position
from lockgate.protect.rewrap import Header, count_headers
from lockgate.run.context import RunContext
from lockgate.run.digests import KeyedDigest
from lockgate.run.in_order import in_order
from lockgate.run.rewrap_plan import Counts, RewrapPlan
from lockgate.run.rewrap_ports import FilePiece, Located, Successor

Told = Callable[[int], None]
"""Called with how many rows are done."""
_SAMPLE = 4


@dataclass(frozen=True, slots=True)
class Damaged:
    """What is wrong with a column's frames in a piece, and in which of its rows, from 0."""

    column: str
    first: int
    last: int
    message: str

    def error(self, before: int, shown: str) -> IntegrityError:
        """The refusal; ``before`` rows are in front of the piece."""
        first, last = before + self.first + 1, before + self.last + 1
        rows = f"row {first:,}" if first == last else f"rows {first:,} to {last:,}"
        return IntegrityError(
            f"column {self.column}, {rows}: {self.message}",
            where=Position(shown),
            hint="the file was damaged or changed after its release",
        )


@dataclass(frozen=True, slots=True)
class PieceCounts:
    """Rows of a piece, and its frames by header."""

    rows: int
    counts: Counts
    damaged: Damaged | None = None


@dataclass(frozen=True, slots=True)
class PieceMade:
    """A piece under the new keys, as the successor holds it."""

    data: pa.Buffer
    digest: str
    read: int
    rows: int
    damaged: Damaged | None = None


def survey(
    context: RunContext,
    pieces: Iterator[FilePiece],
    columns: tuple[str, ...],
    shown: str,
    told: Told,
    plan: RewrapPlan | None = None,
) -> tuple[int, dict[str, Counter[Header]]]:
    """Rows and frames of a file. With ``plan``, some frames of each piece are opened too.

    Raises IntegrityError for what is no frame or does not open, with the rows.
    """
    total: dict[str, Counter[Header]] = {name: Counter() for name in columns}
    rows = 0
    for found in in_order(_counter(context, columns, plan), pieces, context.limits):
        if found.damaged is not None:
            raise found.damaged.error(rows, shown)
        for name, counts in found.counts.items():
            total[name].update(counts)
        rows += found.rows
        told(rows)
    return rows, total


def _counter(
    context: RunContext, columns: tuple[str, ...], plan: RewrapPlan | None
) -> Callable[[FilePiece], PieceCounts]:
    def counted(piece: FilePiece) -> PieceCounts:
        located = piece.located()
        counts: dict[str, Counter[Header]] = {}
        for name in columns if located.rows else ():
            frames = located.frames(name)
            try:
                counts[name] = count_headers(frames, context.kernel)
                if plan is not None and name in plan.columns:
                    plan.columns[name].sound(frames.slice(0, _SAMPLE))
            except IntegrityError as error:
                check = context.kernel.frame_headers
                return PieceCounts(0, {}, _damaged(located, name, check, error.message))
        return PieceCounts(located.rows, counts)

    return counted


def remade(
    context: RunContext,
    pieces: Iterator[FilePiece],
    plan: RewrapPlan,
    successor: Successor,
) -> Iterator[PieceMade]:
    """The pieces under the new keys, in order, made on every core. Raises IntegrityError."""
    key = context.digest_key()

    def make(piece: FilePiece) -> PieceMade:
        located = piece.located()
        new: dict[str, pa.Array] = {}
        for name in plan.columns if located.rows else ():
            frames = located.frames(name)
            try:
                new[name] = plan.columns[name](frames)
            except IntegrityError as error:
                damaged = _damaged(located, name, plan.columns[name], error.message)
                return PieceMade(pa.py_buffer(b""), "", 0, 0, damaged)
        data = successor.packed(located.spliced(new))
        digest = KeyedDigest(key)
        digest.update(memoryview(data))
        return PieceMade(data, digest.hexdigest(), piece.end, located.rows)

    return in_order(make, pieces, context.limits)


def _damaged(
    located: Located, column: str, check: Callable[[pa.Array], Any], message: str
) -> Damaged:
    """Which rows of the piece ``check`` refuses: from the first to the last of them."""
    frames = located.frames(column)
    first = _least(len(frames), lambda count: _refused(check, frames.slice(0, count))) - 1
    behind = _least(
        len(frames), lambda count: _refused(check, frames.slice(len(frames) - count, count))
    )
    rows = located.row_numbers(column)
    return Damaged(column, int(rows[first]), int(rows[len(frames) - behind]), message)


def _refused(check: Callable[[pa.Array], Any], frames: pa.Array) -> bool:
    try:
        check(frames)
    except IntegrityError:
        return True
    return False


def _least(most: int, holds: Callable[[int], bool]) -> int:
    """The least count from 1 to ``most`` for which it holds; it holds for all that are more."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
