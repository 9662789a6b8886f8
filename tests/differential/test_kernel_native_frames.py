"""The native kernel is the portable one: columns of frames, whole, mixed, damaged and foreign."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_arrays import PLAIN, arrays
from kernel_calls import KEY, PLACE, TOKEN_KEY, Kernels
from kernels import outcome
from lockgate.kernel.frame import header
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.kernel.portable import PortableKernel
from lockgate.kernel.portable_frame_text import to_text
from lockgate.secret import SecretBytes

OTHER_TOKEN_KEY, OTHER_KEY = SecretBytes(b"\7" * 64), SecretBytes(b"\7" * 32)
KEYS = {
    (1, 7): TOKEN_KEY,
    (1, 8): OTHER_TOKEN_KEY,
    (2, 9): KEY,
    (2, 7): OTHER_KEY,
    (2, 2**24 - 1): KEY,
}
PLACES = {1: PLACE, 2: b"another place"}


def made(values: list[bytes | None], pair: tuple[int, int]) -> list[bytes | None]:
    """Frames of the portable kernel."""
    kernel, column = PortableKernel(), pa.array(values, pa.binary())
    algorithm, number = pair
    key, place = KEYS[pair], PLACES[algorithm]
    if algorithm == 1:
        frames = kernel.tokenize(column, Normaliser.EXACT, key, place, number, text=False)
    else:
        frames = kernel.encrypt(column, key, place, number, text=False)
    listed: list[bytes | None] = frames.to_pylist()
    return listed


values = st.lists(st.none() | st.binary(max_size=50), min_size=1, max_size=6)
parts = st.lists(st.tuples(values, st.sampled_from(list(KEYS))), min_size=1, max_size=5)


def bent(frame: bytes, at: int, how: int) -> bytes:
    """A frame with one thing wrong, or nothing."""
    at %= len(frame)
    ways: list[Callable[[], bytes]] = [
        lambda: frame,
        lambda: frame[:at] + bytes((frame[at] ^ 1 << at % 8,)) + frame[at + 1 :],
        lambda: frame[:at],
        lambda: frame + b"\0",
        lambda: frame[:1] + (77).to_bytes(3, "big") + frame[4:],
        lambda: bytes((frame[0] ^ 3,)) + frame[1:],
        lambda: b"\x21" + frame[1:],
        lambda: b"",
        lambda: frame[:1] + bytes(3) + frame[4:],
    ]
    return ways[how % len(ways)]()


@settings(max_examples=300)
@given(
    parts,
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 40)), min_size=30, max_size=30),
    st.sampled_from(["binary", "text", "large text", "views", "text views", "large binary"]),
    st.sets(st.sampled_from(list(KEYS)), min_size=2),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_columns_of_frames_open_or_are_refused_alike(
    kernels: Kernels, drawn: list, damage: list, layout: str, held: set, both: bool, shuffle: object
) -> None:
    frames = [frame for some, pair in drawn for frame in made(some, pair)]
    shuffle.shuffle(frames)  # type: ignore[attr-defined]
    frames = [
        None if frame is None else bent(frame, at, how if how < 9 else 0)
        for frame, (at, how) in zip(frames, damage, strict=False)
    ]
    column = laid_out(frames, layout)
    keys = {pair: KEYS[pair] for pair in held} | (KEYS if both else {})
    places = PLACES if both else {1: PLACE}

    portable, native = (outcome(partial(k.reveal, column, keys, places)) for k in kernels)

    assert native == portable


def laid_out(frames: list[bytes | None], layout: str) -> pa.Array:
    """The frames as a slice of a column of that layout."""
    text = {"text": pa.string(), "large text": pa.large_string(), "text views": pa.string_view()}
    if layout in text:
        return to_text([b"x", *frames], "lkg1_").cast(text[layout])[1:]
    kinds = {"binary": pa.binary(), "views": pa.binary_view(), "large binary": pa.large_binary()}
    return pa.array([b"x", *frames], kinds[layout])[1:]


@settings(max_examples=200)
@given(arrays(PLAIN))
def test_columns_of_anything_are_no_frames_alike(kernels: Kernels, column: pa.Array) -> None:
    for call in (lambda k: k.reveal(column, KEYS, PLACES), lambda k: k.frame_headers(column)):
        portable, native = (outcome(partial(call, kernel)) for kernel in kernels)
        assert native == portable


LETTERS = st.sampled_from("ABCDEQRZaz0189-_+/= \n\tég")
nearly = st.tuples(
    st.sampled_from(["lkg1_", "lkg1_EQAAB", "lkg1_EgAACQ", "LKG1_", "lkg2_", "lkg1", ""]),
    st.text(LETTERS, max_size=70),
).map("".join)


@settings(max_examples=300)
@given(st.lists(st.none() | nearly, min_size=1, max_size=8))
def test_texts_that_could_be_frames(kernels: Kernels, texts: list[str | None]) -> None:
    column = pa.array(texts, pa.string())
    for call in (lambda k: k.reveal(column, KEYS, PLACES), lambda k: k.frame_headers(column)):
        portable, native = (outcome(partial(call, kernel)) for kernel in kernels)
        assert native == portable


def sealed(kernel: Kernel) -> dict[str, Callable[[], object]]:
    """Calls with one parameter each that is refused, and a column that is refused as well."""
    good, bad = pa.array(["ada1"]), pa.array(["n/a"])
    digits, exact, cmac = Normaliser.DIGITS, Normaliser.EXACT, HashAlgorithm.AES_CMAC
    short, long = SecretBytes(bytes(31)), SecretBytes(bytes(65))
    listed, floats = pa.array([[1]]), pa.array([1.5])
    token = partial(kernel.tokenize, text=True)
    encrypt = partial(kernel.encrypt, text=False)
    digest = partial(kernel.hash, text=True)
    frames = pa.array(made([b"a"], (1, 7)), pa.binary())
    return {
        "token key": lambda: token(good, exact, KEY, PLACE, 7),
        "token key and value": lambda: token(bad, digits, KEY, PLACE, 7),
        "token key and type": lambda: token(listed, exact, KEY, PLACE, 7),
        "token number 0": lambda: token(good, exact, TOKEN_KEY, PLACE, 0),
        "token number and key": lambda: token(good, exact, KEY, PLACE, 2**24),
        "token number, key and type": lambda: token(listed, exact, KEY, PLACE, -1),
        "token float": lambda: token(floats, exact, TOKEN_KEY, PLACE, 7),
        "token value": lambda: token(bad, digits, TOKEN_KEY, PLACE, 7),
        "token huge number": lambda: token(good, exact, TOKEN_KEY, PLACE, 2**80),
        "encrypt key": lambda: encrypt(good, short, PLACE, 9),
        "encrypt key and type": lambda: encrypt(listed, long, PLACE, 9),
        "encrypt number": lambda: encrypt(good, KEY, PLACE, 2**24),
        "encrypt number and type": lambda: encrypt(listed, KEY, PLACE, 0),
        "encrypt number and key": lambda: encrypt(good, long, PLACE, 0),
        "hash key": lambda: digest(good, exact, TOKEN_KEY, cmac),
        "hash key and value": lambda: digest(bad, digits, short, cmac),
        "hash float": lambda: digest(floats, exact, KEY, HashAlgorithm.HMAC_SHA256),
        "reveal no key": lambda: kernel.reveal(frames, {}, PLACES),
        "reveal no key, no place": lambda: kernel.reveal(frames, {}, {}),
        "reveal no place": lambda: kernel.reveal(frames, KEYS, {2: PLACE}),
        "reveal key length": lambda: kernel.reveal(frames, {(1, 7): KEY}, PLACES),
        "reveal key of no header": lambda: kernel.reveal(frames, {(99, -5): KEY}, PLACES),
        "reveal huge numbers": lambda: kernel.reveal(frames, {(1, 2**70): KEY}, {2**70: PLACE}),
        "reveal numbers": lambda: kernel.reveal(pa.array([1]), KEYS, PLACES),
        "reveal dictionary": lambda: kernel.reveal(frames.dictionary_encode(), KEYS, PLACES),
    }


@pytest.mark.parametrize("name", sealed(PortableKernel()))
def test_every_refusal_is_the_same_word_for_word(kernels: Kernels, name: str) -> None:
    portable, native = (outcome(sealed(kernel)[name]) for kernel in kernels)

    assert portable.error is not None
    assert native == portable


def test_the_headers_of_both_are_the_same(kernels: Kernels) -> None:
    column = pa.array([f for pair in KEYS for f in made([b"a", None], pair)], pa.binary())
    texts = to_text(column.to_pylist(), "lkg1_")

    for kernel in kernels:
        assert kernel.frame_headers(column) == kernel.frame_headers(texts) == set(KEYS)
    assert header(2, 2**24 - 1) == b"\x12\xff\xff\xff"
