"""FF1 (NIST SP 800-38G, algorithms 7 and 8), one value at a time over pyca/cryptography's AES."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lockgate.errors import KernelError
from lockgate.kernel import refusals
from lockgate.kernel.canonical import is_text, narrow, spread_runs
from lockgate.kernel.ff1 import SEPARATORS, Alphabet, Ff1
from lockgate.kernel.laid_out import require_laid_out
from lockgate.kernel.varlen import Bytes, Offsets, taken, view

_ROUNDS = 10
_BLOCK = 16
_NO_BLOCK = bytes(_BLOCK)


class Ff1Cipher:
    """FF1 under one AES key of 16, 24 or 32 bytes, one radix and one tweak.

    Works on number strings whose longer half needs at most 96 bits, so that the round's number
    and the half share the last block of what the PRF takes.
    """

    def __init__(self, key: bytes, radix: int, tweak: bytes) -> None:
        # One block at a time: a chain over them is CBC-MAC, SP 800-38G's PRF (algorithm 6).
        self._encrypt = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305
        self._radix = radix
        self._tweak = tweak
        self._starts: dict[int, tuple[int, bytes]] = {}

    def encrypt(self, number: int, length: int) -> int:
        """The number string ``number`` (its value, in ``length`` numerals), enciphered."""
        split: int = self._radix ** (length - length // 2)
        a, b = divmod(number, split)
        for i in range(_ROUNDS):
            modulus = self._radix ** ((length + i % 2) // 2)
            a, b = b, (a + self._round(i, b, length)) % modulus
        return a * split + b

    def decrypt(self, number: int, length: int) -> int:
        """The number string that ``encrypt`` made ``number`` of."""
        split: int = self._radix ** (length - length // 2)
        a, b = divmod(number, split)
        for i in reversed(range(_ROUNDS)):
            modulus = self._radix ** ((length + i % 2) // 2)
            a, b = (b - self._round(i, a, length)) % modulus, a
        return a * split + b

    def _round(self, i: int, half: int, length: int) -> int:
        """Steps 6.i to 6.iv: the number y of round ``i``."""
        half_bytes, start = self._start(length)
        last = bytes([i]) + half.to_bytes(half_bytes, "big")
        block = self._chain(start[:_BLOCK], start[_BLOCK:] + last)
        return int.from_bytes(block[: 4 * -(-half_bytes // 4) + 4], "big")

    def _start(self, length: int) -> tuple[int, bytes]:
        """Bytes of a half (b), and what the PRF has of P || Q before the round's number.

        That is the same for every value of one length: the chain over all whole blocks, and
        then what the last block begins with.
        """
        if length not in self._starts:
            self._starts[length] = self._new_start(length)
        return self._starts[length]

    def _new_start(self, length: int) -> tuple[int, bytes]:
        u = length // 2
        bits = (self._radix ** (length - u) - 1).bit_length()
        b = -(-bits // 8)
        if b > _BLOCK - 4:
            raise KernelError("FF1 here takes halves of at most 96 bits")
        p = bytes((1, 2, 1)) + self._radix.to_bytes(3, "big") + bytes((_ROUNDS, u % 256))
        p += length.to_bytes(4, "big") + len(self._tweak).to_bytes(4, "big")
        q = self._tweak + bytes((-len(self._tweak) - b - 1) % _BLOCK)
        state = self._encrypt(p)
        whole = len(q) // _BLOCK * _BLOCK
        for at in range(0, whole, _BLOCK):
            state = self._chain(state, q[at : at + _BLOCK])
        return b, state + q[whole:]

    def _chain(self, state: bytes, block: bytes) -> bytes:
        mixed = int.from_bytes(state, "big") ^ int.from_bytes(block, "big")
        return self._encrypt(mixed.to_bytes(_BLOCK, "big"))


def fits(values: pa.Array, spec: Ff1) -> pa.BooleanArray | None:
    """Which texts are numerals and separators, neither too few nor too many; None if all.

    Null fits. Raises KernelError for a column that is not text.
    """
    text = _text(values)
    data, offsets = view(text)
    numerals = _count(spec.alphabet.characters, data, offsets)
    known = _count(spec.alphabet.characters + SEPARATORS, data, offsets)
    fitting = (known == np.diff(offsets)) & (numerals >= spec.alphabet.least)
    fitting &= numerals <= spec.alphabet.most
    fitting |= text.is_null().to_numpy(zero_copy_only=False)
    return None if fitting.all() else pa.array(fitting)


def enciphered(values: pa.Array, spec: Ff1, key: bytes, *, decrypt: bool) -> pa.StringArray:
    """Each text's numerals through FF1; separators and null stay.

    Raises KernelError, with the count, if some texts do not fit.
    """
    fitting = fits(values, spec)
    if fitting is not None:
        refused = pc.sum(pc.invert(fitting)).as_py()
        raise refusals.ff1_does_not_fit(refused, len(values), spec.alphabet.value)
    distinct = _text(values).dictionary_encode()
    cipher = Ff1Cipher(key, spec.alphabet.radix, spec.tweak)
    permute = cipher.decrypt if decrypt else cipher.encrypt
    made = [_one(text, spec.alphabet, permute) for text in distinct.dictionary.to_pylist()]
    return taken(pa.array(made, pa.string()), distinct.indices)


def _one(text: str, alphabet: Alphabet, permute: Callable[[int, int], int]) -> str:
    """One text's numerals as a number, permuted, back into their places."""
    characters, radix = alphabet.characters, alphabet.radix
    number, length = 0, 0
    for character in text:
        if character not in SEPARATORS:
            number = number * radix + characters.index(character)
            length += 1
    number = permute(number, length)
    made = list(text)
    for at in reversed(range(len(made))):
        if made[at] not in SEPARATORS:
            number, numeral = divmod(number, radix)
            made[at] = characters[numeral]
    return "".join(made)


def _text(values: pa.Array) -> pa.StringArray:
    if not isinstance(values, pa.Array):
        raise refusals.not_an_array()
    kind = values.type
    while pt.is_dictionary(kind) or pt.is_run_end_encoded(kind):
        kind = kind.value_type
    if not is_text(kind):
        raise refusals.ff1_no_text()
    require_laid_out(values)
    return _plain(values)


def _plain(values: pa.Array) -> pa.StringArray:
    kind = values.type
    if pt.is_dictionary(kind):
        return taken(_plain(values.dictionary), values.indices)
    if pt.is_run_end_encoded(kind):
        return spread_runs(_plain(values.values), values)
    return narrow(values, pa.string())


def _count(counted: str, data: Bytes, offsets: Offsets) -> Offsets:
    """How many bytes of each row are among ``counted``, which is ASCII."""
    total = np.zeros(len(data) + 1, np.int64)
    np.cumsum(np.isin(data, np.frombuffer(counted.encode(), np.uint8)), out=total[1:])
    return total[offsets[1:]] - total[offsets[:-1]]
