"""Known answers that a kernel has to give before it is used: a broken build must not protect data.

A few values of every operation, in under a millisecond or two. The published vectors, which these
follow, are in ``tests/vectors``.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from lockgate.errors import IntegrityError, LockgateError
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.frame import ALGORITHM_CIPHERTEXT, ALGORITHM_TOKEN
from lockgate.kernel.interface import HashAlgorithm, Kernel, Mask, Normaliser
from lockgate.kernel.subject_self_test import answers_for_subjects
from lockgate.secret import SecretBytes

# No secrets: the keys that published vectors count up to.
_KEY = SecretBytes(bytes(range(32)))
_TOKEN_KEY = SecretBytes(bytes(range(64)))
_WHERE = b"where"
_TEXTS = pa.array([" Ada@Example.COM", None, "", "Gr\u00fc\u00dfe, long enough for two blocks"])
_CANONICAL = pa.array(
    [b"ada@example.com", None, b"", "gr\u00fc\u00dfe, long enough for two blocks".encode()]
)
_TOKENS = pa.array(
    [
        "lkg1_EQAAAV-UJcXeqmt7npgutjJLh0hfyEud3f_3ZQaLZptMyIw",
        None,
        "lkg1_EQAAAXVQBQuObmE_VnrKGZWy_VM",
        "lkg1_EQAAAUjOwWtHmi4J4d2reSToL1FYeXVaHfIvEBIEIdr9NM4HpTcKIXnmjm1uwfGSEjxq-MlBMg",
    ]
)
_CMAC = pa.array(
    [
        "ec0e6efad0e6b85fd9a339d62c14007c",
        None,
        "6bf0a293d8cba0101f0089727691b7fb",
        "77058345c9586114ab18d9e1ed6a369d",
    ]
)
_HMAC = pa.array(
    [
        "5c820b4a5aac8f31eb6741825bfecb8e97f00488d5edaed1ae2908c29d0b7e38",
        None,
        "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb",
        "30a86107b02ea55b3752f317b0f73577262a8a339550be552cf47077c087daf4",
    ]
)
_MASKED = pa.array([" ***@Example.COM", None, "", "G" + "*" * 32])
_CIPHERTEXT = bytes.fromhex(
    "12000002000102030405060708090a0b0c0d0e0f1011121314151617"
    "c0aee67aeb22b17ae1d41d5a298ca0179e76c96f26a05878f6c01f"
)
_OPENED = pa.array([b"078-05-1120"])
_CARDS, _ENCIPHERED = pa.array(["4111-1111-1111-1111"]), pa.array(["3363-1691-7066-9742"])


def failing(kernel: Kernel) -> str | None:
    """The first operation that gives another answer, or raises; None if all are right."""
    for name, is_right in _ANSWERS.items():
        try:
            if is_right(kernel):
                continue
        except LockgateError:
            pass
        return name
    return None


def _canonical(kernel: Kernel) -> bool:
    fits = kernel.encodable(pa.array(["1", "n/a"]), Normaliser.DIGITS, deterministic=True)
    made = kernel.canonical(_TEXTS, Normaliser.EMAIL)
    some = fits is not None and fits.to_pylist() == [True, False]
    return some and bool(made.equals(_CANONICAL))


def _tokenize(kernel: Kernel) -> bool:
    made = kernel.tokenize(_TEXTS, Normaliser.EMAIL, _TOKEN_KEY, _WHERE, 1, text=True)
    opened = kernel.reveal(made, {(ALGORITHM_TOKEN, 1): _TOKEN_KEY}, {ALGORITHM_TOKEN: _WHERE})
    headers = kernel.frame_headers(made)
    return (
        bool(made.equals(_TOKENS) and opened.equals(_CANONICAL))
        and headers == {(ALGORITHM_TOKEN, 1)}
        and _opens(kernel, made[:1], ALGORITHM_TOKEN, 1, b"elsewhere") is None
    )


def _encrypt(kernel: Kernel) -> bool:
    made = kernel.encrypt(_TEXTS, _KEY, _WHERE, 2, text=False)
    opened = _opens(kernel, made, ALGORITHM_CIPHERTEXT, 2, _WHERE)
    fixed = pa.array([_CIPHERTEXT])
    altered = pa.array([_CIPHERTEXT[:-1] + bytes([_CIPHERTEXT[-1] ^ 1])])
    return (
        opened is not None
        and bool(opened.equals(_TEXTS.cast(pa.binary())))
        and _opens(kernel, fixed, ALGORITHM_CIPHERTEXT, 2, _WHERE) == _OPENED
        and _opens(kernel, altered, ALGORITHM_CIPHERTEXT, 2, _WHERE) is None
    )


def _opens(
    kernel: Kernel, frames: pa.Array, algorithm: int, number: int, associated: bytes
) -> pa.BinaryArray | None:
    """What the frames open to; None if they do not."""
    key = _TOKEN_KEY if algorithm == ALGORITHM_TOKEN else _KEY
    try:
        return kernel.reveal(frames, {(algorithm, number): key}, {algorithm: associated})
    except IntegrityError:
        return None


def _hash(kernel: Kernel) -> bool:
    answers = {HashAlgorithm.AES_CMAC: _CMAC, HashAlgorithm.HMAC_SHA256: _HMAC}
    return all(
        kernel.hash(_TEXTS, Normaliser.EMAIL, _KEY, algorithm, text=True).equals(answer)
        for algorithm, answer in answers.items()
    )


def _mask(kernel: Kernel) -> bool:
    return bool(kernel.mask(_TEXTS, Mask(first=1, keep_email_domain=True)).equals(_MASKED))


def _ff1(kernel: Kernel) -> bool:
    spec = Ff1(Alphabet.DIGITS, _WHERE)
    made = kernel.ff1(_CARDS, spec, _KEY, decrypt=False)
    back = kernel.ff1(made, spec, _KEY, decrypt=True)
    return bool(made.equals(_ENCIPHERED) and back.equals(_CARDS)) and (
        kernel.ff1_fits(pa.array(["x"]), spec) is not None
    )


_ANSWERS: dict[str, Callable[[Kernel], bool]] = {
    "canonical": _canonical,
    "tokenize": _tokenize,
    "encrypt": _encrypt,
    "encrypt for subjects": answers_for_subjects,
    "hash": _hash,
    "mask": _mask,
    "ff1": _ff1,
}
