"""pyca/cryptography, one value at a time: the classes made once, a comprehension over values."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import partial

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from bench.kernels.cases import (
    CIPHER_KEY,
    CIPHER_PLACE,
    HASH_KEY,
    TOKEN_KEY,
    TOKEN_PLACE,
    our_hashes,
)
from bench.rivals.rival import Lists, Rival, expect, listed, same
from lockgate.kernel.interface import HashAlgorithm

_NONCE = 12


def rivals(lists: Lists) -> Iterator[Rival]:
    """AESSIV, AESGCM, Fernet, CMAC and HMAC."""
    yield from _tokens(lists)
    yield from _ciphertexts(lists)
    yield from _fernet(lists)
    yield from _hashes(lists)


def _tokens(lists: Lists) -> Iterator[Rival]:
    cipher, place, emails = AESSIV(TOKEN_KEY), [TOKEN_PLACE], lists.emails

    def binary() -> list[bytes]:
        return [cipher.encrypt(value.encode(), place) for value in emails]

    def text() -> list[str]:
        return [
            urlsafe_b64encode(cipher.encrypt(value.encode(), place)).decode() for value in emails
        ]

    made, texts = binary(), text()

    def reveal_binary() -> list[str]:
        return [cipher.decrypt(token, place).decode() for token in made]

    def reveal_text() -> list[str]:
        return [cipher.decrypt(urlsafe_b64decode(token), place).decode() for token in texts]

    def check(output: object) -> None:
        raw = [urlsafe_b64decode(t) if isinstance(t, str) else t for t in listed(output)]
        same([cipher.decrypt(token, place).decode() for token in raw], emails)

    yield Rival("cryptography", "tokenize_binary_22", binary, check)
    yield Rival("cryptography", "tokenize_text_22", text, check)
    yield Rival("cryptography", "reveal_token_binary_22", reveal_binary, expect(emails))
    yield Rival("cryptography", "reveal_token_22", reveal_text, expect(emails))


def _ciphertexts(lists: Lists) -> Iterator[Rival]:
    cipher, ssns = AESGCM(CIPHER_KEY), lists.ssns

    def one(value: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + cipher.encrypt(nonce, value.encode(), CIPHER_PLACE)

    def opened(raw: bytes) -> str:
        return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], CIPHER_PLACE).decode()

    def binary() -> list[bytes]:
        return [one(value) for value in ssns]

    def text() -> list[str]:
        return [urlsafe_b64encode(one(value)).decode() for value in ssns]

    made, texts = binary(), text()

    def reveal_binary() -> list[str]:
        return [opened(raw) for raw in made]

    def reveal_text() -> list[str]:
        return [opened(urlsafe_b64decode(raw)) for raw in texts]

    def check(output: object) -> None:
        raw = [urlsafe_b64decode(t) if isinstance(t, str) else t for t in listed(output)]
        same([opened(token) for token in raw], ssns)

    yield Rival("cryptography", "encrypt_11", binary, check)
    yield Rival("cryptography", "encrypt_text_11", text, check)
    yield Rival("cryptography", "reveal_cipher_binary_11", reveal_binary, expect(ssns))
    yield Rival("cryptography", "reveal_cipher_11", reveal_text, expect(ssns))


def _fernet(lists: Lists) -> Iterator[Rival]:
    cipher, ssns = Fernet(urlsafe_b64encode(CIPHER_KEY)), lists.ssns

    def text() -> list[str]:
        return [cipher.encrypt(value.encode()).decode() for value in ssns]

    made = text()

    def reveal() -> list[str]:
        return [cipher.decrypt(token).decode() for token in made]

    def check(output: object) -> None:
        same([cipher.decrypt(token).decode() for token in listed(output)], ssns)

    yield Rival("fernet", "encrypt_text_11", text, check)
    yield Rival("fernet", "reveal_cipher_11", reveal, expect(ssns))


def _hashes(lists: Lists) -> Iterator[Rival]:
    emails = lists.emails

    def cmac(value: str) -> bytes:
        state = CMAC(algorithms.AES(HASH_KEY))
        state.update(value.encode())
        return state.finalize()

    def hmac(value: str) -> bytes:
        state = HMAC(HASH_KEY, SHA256())
        state.update(value.encode())
        return state.finalize()

    jobs: dict[str, tuple[Callable[[str], bytes], HashAlgorithm]] = {
        "hash_22": (cmac, HashAlgorithm.AES_CMAC),
        "hmac_22": (hmac, HashAlgorithm.HMAC_SHA256),
    }
    for name, (one, algorithm) in jobs.items():
        truth = our_hashes(lists.columns, algorithm)
        yield Rival("cryptography", name, partial(_each, one, emails), expect(truth))


def _each(one: Callable[[str], bytes], values: list[str]) -> list[bytes]:
    return [one(value) for value in values]
