"""Tink: AES-256-SIV and XAES-256-GCM (and AES-256-GCM) with its own five-byte key prefix."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

import tink
from tink import aead, daead

from bench.kernels.cases import CIPHER_PLACE, TOKEN_PLACE
from bench.rivals.rival import Lists, Rival, expect, listed, same


def rivals(lists: Lists) -> Iterator[Rival]:
    """Both, over values one at a time."""
    daead.register()
    aead.register()
    yield from _tokens(lists)
    yield from _ciphertexts(lists, "tink", aead.aead_key_templates.AES256_GCM)
    yield from _ciphertexts(lists, "tink_xaes", aead.aead_key_templates.XAES_256_GCM_192_BIT_NONCE)


def _tokens(lists: Lists) -> Iterator[Rival]:
    handle = tink.new_keyset_handle(daead.deterministic_aead_key_templates.AES256_SIV)
    cipher, emails = handle.primitive(daead.DeterministicAead), lists.emails

    def binary() -> list[bytes]:
        return [cipher.encrypt_deterministically(v.encode(), TOKEN_PLACE) for v in emails]

    def text() -> list[str]:
        return [
            urlsafe_b64encode(cipher.encrypt_deterministically(v.encode(), TOKEN_PLACE)).decode()
            for v in emails
        ]

    def check(output: object) -> None:
        raw = [urlsafe_b64decode(t) if isinstance(t, str) else t for t in listed(output)]
        same([opened(token) for token in raw], emails)

    def opened(token: bytes) -> str:
        return str(cipher.decrypt_deterministically(token, TOKEN_PLACE).decode())

    made = binary()
    yield Rival("tink", "tokenize_binary_22", binary, check)
    yield Rival("tink", "tokenize_text_22", text, check)
    yield Rival(
        "tink",
        "reveal_token_binary_22",
        lambda: [cipher.decrypt_deterministically(t, TOKEN_PLACE).decode() for t in made],
        expect(emails),
    )


def _ciphertexts(lists: Lists, peer: str, template: object) -> Iterator[Rival]:
    cipher = tink.new_keyset_handle(template).primitive(aead.Aead)
    ssns = lists.ssns

    def binary() -> list[bytes]:
        return [cipher.encrypt(v.encode(), CIPHER_PLACE) for v in ssns]

    def check(output: object) -> None:
        same([cipher.decrypt(token, CIPHER_PLACE).decode() for token in listed(output)], ssns)

    made = binary()
    yield Rival(peer, "encrypt_11", binary, check)
    yield Rival(
        peer,
        "reveal_cipher_binary_11",
        lambda: [cipher.decrypt(t, CIPHER_PLACE).decode() for t in made],
        expect(ssns),
    )
