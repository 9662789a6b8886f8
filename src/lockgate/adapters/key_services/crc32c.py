"""CRC-32C (Castagnoli): Google Cloud KMS has every byte checked with it on both ways."""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78  # of RFC 3720 section 12.1, bits reversed


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(_entry(byte) for byte in range(256))


def crc32c(data: bytes) -> int:
    """The checksum of a short text: data keys and contexts are a few hundred bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
