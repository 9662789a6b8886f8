"""Encrypting value by value: under the column's key or each subject's own, bound or not."""

from __future__ import annotations

from secrets import token_bytes
from struct import iter_unpack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel import refusals
from lockgate.kernel.binding import additional_data
from lockgate.kernel.frame import SUBJECT_NONCE_BYTES
from lockgate.kernel.subject_keys import subject_ciphers
from lockgate.kernel.subjects import Subjects
from lockgate.kernel.xaes import Xaes256Gcm

_RANDOM_BYTES = 20
_HALF_NONCE = 12

Frames = list[bytes | None]


def encrypted(
    exact: pa.BinaryArray,
    key: bytes,
    associated: bytes,
    head: bytes,
    subjects: Subjects | None,
    records: pa.BinaryArray | None,
) -> Frames:
    """Frames of canonical values under a header, null where they are. ``key`` is 32 bytes.

    Raises KernelError, with the count, if a value has no subject or no record.
    """
    beside = [None] * len(exact) if records is None else _there(exact, records).to_pylist()
    if subjects is None:
        return _under_one_key(exact, key, associated, head, beside)
    return _under_their_keys(exact, key, associated, head, subjects, beside)


def _there(exact: pa.BinaryArray, records: pa.BinaryArray) -> pa.BinaryArray:
    missing = _missing(exact, records)
    if missing:
        raise refusals.no_record(missing, len(exact))
    return records


def _missing(exact: pa.BinaryArray, beside: pa.Array) -> int:
    """How many values stand beside a null."""
    return int(pc.sum(pc.and_(exact.is_valid(), beside.is_null()), min_count=0).as_py())


def _under_one_key(
    exact: pa.BinaryArray, key: bytes, associated: bytes, head: bytes, records: Frames
) -> Frames:
    """XAES-256-GCM: 20 fresh random bytes a call, then the row as a 4-byte counter."""
    if len(exact) > 2**32:
        raise refusals.too_many_rows()
    random = token_bytes(_RANDOM_BYTES)
    encrypt = Xaes256Gcm(key).aead(random[:_HALF_NONCE]).encrypt
    start, half = head + random, random[_HALF_NONCE:]
    counters = iter_unpack("4s", np.arange(len(exact), dtype=">u4").tobytes())
    return [
        None
        if value is None
        else start + c + encrypt(half + c, value, additional_data(associated, head, record))
        for (c,), value, record in zip(counters, exact.to_pylist(), records, strict=True)
    ]


def _under_their_keys(
    exact: pa.BinaryArray,
    key: bytes,
    associated: bytes,
    head: bytes,
    subjects: Subjects,
    records: Frames,
) -> Frames:
    """AES-256-GCM under each value's subject's key, with 12 fresh random bytes a value."""
    missing = _missing(exact, subjects.rows)
    if missing:
        raise refusals.no_subject(missing, len(exact))
    named: list[bytes] = [head + handle for handle in subjects.handles.to_pylist()]
    aead = subject_ciphers(key, subjects.salts.reveal())
    nonces = iter_unpack(f"{SUBJECT_NONCE_BYTES}s", token_bytes(SUBJECT_NONCE_BYTES * len(exact)))

    def frame(nonce: bytes, value: bytes, subject: int, record: bytes | None) -> bytes:
        bound = additional_data(associated, named[subject], record)
        sealed = aead(subject).encrypt(nonce, value, bound)
        return named[subject] + nonce + sealed

    columns = zip(nonces, exact.to_pylist(), subjects.rows.to_pylist(), records, strict=True)
    return [
        None if value is None else frame(nonce, value, subject, record)
        for (nonce,), value, subject, record in columns
    ]
