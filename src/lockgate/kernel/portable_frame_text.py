"""Frames as text: a prefix and base64url without padding (RFC 4648, section 5)."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.varlen import Bytes, Flags, Offsets, build, flat, view

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_FILL = (b"", bytes(2), bytes(1))


def to_text(frames: Sequence[bytes | None], prefix: str) -> pa.StringArray:
    """Text of binary frames; null stays null.

    Frames filled up to whole groups of three bytes are encoded all at once, and
    what the filling added is cut off again.
    """
    valid = np.fromiter((f is not None for f in frames), np.bool_, len(frames))
    lengths = np.fromiter((0 if f is None else len(f) for f in frames), np.int64, len(frames))
    filled = b"".join([f + _FILL[len(f) % 3] for f in frames if f is not None])
    encoded = np.frombuffer(b2a_base64(filled, newline=False).translate(_TO_URL), np.uint8)
    wanted = (lengths * 4 + 2) // 3
    offsets = np.zeros(len(frames) + 1, np.int64)
    np.cumsum(np.where(valid, wanted + len(prefix), 0), out=offsets[1:])
    ends = np.cumsum((lengths + 2) // 3 * 4)
    kept = np.ones(len(encoded), np.bool_)
    kept[ends[lengths % 3 > 0] - 1] = False
    kept[ends[lengths % 3 == 1] - 2] = False
    data = np.empty(offsets[-1], np.uint8)
    body = np.ones(len(data), np.bool_)
    starts = offsets[:-1][valid]
    for position, character in enumerate(prefix.encode()):
        data[starts + position] = character
        body[starts + position] = False
    data[body] = encoded[kept]
    return _texts(data, offsets, valid)


def from_text(texts: pa.StringArray, prefix: str) -> pa.BinaryArray:
    """Binary frames; empty bytes, which are no frame, for what is not the one text of a frame."""
    raw = texts.cast(pa.binary())  # which need not be UTF-8
    data, offsets = view(raw)
    standard = data.tobytes().translate(_FROM_URL)
    start = len(prefix)
    decoded = [_decoded(standard[a + start : b]) for a, b in pairwise(offsets.tolist())]
    valid = texts.is_valid()
    again = pc.if_else(valid, to_text(decoded, prefix), None).cast(pa.binary())
    frames = pc.if_else(pc.equal(again, raw), flat(pa.array(decoded, pa.binary())), b"")
    return pc.if_else(valid, frames, None)


def _texts(data: Bytes, offsets: Offsets, valid: Flags) -> pa.StringArray:
    whole = pa.array(np.ones(len(valid), np.bool_))
    built = build(data, offsets, whole, pa.string())
    return built if valid.all() else pc.if_else(pa.array(valid), built, None)


def _decoded(encoded: bytes) -> bytes:
    try:
        return a2b_base64(encoded + b"==")
    except Error:
        return b""
