"""Opening tokens and ciphertexts with keys derived for the numbers found in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import IntegrityError
from lockgate.kernel.binding import ciphertext_binding, token_binding
from lockgate.kernel.frame import (
    ALGORITHM_TOKEN,
    CIPHERTEXT_ALGORITHMS,
    SUBJECT_ALGORITHMS,
    read_frames,
)
from lockgate.kernel.interface import Kernel
from lockgate.kernel.subjects import Subjects
from lockgate.keys.ports import KeyUse
from lockgate.protect import encrypt, tokenize
from lockgate.protect.treatment import KeyRing, Place
from lockgate.secret import SecretBytes


def open_frames(
    frames: pa.Array,
    kernel: Kernel,
    ring: KeyRing,
    domain_of: Callable[[int], str],
    place: Place | None,
    subjects_of: Callable[[pa.FixedSizeBinaryArray], Subjects] | None = None,
    records: pa.Array | None = None,
) -> pa.BinaryArray:
    """Canonical bytes of utf8 or binary ``frames``; null stays null.

    ``domain_of`` gives a key number's domain and raises KeyUnavailable for an
    unknown one. ``place`` is where the column's ciphertexts belong; None where
    only tokens are expected. Tokens and ciphertexts, key numbers and domains
    may stand side by side. ``subjects_of`` finds subjects by the handles in frames (null where a
    frame has none), whose values are null where it gives them no row; ``records`` are what values
    are bound to. Raises IntegrityError and KeyUnavailable.
    """
    by_domain: dict[str, set[tuple[int, int]]] = {}
    for pair in sorted(kernel.frame_headers(frames)):
        by_domain.setdefault(domain_of(pair[1]), set()).add(pair)

    subjects = _subjects(frames, kernel, {one for pairs in by_domain.values() for one in pairs})
    found = subjects_of(subjects) if subjects is not None and subjects_of is not None else None

    def opening(domain: str, some: pa.Array) -> pa.BinaryArray:
        keys = {pair: _key(ring, domain, pair, place) for pair in sorted(by_domain[domain])}
        bindings = _bindings(domain, place)
        return kernel.reveal(some, keys, bindings, subjects=found, records=records)

    if len(by_domain) == 1:
        return opening(next(iter(by_domain)), frames)
    read = read_frames(frames)
    opened = pa.nulls(len(frames), pa.binary())
    for domain, pairs in by_domain.items():
        numbers = [number for _, number in pairs]
        mine = pa.array(np.isin(read.numbers, numbers))
        opened = pc.if_else(mine, opening(domain, pc.if_else(mine, read.frames, None)), opened)
    return opened


def _subjects(
    frames: pa.Array, kernel: Kernel, headers: set[tuple[int, int]]
) -> pa.FixedSizeBinaryArray | None:
    """The handles in the frames; None if no frame has one."""
    if not any(algorithm in SUBJECT_ALGORITHMS for algorithm, _ in headers):
        return None
    return kernel.frame_subjects(frames)


def _key(ring: KeyRing, domain: str, pair: tuple[int, int], place: Place | None) -> SecretBytes:
    algorithm, number = pair
    if algorithm == ALGORITHM_TOKEN:
        length = tokenize.KEY_BYTES
        return ring.derive(domain, KeyUse.INDEX, tokenize.INFO, length, number).key
    if place is None:
        raise IntegrityError(
            "a ciphertext stands where only tokens can be opened",
            hint="say which contract and column it comes from",
        )
    info = encrypt.encryption_info(place, subject=algorithm in SUBJECT_ALGORITHMS)
    return ring.derive(domain, KeyUse.ENCRYPTION, info, encrypt.KEY_BYTES, number).key


def _bindings(domain: str, place: Place | None) -> dict[int, bytes]:
    bindings = {ALGORITHM_TOKEN: token_binding(domain)}
    if place is not None:
        binding = ciphertext_binding(place.contract_id, place.column_id)
        bindings |= dict.fromkeys(CIPHERTEXT_ALGORITHMS, binding)
    return bindings
