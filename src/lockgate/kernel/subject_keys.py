"""The key of one person's values in one column (docs/reference/frame.md)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode

from lockgate.kernel.subjects import SALT_BYTES

KEY_BYTES = 32
_LABEL = b"subject"
# [i] in 32 bits, the label, a zero, the salt and [L] in 32 bits fill three AES blocks.
_WORD = 4
_KEPT = 4096


def value_key(column_key: bytes, salt: bytes) -> bytes:
    """The 32-byte key of a subject's values under a column's 32-byte key.

    The counter-mode KDF of SP 800-108r1 (4.1) over CMAC-AES-256: the counter stands first,
    ``subject`` is the label and the subject's 32-byte salt the context.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    kdf = KBKDFCMAC(
        algorithm=AES,
        mode=Mode.CounterMode,
        length=KEY_BYTES,
        rlen=_WORD,
        llen=_WORD,
        location=CounterLocation.BeforeFixed,
        label=_LABEL,
        context=salt,
        fixed=None,
    )
    return kdf.derive(column_key)


def subject_ciphers(column_key: bytes, salts: bytes) -> Callable[[int], AESGCM]:
    """AES-256-GCM of a subject by its place in ``salts``; those used last are kept."""

    @lru_cache(_KEPT)
    def cipher(subject: int) -> AESGCM:
        start = subject * SALT_BYTES
        return AESGCM(value_key(column_key, salts[start : start + SALT_BYTES]))

    return cipher
