"""Ciphertexts of old key versions, made anew under the primary ones, a column at a time.

What a value is tied to, its subject and its record, it is tied to again. The ciphertext of a person
whose key was destroyed stays as it is: nothing opens it. Tokens and everything else under an index
key stay: they would stop joining. A value is in the clear between two calls of the kernel, in
memory, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.binding import ciphertext_binding
from lockgate.kernel.canonical import is_text
from lockgate.kernel.frame import (
    LAST_KEY_NUMBER,
    RECORD_ALGORITHMS,
    SUBJECT_ALGORITHMS,
    read_frames,
)
from lockgate.kernel.interface import Kernel
from lockgate.kernel.subjects import Subjects
from lockgate.keys.ports import DerivedKey, KeyUse
from lockgate.protect.encrypt import KEY_BYTES, encryption_info
from lockgate.protect.treatment import KeyRing, Place
from lockgate.secret import SecretBytes

Header = tuple[int, int]
"""Algorithm and key number of a frame."""
SubjectsOf = Callable[[pa.FixedSizeBinaryArray], Subjects]
"""Finds subjects by the handles in frames; one whose key was destroyed has no row."""
SHREDDED = 0
"""Stands for the algorithm where frames are counted that nothing opens any more."""


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


@dataclass(frozen=True, slots=True)
class DomainKeys:
    """Of one domain, algorithm and column: what opens old frames, and what protects.

    ``number`` and ``key`` protect; ``opening`` has the keys of old versions by their number.
    """

    domain: str
    algorithm: int
    number: int
    key: SecretBytes
    opening: Mapping[int, SecretBytes]

    @property
    def old(self) -> dict[Header, SecretBytes]:
        """The keys by the header of what they open."""
        return {(self.algorithm, number): key for number, key in self.opening.items()}

    @property
    def fresh(self) -> dict[Header, SecretBytes]:
        """The key of what is made."""
        return {(self.algorithm, self.number): self.key}


def domain_keys(
    ring: KeyRing, domain: str, place: Place, algorithm: int, numbers: Sequence[int]
) -> DomainKeys:
    """The keys of a column with old frames under ``numbers``. Raises KeyUnavailable."""
    info = encryption_info(place, subject=algorithm in SUBJECT_ALGORITHMS)

    def of(number: int | None) -> DerivedKey:
        return ring.derive(domain, KeyUse.ENCRYPTION, info, KEY_BYTES, number)

    primary = of(None)
    opening = {number: of(number).key for number in numbers}
    return DomainKeys(domain, algorithm, primary.number, primary.key, opening)


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
        for keys in self.domains:
            frames = self._under(keys, frames, records)
        return frames

    def sound(self, frames: pa.Array, records: pa.BinaryArray | None = None) -> None:
        """Open what is under the primary keys and forget it. Raises IntegrityError."""
        for keys in self.domains:
            mine = _mask(self.kernel, frames, keys.fresh)
            if mine is None:
                self._opened(keys, keys.fresh, frames, records)

    def _under(
        self, keys: DomainKeys, frames: pa.Array, records: pa.BinaryArray | None
    ) -> pa.Array:
        if not self.kernel.frame_headers(frames) & keys.old.keys():
            return frames
        mine = _mask(self.kernel, frames, keys.old)
        if mine is None:
            return self._anew(keys, frames, records)
        some = None if records is None else records.filter(mine)
        return pc.replace_with_mask(frames, mine, self._anew(keys, frames.filter(mine), some))

    def _anew(self, keys: DomainKeys, frames: pa.Array, records: pa.BinaryArray | None) -> pa.Array:
        clear, subjects = self._opened(keys, keys.old, frames, records)
        bound = records if keys.algorithm in RECORD_ALGORITHMS else None
        open_ = None if not clear.null_count else clear.is_valid()
        if open_ is not None:
            clear = clear.filter(open_)
            bound = None if bound is None else bound.filter(open_)
            rows = None if subjects is None else replace(subjects, rows=subjects.rows.filter(open_))
            subjects = rows
        made = self.kernel.encrypt(
            clear,
            keys.key,
            ciphertext_binding(self.place.contract_id, self.place.column_id),
            keys.number,
            text=is_text(frames.type),
            subjects=subjects,
            records=bound,
        )
        return made if open_ is None else pc.replace_with_mask(frames, open_, made)

    def _opened(
        self,
        keys: DomainKeys,
        held: Mapping[Header, SecretBytes],
        frames: pa.Array,
        records: pa.BinaryArray | None,
    ) -> tuple[pa.BinaryArray, Subjects | None]:
        """Canonical bytes, null where a subject's key was destroyed; and the subjects."""
        subjects = None
        if keys.algorithm in SUBJECT_ALGORITHMS:
            subjects = self.subjects_of(self.kernel.frame_subjects(frames))
        bound = records if keys.algorithm in RECORD_ALGORITHMS else None
        binding = ciphertext_binding(self.place.contract_id, self.place.column_id)
        opened = self.kernel.reveal(
            frames, held, {keys.algorithm: binding}, subjects=subjects, records=bound
        )
        return opened, subjects


def _mask(
    kernel: Kernel, frames: pa.Array, held: Mapping[Header, SecretBytes]
) -> pa.BooleanArray | None:
    """Which frames these keys open; None if they open all."""
    if kernel.frame_headers(frames) <= held.keys():
        return None
    read = read_frames(frames)
    pairs = read.algorithms << 24 | read.numbers
    return pa.array(np.isin(pairs, [algorithm << 24 | number for algorithm, number in held]))


def split_shredded(
    counts: Counter[Header],
    frames: pa.Array,
    kernel: Kernel,
    subjects_of: SubjectsOf,
    known: frozenset[int],
) -> Counter[Header]:
    """The counts, with frames of people whose keys were destroyed counted under ``SHREDDED``.

    Frames under the keys of ``known`` are not looked at. Raises IntegrityError.
    """
    split = Counter(counts)
    for header in counts:
        if header[0] not in SUBJECT_ALGORITHMS or header[1] in known:
            continue
        mine = _mask(kernel, frames, {header: SecretBytes(b"")})
        some = frames if mine is None else frames.filter(mine)
        gone = subjects_of(kernel.frame_subjects(some)).rows.null_count
        split[header] -= gone
        split[SHREDDED, header[1]] += gone
    return +split
