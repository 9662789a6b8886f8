"""Three people with salts of their own, and calls that seal and open for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from lockgate.kernel.interface import Kernel
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes

KEY, TOKEN_KEY = SecretBytes(bytes(range(100, 132))), SecretBytes(bytes(range(64)))
PLACE = b"where it belongs"
HANDLES = pa.array([bytes([who]) * 16 for who in (0xA, 0xB, 0xC)], pa.binary(16))
SALTS = SecretBytes(bytes(range(96)))
NUMBER = 9
_KEYS = {(1, NUMBER): TOKEN_KEY, **{(algorithm, NUMBER): KEY for algorithm in (2, 3, 4, 5)}}


def every_form() -> list[tuple[bool, bool]]:
    """Under a subject's key, bound to a record, both."""
    return [(True, False), (False, True), (True, True)]


def about(rows: Sequence[int | None]) -> Subjects:
    """Which of the three each value is about."""
    return Subjects(pa.array(rows, pa.int32()), HANDLES, SALTS)


def sealed(
    kernel: Kernel,
    values: pa.Array,
    subjects: Subjects | None,
    records: pa.Array | None,
    *,
    text: bool,
) -> pa.Array:
    """Frames under key number 9 at ``PLACE``."""
    return kernel.encrypt(values, KEY, PLACE, NUMBER, text=text, subjects=subjects, records=records)


def opened(
    kernel: Kernel,
    frames: pa.Array,
    subjects: Subjects | None,
    records: pa.Array | None,
    *,
    keys: Mapping[tuple[int, int], SecretBytes] = _KEYS,
    place: bytes = PLACE,
) -> pa.BinaryArray:
    """What frames hold that were sealed so; of any algorithm."""
    bound = dict.fromkeys(range(1, 6), place)
    return kernel.reveal(frames, keys, bound, subjects=subjects, records=records)
