"""A stored file piece by piece: what it holds, and the same under other keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from lockgate.errors import IntegrityError, Position
from lockgate.kernel.interface import Kernel
from lockgate.keys.ports import KeyState
from lockgate.protect.rewrap import Header, count_headers, split_shredded
from lockgate.protect.ties import records_of
from lockgate.run.context import RunContext
from lockgate.run.digests import KeyedDigest
from lockgate.run.in_order import in_order
from lockgate.run.rewrap_plan import Counts, RewrapPlan, subjects_of
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
    primary = frozenset(
        version.number for version in context.keys.versions() if version.state is KeyState.PRIMARY
    )
    find, kernel = subjects_of(context), context.kernel

    def counted(piece: FilePiece) -> PieceCounts:
        located = piece.located()
        counts: dict[str, Counter[Header]] = {}
        for name in columns if located.rows else ():
            frames = located.frames(name)
            try:
                found = count_headers(frames, kernel)
                counts[name] = split_shredded(found, frames, kernel, find, primary)
                if plan is not None and name in plan.columns:
                    records = _records(kernel, located, plan, name)
                    some = None if records is None else records.slice(0, _SAMPLE)
                    plan.columns[name].sound(frames.slice(0, _SAMPLE), some)
            except IntegrityError as error:

                def check(some: pa.Array, _: pa.Array | None) -> object:
                    return kernel.frame_headers(some)

                return PieceCounts(0, {}, _damaged(located, name, None, check, error.message))
        return PieceCounts(located.rows, counts)

    return counted


def remade(
    context: RunContext,
    pieces: Iterator[FilePiece],
    plan: RewrapPlan,
    successor: Successor,
) -> Iterator[PieceMade]:
    """The pieces under the new keys, in order, made on every core. Raises IntegrityError."""
    key, kernel = context.digest_key(), context.kernel

    def make(piece: FilePiece) -> PieceMade:
        located = piece.located()
        new: dict[str, pa.Array] = {}
        for name in plan.columns if located.rows else ():
            frames, records = located.frames(name), _records(kernel, located, plan, name)
            try:
                new[name] = plan.columns[name](frames, records)
            except IntegrityError as error:
                check = plan.columns[name]
                damaged = _damaged(located, name, records, check, error.message)
                return PieceMade(pa.py_buffer(b""), "", 0, 0, damaged)
        data = successor.packed(located.spliced(new))
        digest = KeyedDigest(key)
        digest.update(memoryview(data))
        return PieceMade(data, digest.hexdigest(), piece.end, located.rows)

    return in_order(make, pieces, context.limits)


def _records(
    kernel: Kernel, located: Located, plan: RewrapPlan, column: str
) -> pa.BinaryArray | None:
    """What each of the column's frames is bound to; None if it is not."""
    names = plan.records.get(column, ())
    if not names:
        return None
    records = records_of(located.row_keys(names), kernel)
    return records.take(pa.array(located.row_numbers(column)))


Check = Callable[[pa.Array, pa.Array | None], object]


def _damaged(
    located: Located, column: str, records: pa.Array | None, check: Check, message: str
) -> Damaged:
    """Which rows of the piece ``check`` refuses: from the first to the last of them."""
    frames = located.frames(column)

    def refused(start: int, count: int) -> bool:
        some = None if records is None else records.slice(start, count)
        return _refused(check, frames.slice(start, count), some)

    rows = located.row_numbers(column)
    if not refused(0, len(frames)):  # what is wrong is not a frame's alone
        return Damaged(column, int(rows[0]), int(rows[-1]), message)
    first = _least(len(frames), lambda count: refused(0, count)) - 1
    behind = _least(len(frames), lambda count: refused(len(frames) - count, count))
    return Damaged(column, int(rows[first]), int(rows[len(frames) - behind]), message)


def _refused(check: Check, frames: pa.Array, records: pa.Array | None) -> bool:
    try:
        check(frames, records)
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
