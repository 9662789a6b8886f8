"""A sealed file read by hand, as its layout is published: nothing of our own reader is used."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.kernel.binding import bind
from lockgate.run.sealed_file import SealedWriter
from lockgate.secret import SecretBytes

KEY = bytes(range(32))


def test_a_sealed_file_is_stream_over_aes_256_gcm(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with SealedWriter(path, SecretBytes(KEY), 0x010203, "quarantine", "run-1") as writer:
        writer.write(b"one")
        writer.write(b"two")
    content = path.read_bytes()
    assert content[:11] == b"LGSEAL1\n\x01\x02\x03"
    salt, rest = content[11:43], content[43:]
    info = bind("lockgate", "1", "sealed", "quarantine", "run-1")
    cipher = AESGCM(HKDF(SHA256(), 32, salt, info).derive(KEY))
    opened = []
    for counter, last in ((0, 0), (1, 0), (2, 1)):
        length = int.from_bytes(rest[:4], "big")
        nonce = bytes(7) + counter.to_bytes(4, "big") + bytes([last])
        opened.append(cipher.decrypt(nonce, rest[4 : 4 + length], None))
        rest = rest[4 + length :]
    assert (opened, rest) == ([b"one", b"two", b""], b"")
