"""How the values of one released column are opened: first looked at, then turned back.

The looking counts values and finds the keys they are under, so that the request can be recorded
before anything is opened. What says how a column was made stands in a file beside the data, so it
is not believed: keys of another domain than the column's are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from lockgate.errors import IntegrityError
from lockgate.kernel import refusals
from lockgate.kernel.decode import decode
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.frame import ALGORITHM_TOKEN, RECORD_ALGORITHMS, read_frames
from lockgate.kernel.subjects import Subjects
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet, join_all
from lockgate.protect.fpe import open_surrogates
from lockgate.protect.reveal import open_frames
from lockgate.protect.rewrap import count_headers, unbound
from lockgate.protect.ties import records_of
from lockgate.protect.treatment import Place
from lockgate.run.context import RunContext


class Made(StrEnum):
    """How values were made that can be turned back: the treatments' names.

    A ciphertext opens at its own column only. The others open wherever their key domain is used.
    """

    TOKEN = "tokenize"  # noqa: S105 - the treatment's name
    CIPHERTEXT = "encrypt"
    SURROGATE = "fpe"
    FERNET = "fernet"


@dataclass(frozen=True, slots=True)
class Origin:
    """A column that values may have come from.

    ``domains`` are the key domains its values may be under. A reveal needs permission for
    ``asked``: labels by dataset. Those of a ciphertext are its column's; of what is bound to no
    column, all of each dataset with a column in the domain, for it may have come from there.
    """

    name: str
    place: Place
    domains: frozenset[str]
    asked: tuple[tuple[str, LabelSet], ...]
    made: Made = Made.CIPHERTEXT

    @property
    def labels(self) -> LabelSet:
        """All labels that are asked for."""
        return join_all(labels for _, labels in self.asked)


@dataclass(slots=True)
class Found:
    """What looking at a column's values found: how many there are, under which keys.

    ``otherwise`` are made in another way than was asked for: as tokens, or as ciphertexts.
    """

    count: int = 0
    key_numbers: set[int] = field(default_factory=set)
    refused: int = 0
    otherwise: int = 0

    def within(self, admitted: Found) -> bool:
        """Whether there are no more values than were admitted, and under no other keys."""
        return self.count <= admitted.count and self.key_numbers <= admitted.key_numbers


class Opener(Protocol):
    """Opens one column. ``rows`` has the file's columns that are read, this one by its name."""

    def look(self, context: RunContext, rows: pa.RecordBatch, found: Found) -> None:
        """Add what stands in these rows."""
        ...

    def refuse(self, context: RunContext, found: Found) -> None:
        """Raise IntegrityError if what was found is not this column's."""
        ...

    def open(self, context: RunContext, rows: pa.RecordBatch) -> pa.Array:
        """The values, in the column's own type; null stays null. Raises IntegrityError."""
        ...


@dataclass(slots=True)
class Frames:
    """Tokens and ciphertexts of ``name`` in the file.

    ``record`` are the file's columns that are the key of the row its values are bound to, if they
    are. With ``must_bind`` they have to be, though the contract beside the file does not say so:
    nothing shows that it is the one released. ``shredded`` counts what was opened and was not
    there: values of people whose key was destroyed, which are null.
    """

    name: str
    origin: Origin
    arrow_type: pa.DataType
    record: tuple[str, ...] = ()
    shredded: int = 0
    must_bind: bool = False

    def look(self, context: RunContext, rows: pa.RecordBatch, found: Found) -> None:
        """Count the frames and find their key numbers."""
        values = rows.column(self.name)
        found.count += len(values) - values.null_count
        headers = context.kernel.frame_headers(values)
        tokens = {algorithm == ALGORITHM_TOKEN for algorithm, _ in headers}
        if tokens - {self.origin.made is Made.TOKEN}:
            found.otherwise += sum(
                count
                for (algorithm, _), count in count_headers(values, context.kernel).items()
                if (abs(algorithm) == ALGORITHM_TOKEN) is not (self.origin.made is Made.TOKEN)
            )
        found.key_numbers |= {number for _, number in headers}
        bound = self.record or self.must_bind
        if bound and any(algorithm not in RECORD_ALGORITHMS for algorithm, _ in headers):
            found.refused += unbound(count_headers(values, context.kernel))

    def refuse(self, context: RunContext, found: Found) -> None:
        """Refuse keys of another domain, and what is bound to no row where values are."""
        refuse_foreign(context, found.key_numbers, self.origin)
        if found.refused and not self.record:
            raise IntegrityError(
                f"{found.refused} of {found.count} values of column {self.origin.name} are bound "
                "to no row, as a zone of the project has them",
                hint="if they were released so: put the _manifest.json of their run beside them",
            )
        if found.refused:
            raise IntegrityError(
                f"{found.refused} of {found.count} values of column {self.origin.name} are not "
                "bound to their row, as the contract beside the file says",
                hint="they were put there after the release: restore the file that was released",
            )
        if found.otherwise:
            raise refusals.do_not_open(found.otherwise, found.count)

    def open(self, context: RunContext, rows: pa.RecordBatch) -> pa.Array:
        """The values as they were protected."""
        keys = [rows.column(name) for name in self.record]
        records = records_of(keys, context.kernel) if keys else None
        opened = opened_frames(context, rows.column(self.name), self.origin.place, records)
        self.shredded += opened.shredded
        return decode(opened.values, self.arrow_type)


@dataclass(frozen=True, slots=True)
class Surrogates:
    """Values of ``fpe``, made under key ``number`` with ``alphabet``, as the contract says.

    A surrogate carries no key number and no tag: an altered value opens to another one.
    """

    name: str
    origin: Origin
    arrow_type: pa.DataType
    number: int
    alphabet: Alphabet

    def look(self, context: RunContext, rows: pa.RecordBatch, found: Found) -> None:
        """Count the values, and those that no surrogate can look like."""
        values = rows.column(self.name)
        fits = context.kernel.ff1_fits(values, Ff1(self.alphabet, b""))
        found.count += len(values) - values.null_count
        found.refused += 0 if fits is None else fits.false_count
        found.key_numbers.add(self.number)

    def refuse(self, context: RunContext, found: Found) -> None:
        """Refuse a key of another domain, and what fpe does not make."""
        refuse_foreign(context, {self.number}, self.origin)
        if found.refused:
            raise IntegrityError(
                f"{found.refused} of {found.count} values of column {self.origin.name} are not "
                "what fpe makes",
                hint="the file, or the contract beside it, was changed",
            )

    def open(self, context: RunContext, rows: pa.RecordBatch) -> pa.Array:
        """The texts that they were."""
        ring, kernel = context.keys, context.kernel
        domain, values = ring.domain_of(self.number), rows.column(self.name)
        opened = open_surrogates(values, kernel, ring, domain, self.number, self.alphabet)
        return opened.cast(self.arrow_type)


class Opened(NamedTuple):
    """Canonical bytes of frames, and how many are null because a person's key was destroyed."""

    values: pa.BinaryArray
    shredded: int


def opened_frames(
    context: RunContext, frames: pa.Array, place: Place | None, records: pa.Array | None = None
) -> Opened:
    """Open frames under keys of this keyring. Raises IntegrityError and KeyUnavailable.

    An algorithm that does not go with its key or its column says no more than an altered value.
    """
    _refuse_misfits(context, frames, records is not None)
    keys, shredded = context.keys, 0

    def subjects_of(handles: pa.FixedSizeBinaryArray) -> Subjects:
        nonlocal shredded
        found, shredded = context.subject_salts().to_open(handles)
        return found

    values = open_frames(frames, context.kernel, keys, keys.domain_of, place, subjects_of, records)
    return Opened(values, shredded)


def _refuse_misfits(context: RunContext, frames: pa.Array, bound: bool) -> None:
    headers = context.kernel.frame_headers(frames)
    wrong = [one for one in headers if not _fits(context, one, bound)]
    if wrong:
        read = read_frames(frames)
        found = np.isin(read.algorithms << 24 | read.numbers, [a << 24 | n for a, n in wrong])
        raise refusals.do_not_open(int(found.sum()), len(frames))


def _fits(context: RunContext, header: tuple[int, int], bound: bool) -> bool:
    algorithm, number = header
    use = KeyUse.INDEX if algorithm == ALGORITHM_TOKEN else KeyUse.ENCRYPTION
    return context.keys.use_of(number) is use and (bound or algorithm not in RECORD_ALGORITHMS)


def refuse_foreign(context: RunContext, numbers: set[int], origin: Origin) -> None:
    """Raise IntegrityError for keys of another domain than the column's."""
    if {context.keys.domain_of(number) for number in numbers} - origin.domains:
        raise foreign(origin)


def foreign(origin: Origin) -> IntegrityError:
    """What is said of values under keys of another domain."""
    return IntegrityError(
        f"the file's values are not of column {origin.name}: they are under other keys",
        hint="its contract was changed, or the file is not where it was released",
    )


def changed_meanwhile() -> IntegrityError:
    """What is said of a file whose second reading does not give what its first one gave."""
    return IntegrityError(
        "the file was changed while it was being read",
        hint="reveal again once nothing writes to it",
    )
