"""Turning protected values back: columns of files, and single values.

A ciphertext opens only at its place (contract and column), a token by its key domain. Both ways
lead through ``run.reveal_door``; what comes out is the canonical value, as text or in a column's
own type.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import pyarrow as pa

from lockgate.errors import IntegrityError, KeyUnavailable, UsageError
from lockgate.kernel.fernet import SHAPE as FERNET_SHAPE
from lockgate.kernel.fernet import fernet_opened
from lockgate.kernel.frame import ALGORITHM_TOKEN, RECORD_ALGORITHMS
from lockgate.labels.label import LabelSet
from lockgate.run.context import RunContext
from lockgate.run.opening import Found, Opener, Origin, changed_meanwhile, opened_frames
from lockgate.run.reveal_door import Asked, Wanted, admit, ask, recording

SINGLE = "single values"


def reveal_columns(
    context: RunContext,
    batches: Callable[[], Iterator[pa.RecordBatch]],
    columns: Sequence[tuple[Origin, Opener]],
    purpose: str,
) -> Iterator[list[pa.Array]]:
    """Open columns of a file side by side, batch by batch, in the order of ``columns``.

    ``batches`` is read twice: once to count values and find their keys, then to open them. The
    request is admitted, or refused, as a whole in between. What the second reading gives is looked
    at again: nothing is shown but what was admitted. Raises AuthorisationDenied, IntegrityError
    and KeyUnavailable.
    """
    ask(context, [_wanted(origin.name, [origin]) for origin, _ in columns], purpose)
    found = [Found() for _ in columns]
    with ExitStack() as refusals:
        for origin, _ in columns[:1]:
            refusals.enter_context(recording(context, origin.name, origin.labels, purpose))
        for rows in batches():
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
    for rows in batches():
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
    """Open single text frames; a ciphertext is tried at each of ``origins``.

    Raises IntegrityError if a frame opens nowhere, with its number among those given, and
    UsageError for more than ``reveal_values``.
    """
    most = context.limits.reveal_values
    if len(frames) > most:
        raise UsageError(f"more than {most:,} values at once", hint="use --file for a column")
    door = _Door(context, purpose)
    with recording(context, SINGLE, LabelSet(unclassified=True), purpose):
        opened = [_open_one(door, f, origins, n) for n, f in enumerate(frames, 1)]
    parts = Counter(labels for _, labels, _ in opened)
    numbers = {number for _, _, number in opened}
    request = Asked(SINGLE, tuple(parts.items()), tuple(sorted(numbers)))
    admit(context, [request], purpose)
    return [value for value, _, _ in opened]


_Opened = tuple[str, LabelSet, int]
"""A value, the labels it stands under, and the number of its key."""


@dataclass(slots=True)
class _Door:
    """Asks once for the same labels of the same dataset, however many values there are."""

    context: RunContext
    purpose: str
    asked: set[Wanted] = field(default_factory=set)

    def ask(self, known: Sequence[Origin]) -> LabelSet:
        """Ask for what came from one of the columns; the labels it stands under."""
        wanted = _wanted(SINGLE, known)
        if wanted not in self.asked:
            ask(self.context, [wanted], self.purpose)
            self.asked.add(wanted)
        return wanted.labels


def _wanted(what: str, known: Sequence[Origin]) -> Wanted:
    datasets = {origin.name.rpartition(".")[0] for origin in known}
    return Wanted(what, _joined(known), datasets.pop() if len(datasets) == 1 else "")


def _open_one(door: _Door, frame: str, origins: Sequence[Origin], position: int) -> _Opened:
    context = door.context
    if re.fullmatch(FERNET_SHAPE, frame):
        return _open_fernet(door, frame, origins, position)
    array = pa.array([frame], pa.string())
    ((algorithm, number),) = context.kernel.frame_headers(array)
    domain = context.keyring.domain_of(number)
    known = [origin for origin in origins if domain in origin.domains]
    if algorithm == ALGORITHM_TOKEN:
        labels = door.ask(known)
        return _text(opened_frames(context, array, None).values), labels, number
    if algorithm in RECORD_ALGORITHMS:
        raise UsageError(
            f"value {position} is bound to its row, and opens beside the row's key only",
            hint="reveal it from its file: --file FILE --column COLUMN",
        )
    for origin in known:
        try:
            opened = opened_frames(context, array, origin.place)
        except IntegrityError:
            continue
        if opened.shredded:  # of which column nobody can tell any more
            door.ask(known)
            raise KeyUnavailable(
                f"value {position} belongs to a person whose key was destroyed",
                hint="nothing opens it any more",
            )
        return _text(opened.values), door.ask([origin]), number
    raise _nowhere(position)


def _open_fernet(door: _Door, token: str, origins: Sequence[Origin], position: int) -> _Opened:
    """Try the Fernet keys of every domain that a column is of: a token names none."""
    context = door.context
    existing = {domain.name for domain in context.keyring.domains()}
    for domain in sorted({name for origin in origins for name in origin.domains} & existing):
        keys = context.keyring.fernet_keys(domain)
        opened, used = fernet_opened(pa.array([token]), [derived.key for derived in keys])
        if used[0] >= 0:
            labels = door.ask([origin for origin in origins if domain in origin.domains])
            return _text(opened), labels, keys[used[0]].number
    raise _nowhere(position)


def _nowhere(position: int) -> IntegrityError:
    return IntegrityError(
        f"value {position} opens at no column of this project's contracts",
        hint="it was changed, or it belongs to a contract or column that this project lacks",
    )


def _joined(known: Sequence[Origin]) -> LabelSet:
    labels = LabelSet(unclassified=not known)
    for origin in known:
        labels = labels.join(origin.labels)
    return labels


def _text(opened: pa.BinaryArray) -> str:
    try:
        return str(opened.cast(pa.string())[0].as_py())
    except pa.ArrowInvalid:
        raise KeyUnavailable("the value is binary", hint="reveal it from its file") from None
