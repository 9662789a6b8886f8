"""The frame around everything reversible (docs/reference/frame.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import KernelError
from lockgate.kernel import refusals
from lockgate.kernel.canonical import is_bytes, is_text, narrow
from lockgate.kernel.laid_out import require_laid_out
from lockgate.kernel.portable_frame_text import from_text
from lockgate.kernel.subjects import HANDLE_BYTES
from lockgate.kernel.varlen import view

PREFIX = "lkg1_"
VERSION = 1
ALGORITHM_TOKEN = 1
ALGORITHM_CIPHERTEXT = 2
ALGORITHM_SUBJECT = 3
ALGORITHM_RECORD = 4
ALGORITHM_SUBJECT_RECORD = 5
SUBJECT_ALGORITHMS = (ALGORITHM_SUBJECT, ALGORITHM_SUBJECT_RECORD)
"""Ciphertexts under a subject's key."""
RECORD_ALGORITHMS = (ALGORITHM_RECORD, ALGORITHM_SUBJECT_RECORD)
"""Ciphertexts bound to their record."""
CIPHERTEXT_ALGORITHMS = (ALGORITHM_CIPHERTEXT, ALGORITHM_RECORD, *SUBJECT_ALGORITHMS)
HEADER_BYTES = 4
SIV_BYTES = 16
NONCE_BYTES = 24
SUBJECT_NONCE_BYTES = 12
TAG_BYTES = 16
LAST_KEY_NUMBER = 2**24 - 1
SHORTEST = {
    ALGORITHM_TOKEN: HEADER_BYTES + SIV_BYTES,
    ALGORITHM_CIPHERTEXT: HEADER_BYTES + NONCE_BYTES + TAG_BYTES,
    ALGORITHM_RECORD: HEADER_BYTES + NONCE_BYTES + TAG_BYTES,
    ALGORITHM_SUBJECT: HEADER_BYTES + HANDLE_BYTES + SUBJECT_NONCE_BYTES + TAG_BYTES,
    ALGORITHM_SUBJECT_RECORD: HEADER_BYTES + HANDLE_BYTES + SUBJECT_NONCE_BYTES + TAG_BYTES,
}
"""By algorithm, the bytes of a frame of nothing."""


def header(algorithm: int, key_number: int) -> bytes:
    """The frame's first four bytes. Raises KernelError for an algorithm or number there is not."""
    if algorithm not in SHORTEST:
        raise KernelError("no such frame algorithm")
    if not 1 <= key_number <= LAST_KEY_NUMBER:
        raise refusals.key_number()
    return bytes((VERSION << 4 | algorithm,)) + key_number.to_bytes(3, "big")


def ciphertext_algorithm(*, subject: bool, record: bool) -> int:
    """The algorithm of ciphertexts, by whether under a subject's key and bound to a record."""
    if subject:
        return ALGORITHM_SUBJECT_RECORD if record else ALGORITHM_SUBJECT
    return ALGORITHM_RECORD if record else ALGORITHM_CIPHERTEXT


def parse_header(frame: bytes) -> tuple[int, int]:
    """(algorithm, key number) of one binary frame. Raises IntegrityError if it is none."""
    (pair,) = frame_headers(pa.array([frame], pa.binary()))
    return pair


@dataclass(frozen=True, slots=True)
class Frames:
    """Binary frames with the algorithm and key number of each row (0 where null)."""

    frames: pa.BinaryArray
    algorithms: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]

    @property
    def headers(self) -> set[tuple[int, int]]:
        """The (algorithm, key number) pairs there are."""
        pairs = np.unique(self.algorithms << 24 | self.numbers)
        return {(int(p) >> 24, int(p) & LAST_KEY_NUMBER) for p in pairs if p}


def require_frames(frames: pa.Array, *, rows: bool = True) -> None:
    """Raises KernelError for what is no array, IntegrityError for a type that holds no frames.

    ``rows`` as in ``laid_out.require_laid_out``.
    """
    if not isinstance(frames, pa.Array):
        raise refusals.not_an_array()
    if not is_text(frames.type) and not is_bytes(frames.type):
        raise refusals.no_frame_column()
    require_laid_out(frames, rows=rows)


def read_frames(frames: pa.Array) -> Frames:
    """Read text or binary frames. Raises IntegrityError, with the count, for what is no frame."""
    require_frames(frames)
    if is_text(frames.type):
        binary = from_text(narrow(frames, pa.string()), PREFIX)
    else:
        binary = narrow(frames, pa.binary())
    data, offsets = view(binary)
    valid = binary.is_valid().to_numpy(zero_copy_only=False)
    lengths = np.where(valid, np.diff(offsets), 0)
    first = np.zeros((len(binary), HEADER_BYTES), np.int64)
    whole = lengths >= HEADER_BYTES
    first[whole] = data[offsets[:-1][whole, None] + np.arange(HEADER_BYTES)]
    algorithms = first[:, 0] & 0x0F
    numbers = first[:, 1] << 16 | first[:, 2] << 8 | first[:, 3]
    good = (first[:, 0] >> 4 == VERSION) & (numbers > 0)
    shortest = np.zeros(16, np.int64)
    shortest[list(SHORTEST)] = list(SHORTEST.values())
    good &= (shortest[algorithms] > 0) & (lengths >= shortest[algorithms])
    refused = int((valid & ~good).sum())
    if refused:
        raise refusals.not_frames(refused, len(frames))
    return Frames(binary, algorithms, numbers)


def frame_headers(frames: pa.Array) -> set[tuple[int, int]]:
    """The (algorithm, key number) pairs in a utf8 or binary column; nulls are passed over.

    Raises IntegrityError if anything is no frame.
    """
    return read_frames(frames).headers


def frame_subjects(frames: pa.Array) -> pa.FixedSizeBinaryArray:
    """The subject's handle in each frame; null where a frame has none, or there is no frame.

    Raises IntegrityError if anything is no frame.
    """
    read = read_frames(frames)
    data, offsets = view(read.frames)
    named = np.isin(read.algorithms, SUBJECT_ALGORITHMS)
    handles = np.zeros((len(read.frames), HANDLE_BYTES), np.uint8)
    within = np.arange(HEADER_BYTES, HEADER_BYTES + HANDLE_BYTES)
    handles[named] = data[offsets[:-1][named, None] + within]
    kind = pa.binary(HANDLE_BYTES)
    found = pa.Array.from_buffers(kind, len(handles), [None, pa.py_buffer(handles.tobytes())])
    return pc.if_else(pa.array(named), found, pa.scalar(None, kind))
