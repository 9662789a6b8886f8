"""FF1 against NIST's samples and ACVP vectors, and the format that `fpe` makes of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from vector_files import load

from lockgate.errors import KernelError
from lockgate.kernel.binding import bind, fpe_tweak
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.ff1_portable import Ff1Cipher
from lockgate.kernel.interface import Kernel
from lockgate.secret import SecretBytes

VECTORS = load("sp800_38g_ff1")["vectors"]


def value(alphabet: Alphabet, text: str) -> int:
    number = 0
    for character in text:
        number = number * alphabet.radix + alphabet.characters.index(character)
    return number


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_sp_800_38g_sample(vector: dict[str, Any]) -> None:
    alphabet = Alphabet(vector["alphabet"])
    key, tweak = bytes.fromhex(vector["key"]), bytes.fromhex(vector["tweak"])
    plaintext, ciphertext = vector["plaintext"], vector["ciphertext"]
    cipher = Ff1Cipher(key, alphabet.radix, tweak)

    assert cipher.encrypt(value(alphabet, plaintext), len(plaintext)) == value(alphabet, ciphertext)
    assert cipher.decrypt(value(alphabet, ciphertext), len(plaintext)) == value(alphabet, plaintext)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_sp_800_38g_sample_through_the_kernel(vector: dict[str, Any], kernel: Kernel) -> None:
    spec = Ff1(Alphabet(vector["alphabet"]), bytes.fromhex(vector["tweak"]))
    key = SecretBytes(bytes.fromhex(vector["key"]))
    plaintext = pa.array([vector["plaintext"], None])
    ciphertext = pa.array([vector["ciphertext"], None])

    if len(key) != 32:
        with pytest.raises(KernelError, match="32 bytes"):
            kernel.ff1(plaintext, spec, key, decrypt=False)
        return
    assert kernel.ff1(plaintext, spec, key, decrypt=False).equals(ciphertext)
    assert kernel.ff1(ciphertext, spec, key, decrypt=True).equals(plaintext)


@pytest.mark.parametrize("vector", load("acvp_ff1")["vectors"], ids=lambda v: v["name"])
def test_acvp_vector(vector: dict[str, Any], kernel: Kernel) -> None:
    spec = Ff1(Alphabet.DIGITS, bytes.fromhex(vector["tweak"]))
    key = SecretBytes(bytes.fromhex(vector["key"]))
    plaintext, ciphertext = pa.array([vector["plaintext"]]), pa.array([vector["ciphertext"]])

    assert kernel.ff1(plaintext, spec, key, decrypt=False).equals(ciphertext)
    assert kernel.ff1(ciphertext, spec, key, decrypt=True).equals(plaintext)


@pytest.mark.parametrize("vector", load("fpe_v1")["vectors"], ids=lambda v: v["value"])
def test_fpe_vector(vector: dict[str, Any], kernel: Kernel) -> None:
    alphabet = Alphabet(vector["alphabet"])
    info = bind("lockgate", "1", "index", "fpe", alphabet.value)
    key = HKDF(SHA256(), 32, None, info).derive(bytes.fromhex(vector["domain_key"]))
    spec = Ff1(alphabet, fpe_tweak(vector["domain"]))

    assert info.hex() == vector["info"]
    assert key.hex() == vector["key"]
    assert spec.tweak.hex() == vector["tweak"]
    made = kernel.ff1(pa.array([vector["value"]]), spec, SecretBytes(key), decrypt=False)
    assert made.to_pylist() == [vector["output"]]


def test_the_page_shows_every_vector_and_bound(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "fpe.md").read_text("utf-8")

    for vector in load("fpe_v1")["vectors"]:
        for name in ("info", "key", "tweak", "value", "output"):
            assert f"\n{name}: {vector[name]}\n" in page
    for alphabet in Alphabet:
        bounds = f"{alphabet.radix} | {alphabet.least} | {alphabet.most} |"
        assert re.search(rf"^\| `{alphabet.value}` \| .* \| {re.escape(bounds)}$", page, re.M)
