"""The kernel against published vectors; each file names its source."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from reference_siv import cmac, siv_encrypt
from vector_files import load

from lockgate.errors import KernelError
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.kernel.xaes import Xaes256Gcm
from lockgate.secret import SecretBytes


def hexed(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


def kernel_hash(kernel: Kernel, key: bytes, message: bytes, algorithm: HashAlgorithm) -> bytes:
    values = pa.array([message], pa.binary())
    digests = kernel.hash(values, Normaliser.EXACT, SecretBytes(key), algorithm, text=False)
    (digest,) = digests.to_pylist()
    assert isinstance(digest, bytes)
    return digest


@pytest.mark.parametrize("vector", load("rfc5297_aes_siv")["vectors"], ids=lambda v: v["name"])
def test_rfc_5297(vector: dict[str, Any]) -> None:
    key, plaintext, output = hexed(vector, "key", "plaintext", "output")
    associated = [bytes.fromhex(item) for item in vector["associated"]]

    assert siv_encrypt(key, associated, plaintext) == output
    assert AESSIV(key).encrypt(plaintext, associated) == output


@pytest.mark.parametrize("vector", load("rfc4493_aes_cmac")["vectors"], ids=lambda v: v["name"])
def test_rfc_4493(kernel: Kernel, vector: dict[str, Any]) -> None:
    key, message, tag = hexed(vector, "key", "message", "tag")

    assert cmac(key, message) == tag
    if len(key) == 32:
        assert kernel_hash(kernel, key, message, HashAlgorithm.AES_CMAC) == tag
    else:
        with pytest.raises(KernelError, match="32 bytes"):
            kernel_hash(kernel, key, message, HashAlgorithm.AES_CMAC)


@pytest.mark.parametrize("vector", load("rfc4231_hmac_sha256")["vectors"], ids=lambda v: v["name"])
def test_rfc_4231(kernel: Kernel, vector: dict[str, Any]) -> None:
    key, message, tag = hexed(vector, "key", "message", "tag")
    # RFC 2104 hashes a key above the block and fills with zeros: 32 bytes say the same.
    same = hashlib.sha256(key).digest() if len(key) > 64 else key.ljust(32, b"\0")

    assert kernel_hash(kernel, same, message, HashAlgorithm.HMAC_SHA256) == tag


@pytest.mark.parametrize("vector", load("rfc5869_hkdf_sha256")["vectors"], ids=lambda v: v["name"])
def test_rfc_5869(vector: dict[str, Any]) -> None:
    ikm, salt, info, okm = hexed(vector, "ikm", "salt", "info", "okm")

    assert HKDF(SHA256(), vector["length"], salt, info).derive(ikm) == okm


@pytest.mark.parametrize("vector", load("c2sp_xaes_256_gcm")["vectors"])
def test_c2sp_xaes_256_gcm(vector: dict[str, Any]) -> None:
    key, nonce, derived = hexed(vector, "key", "nonce", "derived")
    plaintext, associated, output = hexed(vector, "plaintext", "associated", "output")
    xaes = Xaes256Gcm(key)

    assert xaes.derive(nonce[:12]) == derived
    assert xaes.encrypt(nonce, plaintext, associated) == output
    assert xaes.decrypt(nonce, output, associated) == plaintext


def accumulated(iterations: int) -> str:
    """The document's accumulated test: inputs from one SHAKE-128 stream, outputs into another."""
    # SHAKE is read as a prefix of its output, so the stream is drawn in one piece: at most
    # 32 + 24 + 2 * 256 bytes an iteration, 314 on average.
    stream = hashlib.shake_128(b"").digest(iterations * 330 + 600)
    position = 0
    outputs = hashlib.shake_128()

    def read(count: int) -> bytes:
        nonlocal position
        position += count
        assert position <= len(stream)
        return stream[position - count : position]

    for _ in range(iterations):
        xaes = Xaes256Gcm(read(32))
        nonce = read(24)
        plaintext = read(read(1)[0])
        associated = read(read(1)[0])
        outputs.update(xaes.encrypt(nonce, plaintext, associated))
    return outputs.hexdigest(32)


def test_c2sp_xaes_256_gcm_accumulated() -> None:
    assert accumulated(10_000) == load("c2sp_xaes_256_gcm")["accumulated"]["10000"]


@pytest.mark.slow
def test_c2sp_xaes_256_gcm_accumulated_a_million() -> None:
    assert accumulated(1_000_000) == load("c2sp_xaes_256_gcm")["accumulated"]["1000000"]


@pytest.mark.parametrize(
    "vector", load("wycheproof_aes_siv_cmac")["vectors"], ids=lambda v: v["tcId"]
)
def test_wycheproof_aes_siv_cmac(vector: dict[str, Any]) -> None:
    key, associated, plaintext, output = hexed(vector, "key", "associated", "plaintext", "output")

    assert (siv_encrypt(key, [associated], plaintext) == output) is vector["valid"]
    if vector["valid"]:
        assert AESSIV(key).decrypt(output, [associated]) == plaintext
    else:
        with pytest.raises(InvalidTag):
            AESSIV(key).decrypt(output, [associated])


@pytest.mark.parametrize("vector", load("wycheproof_aes_cmac")["vectors"], ids=lambda v: v["tcId"])
def test_wycheproof_aes_cmac(kernel: Kernel, vector: dict[str, Any]) -> None:
    key, message, tag = hexed(vector, "key", "message", "tag")

    assert (kernel_hash(kernel, key, message, HashAlgorithm.AES_CMAC) == tag) is vector["valid"]
