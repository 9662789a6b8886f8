"""Opening tokens and ciphertexts with keys derived for the numbers found in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import IntegrityError
from lockgate.kernel.binding import ciphertext_binding, token_binding
from lockgate.kernel.frame import ALGORITHM_CIPHERTEXT, ALGORITHM_TOKEN, read_frames
from lockgate.kernel.interface import Kernel
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
) -> pa.BinaryArray:
    """Canonical bytes of utf8 or binary ``frames``; null stays null.

    ``domain_of`` gives a key number's domain and raises KeyUnavailable for an
    unknown one. ``place`` is where the column's ciphertexts belong; None where
    only tokens are expected. Tokens and ciphertexts, key numbers and domains
    may stand side by side. Raises IntegrityError and KeyUnavailable.
    """
    by_domain: dict[str, set[tuple[int, int]]] = {}
    for pair in sorted(kernel.frame_headers(frames)):
        by_domain.setdefault(domain_of(pair[1]), set()).add(pair)

    def opening(domain: str, some: pa.Array) -> pa.BinaryArray:
        keys = {pair: _key(ring, domain, pair, place) for pair in sorted(by_domain[domain])}
        return kernel.reveal(some, keys, _bindings(domain, place))

    if len(by_domain) == 1:
        return opening(next(iter(by_domain)), frames)
    read = read_frames(frames)
    opened = pa.nulls(len(frames), pa.binary())
    for domain, pairs in by_domain.items():
        numbers = [number for _, number in pairs]
        mine = pa.array(np.isin(read.numbers, numbers))
        opened = pc.if_else(mine, opening(domain, pc.if_else(mine, read.frames, None)), opened)
    return opened


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
    info = encrypt.encryption_info(place)
    return ring.derive(domain, KeyUse.ENCRYPTION, info, encrypt.KEY_BYTES, number).key


def _bindings(domain: str, place: Place | None) -> dict[int, bytes]:
    bindings = {ALGORITHM_TOKEN: token_binding(domain)}
    if place is not None:
        bindings[ALGORITHM_CIPHERTEXT] = ciphertext_binding(place.contract_id, place.column_id)
    return bindings
