"""Fernet tokens (the Fernet specification, version 0x80), column in, column out.

A token is base64url, with padding, of: the byte 0x80, the time in seconds as 8 bytes, a random
16-byte IV, AES-128-CBC of the padded value, HMAC-SHA256 of all before it. One value at a time over
pyca/cryptography, whichever kernel is in use; docs/reference/fernet.md says how fast that is.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.fernet import Fernet, InvalidToken

from lockgate.errors import KernelError
from lockgate.secret import SecretBytes

KEY_BYTES = 32
SHAPE = "gAAAAA[A-Za-z0-9_-]{92,}={0,2}"
"""Of the text of a token made before the year 2106; the shortest has 100 characters."""

_TEXT = r"\A[A-Za-z0-9_-]+={0,2}\z"
NO_KEY = -1


def fernet_tokens(values: pa.BinaryArray, key: SecretBytes, moment: int, *, text: bool) -> pa.Array:
    """A token for each value, utf8 if ``text``, else the same characters as binary.

    Null stays null. ``moment`` is the time that every token tells, in seconds since 1970. IVs are
    random.
    """
    fernet = _fernet(key)
    tokens = [
        None if value is None else fernet.encrypt_at_time(value, moment)
        for value in values.to_pylist()
    ]
    made = pa.array(tokens, pa.binary())
    return made.cast(pa.string()) if text else made


def fernet_opened(
    tokens: pa.Array, keys: Sequence[SecretBytes]
) -> tuple[pa.BinaryArray, npt.NDArray[np.int16]]:
    """What tokens (utf8 or binary) hold, and the place of the key that opened each.

    Keys are tried in order, beginning with the one that opened the value before. A null, and what
    no key opens, is null with ``NO_KEY``. Time is not looked at: a file has no time to live.
    """
    fernets = [_fernet(key) for key in keys]
    used = np.full(len(tokens), NO_KEY, np.int16)
    opened: list[bytes | None] = []
    last = 0
    for row, token in enumerate(_exact(tokens).to_pylist()):
        value = None
        if token is not None:
            order = [last, *(at for at in range(len(fernets)) if at != last)]
            for at in order[: len(fernets)]:
                value = _one(fernets[at], token)
                if value is not None:
                    used[row] = last = at
                    break
        opened.append(value)
    return pa.array(opened, pa.binary()), used


def _one(fernet: Fernet, token: bytes) -> bytes | None:
    try:
        return fernet.decrypt(token)
    except InvalidToken:
        return None


def _exact(tokens: pa.Array) -> pa.Array:
    """Binary tokens; null for what is not plain base64url, which decoders pass over in part."""
    texts = tokens.cast(pa.large_binary())
    shaped = pc.match_substring_regex(texts, _TEXT)
    whole = pc.equal(pc.bit_wise_and(pc.binary_length(texts), 3), 0)
    return pc.if_else(pc.and_(shaped, whole), texts, None)


def _fernet(key: SecretBytes) -> Fernet:
    if len(key) != KEY_BYTES:
        raise KernelError(f"a Fernet key has {KEY_BYTES} bytes")
    return Fernet(base64.urlsafe_b64encode(key.reveal()))
