"""Whether values look like what a state says they became: raw values cannot pass as treated.

A frame and a keyed hash have a shape; what was masked, generalised or redacted has none that
raw text could not have too.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.canonical import is_bytes, is_text
from lockgate.kernel.fernet import SHAPE as FERNET_SHAPE
from lockgate.kernel.frame import (
    PREFIX,
    SHORTEST,
    header,
)
from lockgate.labels.label import StateKind
from lockgate.protect.plain import plain

_FIRST_BYTES = {header(algorithm, 1)[0]: shortest for algorithm, shortest in SHORTEST.items()}
_HASH_BYTES = pa.array([16, 32], pa.int32())
# The first byte is version 1 and the algorithm: E or F, and the first two bits of what follows.
# The least lengths are those of frames of nothing.
_TOKEN_TEXT = rf"{PREFIX}E[Q-Za-f][A-Za-z0-9_-]{{25,}}"
_CIPHERTEXT_TEXT = rf"{PREFIX}(?:E[g-v]|F[A-P])[A-Za-z0-9_-]{{57,}}"
_SUBJECT_TEXT = rf"{PREFIX}(?:E[w-z0-9_-]|F[Q-Za-f])[A-Za-z0-9_-]{{62,}}"
_FRAME_TEXT = f"(?:{_TOKEN_TEXT}|{_CIPHERTEXT_TEXT}|{_SUBJECT_TEXT})"
_HASH_TEXT = "[0-9a-f]{32}|[0-9a-f]{64}"
_TEXTS = {
    StateKind.PSEUDONYM: _FRAME_TEXT,
    StateKind.HASHED: _HASH_TEXT,
    StateKind.ENCRYPTED: f"{_FRAME_TEXT}|{_HASH_TEXT}|{FERNET_SHAPE}",
}
"""``encrypt`` with an index gives an index column, a keyed hash, under the same state, and
``fernet`` its tokens."""


def looks_like(values: pa.Array, state: StateKind) -> pa.BooleanArray | None:
    """Which values have the shape of ``state``, null included; None if all do or none can tell.

    ``values`` is a column of any Arrow type. Only utf8 and binary, large, view or
    dictionary-encoded as they may be, can hold frames and hashes.
    """
    if state not in _TEXTS:
        return None
    held = plain(values)
    if is_text(held.type):
        texts = held.cast(pa.large_string())
        shaped = pc.match_substring_regex(texts, rf"\A(?:{_TEXTS[state]})\z")
    elif is_bytes(held.type):
        shaped = _bytes_look_like(held.cast(pa.large_binary()), state)
    else:
        shaped = held.is_null()
    shaped = pc.fill_null(shaped, True)
    return None if pc.all(shaped, min_count=0).as_py() else shaped


def _bytes_look_like(values: pa.LargeBinaryArray, state: StateKind) -> pa.BooleanArray:
    lengths = pc.binary_length(values)
    hashes = pc.is_in(lengths.cast(pa.int32()), _HASH_BYTES)
    if state is StateKind.HASHED:
        return pc.or_(hashes, values.is_null())
    first = pc.binary_slice(values, 0, 1).cast(pa.binary())
    at = pc.index_in(first, pa.array([bytes([byte]) for byte in _FIRST_BYTES]))
    shortest = pa.array(list(_FIRST_BYTES.values()), pa.int64()).take(at)
    frames = pc.fill_null(pc.greater_equal(lengths, shortest), False)
    if state is StateKind.ENCRYPTED:
        fernet = pc.match_substring_regex(values, rf"\A(?:{FERNET_SHAPE})\z")
        frames = pc.or_(pc.or_(frames, hashes), fernet)
    return pc.or_(frames, values.is_null())
