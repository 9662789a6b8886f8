"""FF1 against the samples that NIST published with SP 800-38G."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from vector_files import load

from lockgate.errors import KernelError
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
