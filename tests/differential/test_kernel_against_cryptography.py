"""Tokens, hashes and ciphertexts against one-value-at-a-time library code and RFC pseudocode."""

from __future__ import annotations

import hashlib
import hmac
import sys
from pathlib import Path

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vectors"))

from reference_siv import cmac, siv_encrypt

from lockgate.kernel.binding import bind
from lockgate.kernel.frame import header
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.secret import SecretBytes

columns = st.lists(st.none() | st.binary(max_size=70), max_size=12)
keys = st.binary(min_size=64, max_size=64)
numbers = st.integers(1, 2**24 - 1)


@given(columns, keys, st.binary(max_size=40), numbers)
def test_tokens_are_aes_siv(
    kernel: Kernel, values: list[bytes | None], key: bytes, associated: bytes, number: int
) -> None:
    frames = kernel.tokenize(
        pa.array(values, pa.binary()),
        Normaliser.EXACT,
        SecretBytes(key),
        associated,
        number,
        text=False,
    )

    head = header(1, number)
    strings = [associated, head]
    for value, frame in zip(values, frames.to_pylist(), strict=True):
        if value is None:
            assert frame is None
        else:
            assert frame == head + AESSIV(key).encrypt(value, strings)
            assert frame == head + siv_encrypt(key, strings, value)


@given(columns, st.binary(min_size=32, max_size=32))
def test_hashes_are_cmac_and_hmac(kernel: Kernel, values: list[bytes | None], key: bytes) -> None:
    array = pa.array(values, pa.binary())
    secret = SecretBytes(key)
    cmacs, hmacs = (
        kernel.hash(array, Normaliser.EXACT, secret, algorithm, text=False).to_pylist()
        for algorithm in (HashAlgorithm.AES_CMAC, HashAlgorithm.HMAC_SHA256)
    )

    for value, by_cmac, by_hmac in zip(values, cmacs, hmacs, strict=True):
        if value is None:
            assert by_cmac is by_hmac is None
            continue
        library = CMAC(algorithms.AES(key))
        library.update(value)
        assert by_cmac == library.finalize() == cmac(key, value)
        assert by_hmac == hmac.digest(key, value, hashlib.sha256)


@given(columns, st.binary(min_size=32, max_size=32), st.binary(max_size=40), numbers)
def test_ciphertexts_are_aes_gcm_under_the_derived_key(
    kernel: Kernel, values: list[bytes | None], key: bytes, associated: bytes, number: int
) -> None:
    array = pa.array(values, pa.binary())

    frames = kernel.encrypt(array, SecretBytes(key), associated, number, text=False).to_pylist()

    head = header(2, number)
    for value, frame in zip(values, frames, strict=True):
        if value is None:
            assert frame is None
            continue
        nonce, body = frame[4:28], frame[28:]
        derived = b"".join(cmac(key, bytes((0, at, 0x58, 0)) + nonce[:12]) for at in (1, 2))
        assert frame[:4] == head
        assert AESGCM(derived).decrypt(nonce[12:], body, bind(associated, head)) == value


@given(columns, keys)
def test_hex_and_text_forms_say_what_binary_says(
    kernel: Kernel, values: list[bytes | None], key: bytes
) -> None:
    array, secret = pa.array(values, pa.binary()), SecretBytes(key[:32])

    for algorithm in HashAlgorithm:
        text, binary = (
            kernel.hash(array, Normaliser.EXACT, secret, algorithm, text=form).to_pylist()
            for form in (True, False)
        )
        assert text == [None if item is None else item.hex() for item in binary]
