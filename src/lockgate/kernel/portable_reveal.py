"""Opening frames one by one, whatever key numbers stand side by side in a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from lockgate.kernel import refusals
from lockgate.kernel.binding import bind
from lockgate.kernel.frame import (
    ALGORITHM_CIPHERTEXT,
    ALGORITHM_TOKEN,
    HEADER_BYTES,
    NONCE_BYTES,
    header,
    read_frames,
)
from lockgate.kernel.varlen import flat
from lockgate.kernel.xaes import Xaes256Gcm
from lockgate.secret import SecretBytes

Opener = Callable[[bytes], bytes | None]
_KEY_BYTES = {ALGORITHM_TOKEN: 64, ALGORITHM_CIPHERTEXT: 32}


def revealed(
    frames: pa.Array,
    keys: Mapping[tuple[int, int], SecretBytes],
    associated: Mapping[int, bytes],
) -> pa.BinaryArray:
    """Canonical bytes of each frame (utf8 or binary); null stays null.

    Raises KeyUnavailable for a key number that ``keys`` does not have and
    IntegrityError, with the count, if any frame does not open.
    """
    read = read_frames(frames)
    openers = {pair: _opener(pair, keys, associated) for pair in sorted(read.headers)}
    heads = {header(*pair): opener for pair, opener in openers.items()}
    opened = [
        None if frame is None else heads[frame[:HEADER_BYTES]](frame)
        for frame in read.frames.to_pylist()
    ]
    values = flat(pa.array(opened, pa.binary()))
    refused = values.null_count - read.frames.null_count
    if refused:
        raise refusals.do_not_open(refused, len(values))
    return values


def _opener(
    pair: tuple[int, int],
    keys: Mapping[tuple[int, int], SecretBytes],
    associated: Mapping[int, bytes],
) -> Opener:
    algorithm, number = pair
    key = keys.get(pair)
    if key is None:
        raise refusals.no_key(number)
    if algorithm not in associated:
        raise refusals.wrong_kind()
    if len(key) != _KEY_BYTES[algorithm]:
        raise refusals.reveal_key_length(_KEY_BYTES[algorithm])
    head = header(algorithm, number)
    if algorithm == ALGORITHM_TOKEN:
        return _token_opener(key.reveal(), [associated[algorithm], head])
    return _ciphertext_opener(key.reveal(), bind(associated[algorithm], head))


def _token_opener(key: bytes, strings: list[bytes]) -> Opener:
    decrypt = AESSIV(key).decrypt

    def opened(frame: bytes) -> bytes | None:
        try:
            return decrypt(frame[HEADER_BYTES:], strings)
        except InvalidTag:
            return None

    return opened


def _ciphertext_opener(key: bytes, bound: bytes) -> Opener:
    decrypt = Xaes256Gcm(key).decrypt
    body = HEADER_BYTES + NONCE_BYTES

    def opened(frame: bytes) -> bytes | None:
        try:
            return decrypt(frame[HEADER_BYTES:body], frame[body:], bound)
        except InvalidTag:
            return None

    return opened
