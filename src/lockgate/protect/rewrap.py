"""Ciphertexts of old key versions, made anew under the primary ones, a column at a time.

What a value is tied to, its subject and its record, it is tied to again. Of a person whose key was
destroyed nothing opens: in the place of that ciphertext comes one of nothing, under a key that
nobody keeps, which opens no more than the old one, and needs no old version. Tokens and everything
else under an index key stay: they would stop joining. A value is in the clear between two calls of
the kernel, in memory, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from secrets import token_bytes

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.binding import ciphertext_binding
from lockgate.kernel.canonical import is_text
from lockgate.kernel.frame import (
    LAST_KEY_NUMBER,
    PREFIX,
    RECORD_ALGORITHMS,
    SHORTEST,
    SUBJECT_ALGORITHMS,
    read_frames,
)
from lockgate.kernel.interface import Kernel
from lockgate.kernel.subjects import HANDLE_BYTES, SALT_BYTES, Subjects
from lockgate.keys.ports import DerivedKey, KeyUse
from lockgate.protect.encrypt import KEY_BYTES, encryption_info
from lockgate.protect.treatment import KeyRing, Place
from lockgate.secret import SecretBytes

Header = tuple[int, int]
"""Algorithm and key number of a frame."""
SubjectsOf = Callable[[pa.FixedSizeBinaryArray], Subjects]
"""Finds subjects by the handles in frames; one whose key was destroyed has no row."""


def count_headers(frames: pa.Array, kernel: Kernel) -> Counter[Header]:
    """How many frames (utf8 or binary) there are of each algorithm and key number; null is none.

    Raises IntegrityError, with the count, for what is no frame.
    """
    found = kernel.frame_headers(frames)
    if len(found) <= 1:
        return Counter(dict.fromkeys(found, len(frames) - frames.null_count))
    read = read_frames(frames)
    pairs, counts = np.unique(read.algorithms << 24 | read.numbers, return_counts=True)
    return Counter(
        {
            (int(pair) >> 24, int(pair) & LAST_KEY_NUMBER): int(count)
            for pair, count in zip(pairs, counts, strict=True)
            if pair
        }
    )


def unbound(counts: Mapping[Header, int]) -> int:
    """How many of the frames are bound to no record, tokens too; shredded ones by their kind."""
    return sum(
        values
        for (algorithm, _), values in counts.items()
        if abs(algorithm) not in RECORD_ALGORITHMS
    )


@dataclass(frozen=True, slots=True)
class DomainKeys:
    """Of one domain, algorithm and column: what opens old frames, and what protects.

    ``number`` and ``key`` protect. ``opening`` has the keys of old versions by their number;
    ``closed`` are old versions that open nothing, which shredded frames alone may be under.
    """

    domain: str
    algorithm: int
    number: int
    key: SecretBytes
    opening: Mapping[int, SecretBytes]
    closed: frozenset[int] = frozenset()

    @property
    def old(self) -> frozenset[Header]:
        """The headers of old frames."""
        return frozenset((self.algorithm, number) for number in (*self.opening, *self.closed))

    @property
    def held(self) -> dict[Header, SecretBytes]:
        """The keys that open old frames."""
        return {(self.algorithm, number): key for number, key in self.opening.items()}

    @property
    def fresh(self) -> dict[Header, SecretBytes]:
        """The key of what is made."""
        return {(self.algorithm, self.number): self.key}


def domain_keys(
    ring: KeyRing,
    domain: str,
    place: Place,
    algorithm: int,
    numbers: Iterable[int],
    closed: Iterable[int] = (),
) -> DomainKeys:
    """The keys of a column with old frames under ``numbers``. Raises KeyUnavailable."""
    info = encryption_info(place, subject=algorithm in SUBJECT_ALGORITHMS)

    def of(number: int | None) -> DerivedKey:
        return ring.derive(domain, KeyUse.ENCRYPTION, info, KEY_BYTES, number)

    primary = of(None)
    opening = {number: of(number).key for number in numbers}
    left = frozenset(closed) - opening.keys()
    return DomainKeys(domain, algorithm, primary.number, primary.key, opening, left)


@dataclass(frozen=True, slots=True)
class ColumnRewrap:
    """Brings one column's ciphertexts under the primary keys. Any number of threads at once."""

    kernel: Kernel
    place: Place
    domains: tuple[DomainKeys, ...]
    subjects_of: SubjectsOf

    def __call__(self, frames: pa.Array, records: pa.BinaryArray | None = None) -> pa.Array:
        """Frames of the same type, length and places; those that are not old are the same bytes.

        ``records`` (binary) are what they are bound to, as far as they are. Raises IntegrityError,
        with the count, if an old frame does not open.
        """
        found = self.kernel.frame_headers(frames)
        for keys in self.domains:
            if found & keys.old:
                frames = self._under(keys, frames, found, records)
        return frames

    def sound(self, frames: pa.Array, records: pa.BinaryArray | None = None) -> None:
        """Open frames that are under one primary key, and forget it. Raises IntegrityError."""
        for keys in self.domains:
            if self.kernel.frame_headers(frames) <= keys.fresh.keys():
                subjects = self._subjects(keys, frames)
                self._opened(keys, keys.fresh, frames, subjects, records)

    def _under(
        self,
        keys: DomainKeys,
        frames: pa.Array,
        found: set[Header],
        records: pa.BinaryArray | None,
    ) -> pa.Array:
        mine = which(frames, found, keys.old)
        return _replaced(frames, mine, lambda some: self._anew(keys, some, _of(records, mine)))

    def _anew(self, keys: DomainKeys, frames: pa.Array, records: pa.BinaryArray | None) -> pa.Array:
        """``frames``, all of them old, under the primary key."""
        subjects = self._subjects(keys, frames)
        if subjects is None or not subjects.rows.null_count:
            return self._moved(keys, frames, subjects, records)
        gone = subjects.rows.is_null()
        there = subjects.rows.is_valid()
        live = replace(subjects, rows=subjects.rows.filter(there))
        frames = _replaced(
            frames, gone, lambda some: self._of_nothing(keys, some, _of(records, gone))
        )
        return _replaced(
            frames, there, lambda some: self._moved(keys, some, live, _of(records, there))
        )

    def _moved(
        self,
        keys: DomainKeys,
        frames: pa.Array,
        subjects: Subjects | None,
        records: pa.BinaryArray | None,
    ) -> pa.Array:
        clear = self._opened(keys, keys.held, frames, subjects, records)
        return self._sealed(keys, clear, subjects, records, text=is_text(frames.type))

    def _of_nothing(
        self, keys: DomainKeys, frames: pa.Array, records: pa.BinaryArray | None
    ) -> pa.Array:
        """Frames as long as these, with their handles, that hold nothing and that nothing opens."""
        found = self.kernel.frame_subjects(frames).cast(pa.binary()).dictionary_encode()
        handles = found.dictionary.cast(pa.binary(HANDLE_BYTES))
        salts = SecretBytes(token_bytes(SALT_BYTES * len(handles)))
        sizes = pc.binary_length(frames).to_numpy().astype(np.int64)
        if is_text(frames.type):
            sizes = (sizes - len(PREFIX)) * 3 // 4
        offsets = np.concatenate(([0], np.cumsum(sizes - SHORTEST[keys.algorithm])))
        nothing = pa.BinaryArray.from_buffers(
            pa.binary(),
            len(frames),
            [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(bytes(int(offsets[-1])))],
        )
        subjects = Subjects(found.indices, handles, salts)
        return self._sealed(keys, nothing, subjects, records, text=is_text(frames.type))

    def _sealed(
        self,
        keys: DomainKeys,
        clear: pa.BinaryArray,
        subjects: Subjects | None,
        records: pa.BinaryArray | None,
        *,
        text: bool,
    ) -> pa.Array:
        return self.kernel.encrypt(
            clear,
            keys.key,
            ciphertext_binding(self.place.contract_id, self.place.column_id),
            keys.number,
            text=text,
            subjects=subjects,
            records=records if keys.algorithm in RECORD_ALGORITHMS else None,
        )

    def _subjects(self, keys: DomainKeys, frames: pa.Array) -> Subjects | None:
        if keys.algorithm not in SUBJECT_ALGORITHMS:
            return None
        return self.subjects_of(self.kernel.frame_subjects(frames))

    def _opened(
        self,
        keys: DomainKeys,
        held: Mapping[Header, SecretBytes],
        frames: pa.Array,
        subjects: Subjects | None,
        records: pa.BinaryArray | None,
    ) -> pa.BinaryArray:
        bound = records if keys.algorithm in RECORD_ALGORITHMS else None
        binding = ciphertext_binding(self.place.contract_id, self.place.column_id)
        return self.kernel.reveal(
            frames, held, {keys.algorithm: binding}, subjects=subjects, records=bound
        )


def which(
    frames: pa.Array, found: Collection[Header], wanted: Collection[Header]
) -> pa.BooleanArray | None:
    """Which frames have one of the ``wanted`` headers; None if all that are ``found`` are such."""
    if set(found) <= set(wanted):
        return None
    read = read_frames(frames)
    pairs = read.algorithms << 24 | read.numbers
    return pa.array(np.isin(pairs, [algorithm << 24 | number for algorithm, number in wanted]))


def _of(records: pa.BinaryArray | None, mask: pa.BooleanArray | None) -> pa.BinaryArray | None:
    return records if records is None or mask is None else records.filter(mask)


def _replaced(
    frames: pa.Array, mask: pa.BooleanArray | None, made: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """The frames with others made of those that the mask names; without one, of all."""
    if mask is None:
        return made(frames)
    some = frames.filter(mask)
    return pc.replace_with_mask(frames, mask, made(some)) if len(some) else frames


def split_shredded(
    counts: Counter[Header],
    frames: pa.Array,
    kernel: Kernel,
    subjects_of: SubjectsOf,
    known: frozenset[int],
) -> Counter[Header]:
    """The counts, with frames of people whose keys were destroyed apart, as ``shredded`` says.

    Frames under the keys of ``known`` are not looked at. Raises IntegrityError.
    """
    split = Counter(counts)
    for header in counts:
        if header[0] not in SUBJECT_ALGORITHMS or header[1] in known:
            continue
        mine = which(frames, counts, {header})
        some = frames if mine is None else frames.filter(mine)
        gone = subjects_of(kernel.frame_subjects(some)).rows.null_count
        split[header] -= gone
        split[shredded(header)] += gone
    return +split


def shredded(header: Header) -> Header:
    """What frames of this header are counted under where the person's key was destroyed."""
    return -header[0], header[1]
