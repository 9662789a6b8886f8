"""Frames as text: a prefix and base64url without padding (RFC 4648, section 5)."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.varlen import build, view

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def to_text(frames: pa.BinaryArray, prefix: str) -> pa.StringArray:
    """Text of binary frames; null stays null."""
    encoded = [b"" if f is None else b2a_base64(f, newline=False) for f in frames.to_pylist()]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(item) for item in encoded], out=offsets[1:])
    data = np.frombuffer(b"".join(encoded).translate(_TO_URL), np.uint8)
    padded = build(data, offsets, frames, pa.string())
    return pc.binary_join_element_wise(prefix, pc.ascii_rtrim(padded, "="), "")


def from_text(texts: pa.StringArray, prefix: str) -> pa.BinaryArray:
    """Binary frames; empty bytes, which are no frame, for what is not the one text of a frame."""
    data, offsets = view(pc.utf8_slice_codeunits(texts, len(prefix)))
    standard = data.tobytes().translate(_FROM_URL)
    ends = offsets.tolist()
    decoded = [_decoded(standard[a:b]) for a, b in pairwise(ends)]
    frames = pc.if_else(texts.is_valid(), pa.array(decoded, pa.binary()), None)
    same = pc.equal(to_text(frames, prefix), texts)
    return pc.if_else(same, frames, pc.if_else(texts.is_valid(), b"", None))


def _decoded(encoded: bytes) -> bytes:
    try:
        return a2b_base64(encoded + b"==")
    except Error:
        return b""
