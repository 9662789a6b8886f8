"""XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM with a 24-byte nonce.

The first half of the nonce and the key give a derived key by the SP 800-108
counter-mode KDF over CMAC-AES-256; the second half is the AES-GCM nonce.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockgate.errors import KernelError

KEY_BYTES = 32
NONCE_BYTES = 24
TAG_BYTES = 16
_HALF = NONCE_BYTES // 2
_KEPT = 256


class Xaes256Gcm:
    """One key. Derived keys are kept for the nonce halves seen last, as a batch shares one."""

    __slots__ = ("_block", "_derived", "_subkey")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KernelError("an XAES-256-GCM key is 32 bytes")
        # Single-block ECB is the raw AES permutation that CMAC (SP 800-38B) is made of.
        self._block = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
        self._subkey = _doubled(self._aes(bytes(16)))
        self._derived: dict[bytes, AESGCM] = {}

    def aead(self, first_half: bytes) -> AESGCM:
        """AES-256-GCM under the key derived from the first 12 nonce bytes (steps 3 to 5)."""
        found = self._derived.get(first_half)
        if found is None:
            if len(self._derived) >= _KEPT:
                self._derived.clear()
            found = self._derived[first_half] = AESGCM(self.derive(first_half))
        return found

    def derive(self, first_half: bytes) -> bytes:
        """The derived key for the first 12 nonce bytes."""
        if len(first_half) != _HALF:
            raise KernelError("the first half of an XAES-256-GCM nonce is 12 bytes")
        return b"".join(
            self._aes(_xor(bytes((0, counter, 0x58, 0)) + first_half, self._subkey))
            for counter in (1, 2)
        )

    def encrypt(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Ciphertext and 16-byte tag under a 24-byte nonce."""
        return self.aead(nonce[:_HALF]).encrypt(nonce[_HALF:], data, associated)

    def decrypt(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Plaintext; raises cryptography's InvalidTag."""
        return self.aead(nonce[:_HALF]).decrypt(nonce[_HALF:], data, associated)

    def _aes(self, block: bytes) -> bytes:
        encryptor = self._block.encryptor()
        return encryptor.update(block) + encryptor.finalize()


def _doubled(block: bytes) -> bytes:
    """Multiplication by x in GF(2**128): the CMAC subkey K1 (SP 800-38B, 6.1)."""
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number = (number ^ 0x87) & ((1 << 128) - 1)
    return number.to_bytes(16, "big")


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(16, "big")
