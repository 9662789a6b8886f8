"""Ciphertexts of old key versions, made anew under the primary ones, a column at a time.

Tokens and everything else under an index key stay: they would stop joining. A value is in the
clear between two calls of the kernel, in memory, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.binding import ciphertext_binding
from lockgate.kernel.canonical import is_text
from lockgate.kernel.frame import (
    ALGORITHM_CIPHERTEXT,
    ALGORITHM_SUBJECT,
    HEADER_BYTES,
    LAST_KEY_NUMBER,
    PREFIX,
    SUBJECT_ALGORITHMS,
    header,
    read_frames,
)
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable_frame_text import to_text
from lockgate.kernel.subjects import Subjects
from lockgate.keys.ports import DerivedKey, KeyUse
from lockgate.protect.encrypt import KEY_BYTES, encryption_info
from lockgate.protect.treatment import KeyRing, Place
from lockgate.secret import SecretBytes

Header = tuple[int, int]
"""Algorithm and key number of a frame."""
SubjectsOf = Callable[[pa.FixedSizeBinaryArray], Subjects]
"""Finds the subjects of frames by their handles; those whose salt was destroyed get no row."""
REWRAPPED = (ALGORITHM_CIPHERTEXT, ALGORITHM_SUBJECT)
"""Algorithms whose frames can be made anew from the frame alone."""


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
    """Of one domain and column: what opens old frames, and the key ``number`` that protects.

    ``keys`` are derived from it, by algorithm.
    """

    number: int
    keys: Mapping[int, SecretBytes]
    opening: Mapping[Header, SecretBytes]


@dataclass(frozen=True, slots=True)
class ColumnRewrap:
    """Brings one column's ciphertexts under the primary keys. Any number of threads at once.

    A value under a person's key stays under it. Where that key was destroyed the frame gets the
    number of the new version and nothing else: nothing opens it either way.
    """

    kernel: Kernel
    place: Place
    domains: tuple[DomainKeys, ...]
    subjects_of: SubjectsOf

    def __call__(self, frames: pa.Array) -> pa.Array:
        """Frames of the same type, length and places; those that are not old are the same bytes.

        Raises IntegrityError, with the count, if an old frame does not open.
        """
        for domain in self.domains:
            frames = self._under(domain, frames)
        return frames

    def sound(self, frames: pa.Array) -> None:
        """Open frames under the primary keys and forget what they hold. Raises IntegrityError."""
        keys = {
            (algorithm, domain.number): key
            for domain in self.domains
            for algorithm, key in domain.keys.items()
        }
        known = self.kernel.frame_headers(frames)
        if known <= keys.keys():
            subjects = self._subjects(frames, known)
            self.kernel.reveal(frames, keys, self._binding(), subjects=subjects)

    def _under(self, domain: DomainKeys, frames: pa.Array) -> pa.Array:
        found = self.kernel.frame_headers(frames)
        if not found & domain.opening.keys():
            return frames
        if found <= domain.opening.keys() and len({algorithm for algorithm, _ in found}) == 1:
            return self._anew(domain, next(iter(found))[0], frames)
        read = read_frames(frames)
        for algorithm in sorted({algorithm for algorithm, _ in found & domain.opening.keys()}):
            numbers = [number for one, number in domain.opening if one == algorithm]
            of = (read.algorithms == algorithm) & np.isin(read.numbers, numbers)
            mine = pa.array(of)
            fresh = self._anew(domain, algorithm, frames.filter(mine))
            frames = pc.replace_with_mask(frames, mine, fresh)
        return frames

    def _anew(self, domain: DomainKeys, algorithm: int, frames: pa.Array) -> pa.Array:
        """Frames of one algorithm, all of which are old."""
        subjects = self._subjects(frames, {(algorithm, 0)})
        clear = self.kernel.reveal(frames, domain.opening, self._binding(), subjects=subjects)
        binding = ciphertext_binding(self.place.contract_id, self.place.column_id)
        text, key = is_text(frames.type), domain.keys[algorithm]
        fresh = self.kernel.encrypt(
            clear, key, binding, domain.number, text=text, subjects=subjects
        )
        if not clear.null_count:
            return fresh
        head = header(algorithm, domain.number)
        return pc.replace_with_mask(
            fresh, clear.is_null(), _under_header(frames.filter(clear.is_null()), head)
        )

    def _subjects(self, frames: pa.Array, headers: set[Header]) -> Subjects | None:
        if not any(algorithm in SUBJECT_ALGORITHMS for algorithm, _ in headers):
            return None
        return self.subjects_of(self.kernel.frame_subjects(frames))

    def _binding(self) -> dict[int, bytes]:
        bound = ciphertext_binding(self.place.contract_id, self.place.column_id)
        return dict.fromkeys(REWRAPPED, bound)


def _under_header(frames: pa.Array, head: bytes) -> pa.Array:
    """Frames that nothing opens, with another header."""
    binary = read_frames(frames).frames
    changed = pc.binary_replace_slice(binary, 0, HEADER_BYTES, head)
    return to_text(changed.to_pylist(), PREFIX) if is_text(frames.type) else changed


def domain_keys(ring: KeyRing, domain: str, place: Place, old: Sequence[Header]) -> DomainKeys:
    """The keys of a column that has ``old`` frames of this domain. Raises KeyUnavailable."""

    def of(algorithm: int, number: int | None) -> DerivedKey:
        info = encryption_info(place, subject=algorithm in SUBJECT_ALGORITHMS)
        return ring.derive(domain, KeyUse.ENCRYPTION, info, KEY_BYTES, number)

    opening = {(algorithm, number): of(algorithm, number).key for algorithm, number in old}
    primary = of(ALGORITHM_CIPHERTEXT, None).number
    keys = {algorithm: of(algorithm, primary).key for algorithm in REWRAPPED}
    return DomainKeys(primary, keys, opening)
