"""Turning protected values back: columns of files, and single values.

A ciphertext opens only at its place (contract and column), a token by its key domain. Both ways
lead through ``run.reveal_door``; what comes out is the canonical value, as text or in a column's
own type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pyarrow as pa

from lockgate.errors import UsageError
from lockgate.labels.label import LabelSet
from lockgate.run.context import RunContext
from lockgate.run.key_table import for_reveal
from lockgate.run.opening import Found, Opener, Origin, changed_meanwhile
from lockgate.run.reveal_door import Asked, admit, ask, recording, wanted_of
from lockgate.run.single_values import SINGLE, SingleValues


def reveal_columns(
    context: RunContext,
    batches: Callable[[RunContext], Iterator[pa.RecordBatch]],
    columns: Sequence[tuple[Origin, Opener]],
    purpose: str,
) -> Iterator[list[pa.Array]]:
    """Open columns of a file side by side, batch by batch, in the order of ``columns``.

    ``batches`` is read twice: once to count values and find their keys, then to open them. The
    request is admitted, or refused, as a whole in between. What the second reading gives is looked
    at again: nothing is shown but what was admitted. Raises AuthorisationDenied, IntegrityError
    and KeyUnavailable.
    """
    wanted = [one for origin, _ in columns for one in wanted_of(origin.name, [origin])]
    permits = ask(context, wanted, purpose)
    needed = for_reveal(permits, [origin for origin, _ in columns])
    with context.released(permits, needed) as keyed:
        yield from _revealed_columns(keyed, batches, columns, purpose)


def _revealed_columns(
    context: RunContext,
    batches: Callable[[RunContext], Iterator[pa.RecordBatch]],
    columns: Sequence[tuple[Origin, Opener]],
    purpose: str,
) -> Iterator[list[pa.Array]]:
    """As ``reveal_columns``, once it was asked for and the keys are there."""
    found = [Found() for _ in columns]
    with ExitStack() as refusals:
        for origin, _ in columns[:1]:
            refusals.enter_context(recording(context, origin.name, origin.labels, purpose))
        for rows in batches(context):
            for (_, opener), one in zip(columns, found, strict=True):
                opener.look(context, rows, one)
        for (_, opener), one in zip(columns, found, strict=True):
            opener.refuse(context, one)
    requested = [
        Asked(origin.name, ((origin.labels, one.count),), tuple(sorted(one.key_numbers)))
        for (origin, _), one in zip(columns, found, strict=True)
    ]
    admit(context, requested, purpose)
    again = [Found() for _ in columns]
    for rows in batches(context):
        for (origin, opener), one, admitted in zip(columns, again, found, strict=True):
            with recording(context, origin.name, origin.labels, purpose):
                opener.look(context, rows, one)
                opener.refuse(context, one)
                if not one.within(admitted):
                    raise changed_meanwhile()
        yield [opener.open(context, rows) for _, opener in columns]


def reveal_values(
    context: RunContext, frames: Sequence[str], origins: Sequence[Origin], purpose: str
) -> list[str]:
    """Open single text frames; a ciphertext is tried at each of ``origins`` that may be revealed.

    Raises IntegrityError if a frame opens nowhere, with its number among those given, and
    UsageError for more than ``reveal_values``.
    """
    most = context.limits.reveal_values
    if len(frames) > most:
        raise UsageError(f"more than {most:,} values at once", hint="use --file for a column")
    with recording(context, SINGLE, LabelSet(unclassified=True), purpose):
        single = SingleValues(context, origins, purpose)
        opened = [single.opened(frame, number) for number, frame in enumerate(frames, 1)]
    parts = Counter(labels for _, labels, _ in opened)
    numbers = {number for _, _, number in opened}
    request = Asked(SINGLE, tuple(parts.items()), tuple(sorted(numbers)))
    admit(context, [request], purpose)
    return [value for value, _, _ in opened]
