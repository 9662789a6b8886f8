"""Opening frames one by one, whatever algorithms and key numbers stand side by side in a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from lockgate.kernel import refusals
from lockgate.kernel.binding import additional_data
from lockgate.kernel.frame import (
    ALGORITHM_TOKEN,
    HEADER_BYTES,
    NONCE_BYTES,
    RECORD_ALGORITHMS,
    SUBJECT_ALGORITHMS,
    SUBJECT_NONCE_BYTES,
    header,
    read_frames,
    require_frames,
)
from lockgate.kernel.subject_checks import require_beside
from lockgate.kernel.subject_keys import subject_ciphers
from lockgate.kernel.subjects import HANDLE_BYTES, Subjects
from lockgate.kernel.varlen import flat
from lockgate.kernel.xaes import Xaes256Gcm
from lockgate.secret import SecretBytes

Opener = Callable[[bytes, int | None, bytes | None], bytes]
"""A frame, which subject's it is and its record, to the value. Raises InvalidTag."""
_TOKEN_KEY_BYTES, _KEY_BYTES = 64, 32
_NAMED = HEADER_BYTES + HANDLE_BYTES


@dataclass(frozen=True, slots=True)
class _Given:
    """What may open frames."""

    keys: Mapping[tuple[int, int], SecretBytes]
    associated: Mapping[int, bytes]
    subjects: Subjects | None
    records: pa.BinaryArray | None


def revealed(
    frames: pa.Array,
    keys: Mapping[tuple[int, int], SecretBytes],
    associated: Mapping[int, bytes],
    subjects: Subjects | None = None,
    records: pa.Array | None = None,
) -> pa.BinaryArray:
    """Canonical bytes of each frame (utf8 or binary); null stays null, and so does the shredded.

    Raises KeyUnavailable for a key number that ``keys`` does not have and
    IntegrityError, with the count, if any frame does not open.
    """
    require_frames(frames)
    plain = require_beside(frames, subjects, records)
    read = read_frames(frames)
    given = _Given(keys, associated, subjects, plain)
    heads = {header(*pair): _opener(pair, given) for pair in sorted(read.headers)}
    there = read.frames
    if subjects is not None:
        named = pa.array(np.isin(read.algorithms, SUBJECT_ALGORITHMS))
        there = pc.if_else(pc.and_(named, subjects.rows.is_null()), None, there)
    return _opened(there, heads, given)


def _opened(frames: pa.BinaryArray, heads: Mapping[bytes, Opener], given: _Given) -> pa.BinaryArray:
    nothing = [None] * len(frames)
    who = nothing if given.subjects is None else given.subjects.rows.to_pylist()
    records = nothing if given.records is None else given.records.to_pylist()
    opened = [
        None if frame is None else _one(heads[frame[:HEADER_BYTES]], frame, subject, record)
        for frame, subject, record in zip(frames.to_pylist(), who, records, strict=True)
    ]
    values = flat(pa.array(opened, pa.binary()))
    refused = values.null_count - frames.null_count
    if refused:
        raise refusals.do_not_open(refused, len(values))
    return values


def _one(opener: Opener, frame: bytes, subject: int | None, record: bytes | None) -> bytes | None:
    try:
        return opener(frame, subject, record)
    except InvalidTag:
        return None


def _opener(pair: tuple[int, int], given: _Given) -> Opener:
    algorithm, number = pair
    key = given.keys.get(pair)
    if key is None:
        raise refusals.no_key(number)
    unfit = (algorithm in SUBJECT_ALGORITHMS and given.subjects is None) or (
        algorithm in RECORD_ALGORITHMS and given.records is None
    )
    if algorithm not in given.associated or unfit:
        raise refusals.wrong_kind()
    length = _TOKEN_KEY_BYTES if algorithm == ALGORITHM_TOKEN else _KEY_BYTES
    if len(key) != length:
        raise refusals.reveal_key_length(length)
    bound, head = given.associated[algorithm], header(algorithm, number)
    if algorithm == ALGORITHM_TOKEN:
        return _token_opener(key.reveal(), [bound, head])
    bind_record = algorithm in RECORD_ALGORITHMS
    if given.subjects is not None and algorithm in SUBJECT_ALGORITHMS:
        return _subject_opener(key.reveal(), bound, given.subjects, bind_record)
    return _ciphertext_opener(key.reveal(), bound, bind_record)


def _token_opener(key: bytes, strings: list[bytes]) -> Opener:
    decrypt = AESSIV(key).decrypt
    return lambda frame, _, __: decrypt(frame[HEADER_BYTES:], strings)


def _ciphertext_opener(key: bytes, associated: bytes, bind_record: bool) -> Opener:
    decrypt = Xaes256Gcm(key).decrypt
    body = HEADER_BYTES + NONCE_BYTES

    def opened(frame: bytes, _: int | None, record: bytes | None) -> bytes:
        bound = additional_data(associated, frame[:HEADER_BYTES], _record(record, bind_record))
        return decrypt(frame[HEADER_BYTES:body], frame[body:], bound)

    return opened


def _subject_opener(key: bytes, associated: bytes, subjects: Subjects, bind_record: bool) -> Opener:
    aead = subject_ciphers(key, subjects.salts.reveal())
    handles = subjects.handles.to_pylist()
    body = _NAMED + SUBJECT_NONCE_BYTES

    def opened(frame: bytes, subject: int | None, record: bytes | None) -> bytes:
        if subject is None or handles[subject] != frame[HEADER_BYTES:_NAMED]:
            raise InvalidTag
        bound = additional_data(associated, frame[:_NAMED], _record(record, bind_record))
        return aead(subject).decrypt(frame[_NAMED:body], frame[body:], bound)

    return opened


def _record(record: bytes | None, wanted: bool) -> bytes | None:
    """The record, if the frame is bound to one. A frame that is opens beside nothing else."""
    if wanted and record is None:
        raise InvalidTag
    return record if wanted else None
