"""The native kernel's FF1 is the portable one: every layout and alphabet, every refusal."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_arrays import PLAIN, TEXTS, array, arrays
from kernel_calls import KEY, Kernels, assert_alike
from lockgate.kernel.ff1 import SEPARATORS, Alphabet, Ff1
from lockgate.kernel.interface import Kernel
from lockgate.secret import SecretBytes


def enciphered(spec: Ff1, decrypt: bool, kernel: Kernel, values: pa.Array) -> pa.Array:
    """FF1 one way."""
    return kernel.ff1(values, spec, KEY, decrypt=decrypt)


def fits(spec: Ff1, kernel: Kernel, values: pa.Array) -> pa.Array | None:
    """Which texts FF1 takes."""
    return kernel.ff1_fits(values, spec)


def assert_all_alike(kernels: Kernels, spec: Ff1, values: pa.Array) -> None:
    assert_alike(kernels, partial(fits, spec), values, spec)
    for decrypt in (False, True):
        assert_alike(kernels, partial(enciphered, spec, decrypt), values, spec)


def slots(alphabet: Alphabet) -> st.SearchStrategy[bytes]:
    """Numerals and separators, mostly as many as fit; or anything, text or not."""
    character = st.sampled_from(alphabet.characters)
    numerals = st.text(character, min_size=alphabet.least, max_size=alphabet.most)
    spaced = st.lists(st.text(character, max_size=4), min_size=2, max_size=6).flatmap(
        lambda parts: st.sampled_from(SEPARATORS).map(lambda separator: separator.join(parts))
    )
    return st.one_of(numerals, numerals, spaced).map(str.encode) | st.binary(max_size=9)


@pytest.mark.parametrize("alphabet", Alphabet)
@settings(max_examples=80)
@given(data=st.data())
def test_it_comes_to_the_same(kernels: Kernels, alphabet: Alphabet, data: st.DataObject) -> None:
    held = data.draw(st.lists(slots(alphabet), max_size=9))
    flags = st.lists(st.booleans(), min_size=len(held), max_size=len(held))
    kind = data.draw(st.sampled_from(TEXTS))
    whole = array(kind, held, data.draw(st.none() | flags), data.draw(st.binary(max_size=3)))
    spec = Ff1(alphabet, data.draw(st.binary(max_size=40)))

    assert_all_alike(kernels, spec, whole.slice(data.draw(st.integers(0, len(held)))))


@settings(max_examples=150)
@given(data=st.data())
def test_other_types_and_layouts_come_to_the_same(kernels: Kernels, data: st.DataObject) -> None:
    spec = Ff1(data.draw(st.sampled_from(Alphabet)), b"tweak")

    assert_all_alike(kernels, spec, data.draw(arrays(PLAIN)))


@pytest.mark.parametrize("alphabet", Alphabet)
def test_every_length_in_company(kernels: Kernels, alphabet: Alphabet) -> None:
    """More of each length than go through AES together, and lengths of every width of half."""
    characters = alphabet.characters * 3
    texts = [
        characters[row % 31 :][:length] if row % 5 else characters[-1] * length
        for row in range(131)
        for length in range(alphabet.least, alphabet.most + 1)
    ]
    values = pa.array([text if row % 17 else None for row, text in enumerate(texts)])

    assert_all_alike(kernels, Ff1(alphabet, bytes(33)), values)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33, 64])
def test_keys_of_another_length_are_refused_alike(kernels: Kernels, length: int) -> None:
    def call(kernel: Kernel, values: pa.Array) -> pa.Array:
        key = SecretBytes(bytes(length))
        return kernel.ff1(values, Ff1(Alphabet.DIGITS, b""), key, decrypt=False)

    assert assert_alike(kernels, call, pa.array(["123456"])).error
