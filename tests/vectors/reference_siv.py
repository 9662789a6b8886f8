"""AES-SIV spelled out from RFC 5297 over the AES block cipher: what tokens are held against."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ZERO = bytes(16)


def aes(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def dbl(block: bytes) -> bytes:
    """RFC 5297, section 2.3."""
    number = int.from_bytes(block, "big") << 1
    return ((number & (1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def pad(block: bytes) -> bytes:
    return (block + b"\x80").ljust(16, b"\0")


def cmac(key: bytes, message: bytes) -> bytes:
    """RFC 4493, section 2.4."""
    first = dbl(aes(key, ZERO))
    blocks = [message[at : at + 16] for at in range(0, len(message), 16)] or [b""]
    last = blocks.pop()
    whole = len(last) == 16
    last = xor(last, first) if whole else xor(pad(last), dbl(first))
    state = ZERO
    for block in [*blocks, last]:
        state = aes(key, xor(state, block))
    return state


def s2v(key: bytes, strings: Sequence[bytes]) -> bytes:
    """RFC 5297, section 2.4."""
    state = cmac(key, ZERO)
    for string in strings[:-1]:
        state = xor(dbl(state), cmac(key, string))
    last = strings[-1]
    mixed = xor(dbl(state), pad(last)) if len(last) < 16 else last[:-16] + xor(last[-16:], state)
    return cmac(key, mixed)


def siv_encrypt(key: bytes, associated: Sequence[bytes], plaintext: bytes) -> bytes:
    """RFC 5297, section 2.6: the synthetic IV, then the ciphertext."""
    half = len(key) // 2
    iv = s2v(key[:half], [*associated, plaintext])
    mask = 0xFFFFFFFF_FFFFFFFF_7FFFFFFF_7FFFFFFF
    counter = int.from_bytes(iv, "big") & mask
    stream = b"".join(
        aes(key[half:], ((counter + at) % (1 << 128)).to_bytes(16, "big"))
        for at in range((len(plaintext) + 15) // 16)
    )
    return iv + xor(plaintext, stream[: len(plaintext)])
