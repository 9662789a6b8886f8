"""The jobs that are timed."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from bench.kernels.case import Case, LimitCall, same_as
from bench.kernels.columns import Columns, made_up_key
from bench.kernels.subjects import encrypt_for_subjects
from bench.limit import Input
from lockgate.kernel.binding import bind, ciphertext_binding, token_binding
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.frame import ALGORITHM_CIPHERTEXT, ALGORITHM_TOKEN, header, read_frames
from lockgate.kernel.interface import HashAlgorithm, Kernel, Mask, Normaliser
from lockgate.kernel.portable import PortableKernel
from lockgate.secret import SecretBytes

NUMBER = 7
TOKEN_KEY = made_up_key("token", 64)
CIPHER_KEY = made_up_key("cipher", 32)
HASH_KEY = made_up_key("hash", 32)
FF1_KEY = made_up_key("ff1", 32)
FF1_TWEAK = made_up_key("tweak", 7)
TOKEN_PLACE = token_binding("email")
CIPHER_PLACE = ciphertext_binding("bench", "ssn")
PHONE_MASK = Mask(last=4, only="digits")
EMAIL_MASK = Mask(keep_email_domain=True)
_RANDOM = slice(4, 24)


def cases(columns: Columns) -> Iterator[Case]:
    """Every case, the portable kernel's output as the truth."""
    yield from (_tokenize(columns, text) for text in (True, False))
    yield from (_encrypt(columns, text) for text in (False, True))
    yield from encrypt_for_subjects(columns)
    yield _hash("hash_22", columns, HashAlgorithm.AES_CMAC, "cmac")
    yield _hash("hmac_22", columns, HashAlgorithm.HMAC_SHA256, "hmac")
    yield _mask("mask_12", "mask a phone number", columns.phones, PHONE_MASK, "mask")
    yield _mask("mask_email_22", "mask an e-mail address", columns.emails, EMAIL_MASK, None)
    yield _ff1("ff1_16", "FF1 of 16 digits", columns.cards)
    yield _ff1("ff1_9", "FF1 of 9 digits", columns.ids)
    yield from (_reveal_tokens(columns, text) for text in (True, False))
    yield from (_reveal_ciphertexts(columns, text) for text in (True, False))
    yield _canonical(columns)


def _tokenize(columns: Columns, text: bool) -> Case:
    emails, head = columns.emails, header(ALGORITHM_TOKEN, NUMBER)

    def ours(kernel: Kernel) -> pa.Array:
        key = SecretBytes(TOKEN_KEY)
        return kernel.tokenize(emails, Normaliser.EMAIL, key, TOKEN_PLACE, NUMBER, text=text)

    def limit(output: pa.Array) -> LimitCall:
        arguments = (TOKEN_KEY, TOKEN_PLACE, len(TOKEN_PLACE), head, int(text))
        return LimitCall("tokenize", Input.of(emails), arguments, output)

    name = f"tokenize_{'text' if text else 'binary'}_22"
    what = f"tokenize an e-mail address to {'text' if text else 'binary'}"
    return Case(name, what, emails, ours, same_as(ours(PortableKernel())), limit)


def _encrypt(columns: Columns, text: bool) -> Case:
    ssns, head = columns.ssns, header(ALGORITHM_CIPHERTEXT, NUMBER)
    bound = bind(CIPHER_PLACE, head)

    def ours(kernel: Kernel) -> pa.Array:
        return kernel.encrypt(ssns, SecretBytes(CIPHER_KEY), CIPHER_PLACE, NUMBER, text=text)

    def wrong(output: pa.Array) -> str:
        """Nonces differ from call to call: what comes back is compared, and how long it is."""
        expected = ours(PortableKernel())
        if output.type != expected.type or output.nbytes != expected.nbytes:
            return f"{output.nbytes} bytes of {output.type}, not {expected.nbytes}"
        return same_as(ssns.cast(pa.binary()))(_opened(PortableKernel(), output))

    def limit(output: pa.Array) -> LimitCall:
        random = read_frames(output).frames[0].as_py()[_RANDOM]
        arguments = (CIPHER_KEY, bound, len(bound), head, random, int(text))
        return LimitCall("encrypt", Input.of(ssns), arguments, output)

    name = "encrypt_text_11" if text else "encrypt_11"
    what = f"encrypt a social security number to {'text' if text else 'binary'}"
    return Case(name, what, ssns, ours, wrong, limit)


def _opened(kernel: Kernel, frames: pa.Array) -> pa.Array:
    keys = {
        (ALGORITHM_TOKEN, NUMBER): SecretBytes(TOKEN_KEY),
        (ALGORITHM_CIPHERTEXT, NUMBER): SecretBytes(CIPHER_KEY),
    }
    places = {ALGORITHM_TOKEN: TOKEN_PLACE, ALGORITHM_CIPHERTEXT: CIPHER_PLACE}
    return kernel.reveal(frames, keys, places)


def _reveal_tokens(columns: Columns, text: bool) -> Case:
    made = _tokenize(columns, text)
    frames, head = made.ours(PortableKernel()), header(ALGORITHM_TOKEN, NUMBER)

    def limit(output: pa.Array) -> LimitCall:
        arguments = (TOKEN_KEY, TOKEN_PLACE, len(TOKEN_PLACE), head, int(text))
        return LimitCall("open_tokens", Input.of(frames), arguments, output)

    name = "reveal_token_22" if text else "reveal_token_binary_22"
    what = f"reveal a token from {'text' if text else 'binary'}"
    truth = same_as(columns.emails.cast(pa.binary()))
    return Case(name, what, frames, lambda kernel: _opened(kernel, frames), truth, limit)


def _reveal_ciphertexts(columns: Columns, text: bool) -> Case:
    made = _encrypt(columns, text)
    frames, head = made.ours(PortableKernel()), header(ALGORITHM_CIPHERTEXT, NUMBER)
    bound = bind(CIPHER_PLACE, head)
    random = read_frames(frames).frames[0].as_py()[_RANDOM]

    def limit(output: pa.Array) -> LimitCall:
        arguments = (CIPHER_KEY, bound, len(bound), head, random, int(text))
        return LimitCall("open_ciphertexts", Input.of(frames), arguments, output)

    name = "reveal_cipher_11" if text else "reveal_cipher_binary_11"
    what = f"reveal a ciphertext from {'text' if text else 'binary'}"
    truth = same_as(columns.ssns.cast(pa.binary()))
    return Case(name, what, frames, lambda kernel: _opened(kernel, frames), truth, limit)


def _hash(name: str, columns: Columns, algorithm: HashAlgorithm, function: str) -> Case:
    emails = columns.emails

    def ours(kernel: Kernel) -> pa.Array:
        key = SecretBytes(HASH_KEY)
        return kernel.hash(emails, Normaliser.EMAIL, key, algorithm, text=False)

    def limit(output: pa.Array) -> LimitCall:
        return LimitCall(function, Input.of(emails), (HASH_KEY,), output)

    what = f"keyed hash ({algorithm.value}) of an e-mail address, binary"
    return Case(name, what, emails, ours, same_as(ours(PortableKernel())), limit)


def our_hashes(columns: Columns, algorithm: HashAlgorithm) -> list[bytes]:
    """What the portable kernel gives under the same key: peers are compared with it."""
    hashed = PortableKernel().hash(
        columns.emails, Normaliser.EXACT, SecretBytes(HASH_KEY), algorithm, text=False
    )
    return list(hashed.to_pylist())


def _mask(name: str, what: str, values: pa.Array, mask: Mask, function: str | None) -> Case:
    def ours(kernel: Kernel) -> pa.Array:
        return kernel.mask(values, mask)

    def limit(output: pa.Array) -> LimitCall:
        return LimitCall(function or "", Input.of(values), (), output)

    truth = same_as(ours(PortableKernel()))
    return Case(name, what, values, ours, truth, limit if function else None)


def our_ff1(values: pa.Array) -> list[str]:
    """What the portable kernel makes of digits under the same key and tweak."""
    spec = Ff1(Alphabet.DIGITS, FF1_TWEAK)
    return list(PortableKernel().ff1(values, spec, SecretBytes(FF1_KEY), decrypt=False).to_pylist())


def _ff1(name: str, what: str, values: pa.Array) -> Case:
    spec = Ff1(Alphabet.DIGITS, FF1_TWEAK)

    def ours(kernel: Kernel) -> pa.Array:
        return kernel.ff1(values, spec, SecretBytes(FF1_KEY), decrypt=False)

    def limit(output: pa.Array) -> LimitCall:
        arguments = (FF1_KEY, FF1_TWEAK, len(FF1_TWEAK))
        return LimitCall("ff1", Input.of(values), arguments, output)

    return Case(name, what, values, ours, same_as(ours(PortableKernel())), limit)


def _canonical(columns: Columns) -> Case:
    emails = columns.emails

    def ours(kernel: Kernel) -> pa.Array:
        return kernel.canonical(emails, Normaliser.EMAIL)

    def limit(output: pa.Array) -> LimitCall:
        return LimitCall("lower", Input.of(emails), (), output)

    what = "canonical form of an e-mail address"
    return Case("canonical_email_22", what, emails, ours, same_as(ours(PortableKernel())), limit)
