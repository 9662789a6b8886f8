"""Ciphertexts of old key versions, made anew under the primary ones, a column at a time.

Tokens and everything else under an index key stay: they would stop joining. A value is in the
clear between two calls of the kernel, in memory, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.binding import ciphertext_binding
from lockgate.kernel.canonical import is_text
from lockgate.kernel.frame import ALGORITHM_CIPHERTEXT, LAST_KEY_NUMBER, read_frames
from lockgate.kernel.interface import Kernel
from lockgate.keys.ports import KeyUse
from lockgate.protect.encrypt import KEY_BYTES, encryption_info
from lockgate.protect.treatment import KeyRing, Place
from lockgate.secret import SecretBytes

Header = tuple[int, int]
"""Algorithm and key number of a frame."""


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
    """Of one domain and column: what opens old frames, and what protects (``number``, ``key``)."""

    number: int
    key: SecretBytes
    opening: Mapping[Header, SecretBytes]


@dataclass(frozen=True, slots=True)
class ColumnRewrap:
    """Brings one column's ciphertexts under the primary keys. Any number of threads at once."""

    kernel: Kernel
    place: Place
    domains: tuple[DomainKeys, ...]

    def __call__(self, frames: pa.Array) -> pa.Array:
        """Frames of the same type, length and places; those that are not old are the same bytes.

        Raises IntegrityError, with the count, if an old frame does not open.
        """
        for domain in self.domains:
            frames = self._under(domain, frames)
        return frames

    def sound(self, frames: pa.Array) -> None:
        """Open frames under the primary keys and forget what they hold. Raises IntegrityError."""
        keys = {(ALGORITHM_CIPHERTEXT, domain.number): domain.key for domain in self.domains}
        known = self.kernel.frame_headers(frames)
        if known <= keys.keys():
            self.kernel.reveal(frames, keys, self._binding())

    def _under(self, domain: DomainKeys, frames: pa.Array) -> pa.Array:
        found = self.kernel.frame_headers(frames)
        if not found & domain.opening.keys():
            return frames
        if found <= domain.opening.keys():
            return self._anew(domain, frames)
        read = read_frames(frames)
        mine = pa.array(np.isin(read.numbers, [number for _, number in domain.opening]))
        fresh = self._anew(domain, frames.filter(mine))
        return pc.replace_with_mask(frames, mine, fresh)

    def _anew(self, domain: DomainKeys, frames: pa.Array) -> pa.Array:
        clear = self.kernel.reveal(frames, domain.opening, self._binding())
        binding = ciphertext_binding(self.place.contract_id, self.place.column_id)
        text = is_text(frames.type)
        return self.kernel.encrypt(clear, domain.key, binding, domain.number, text=text)

    def _binding(self) -> dict[int, bytes]:
        bound = ciphertext_binding(self.place.contract_id, self.place.column_id)
        return {ALGORITHM_CIPHERTEXT: bound}


def domain_keys(ring: KeyRing, domain: str, place: Place, old: Sequence[Header]) -> DomainKeys:
    """The keys of a column that has ``old`` frames of this domain. Raises KeyUnavailable."""
    info = encryption_info(place)

    def of(number: int | None) -> tuple[int, SecretBytes]:
        derived = ring.derive(domain, KeyUse.ENCRYPTION, info, KEY_BYTES, number)
        return derived.number, derived.key

    opening = {(algorithm, number): of(number)[1] for algorithm, number in old}
    number, key = of(None)
    return DomainKeys(number, key, opening)
