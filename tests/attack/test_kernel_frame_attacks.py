"""Attacks on frames and on what errors tell."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.errors import IntegrityError, KeyUnavailable, LockgateError
from lockgate.kernel.binding import ciphertext_binding, token_binding
from lockgate.kernel.decode import decode
from lockgate.kernel.frame import read_frames
from lockgate.kernel.interface import HashAlgorithm, Kernel, Mask, Normaliser
from lockgate.secret import SecretBytes

TOKEN_KEY, KEY = SecretBytes(bytes(range(64))), SecretBytes(bytes(range(32)))
EMAIL, NAME = token_binding("email"), token_binding("person-name")
SSN, PHONE = ciphertext_binding("clinic", "ssn"), ciphertext_binding("clinic", "phone")
CANARY = "canary-7391-secret"
VALUES = pa.array(["ada@x.org", "", CANARY])


def tokens(kernel: Kernel, *, text: bool = False) -> pa.Array:
    return kernel.tokenize(VALUES, Normaliser.EXACT, TOKEN_KEY, EMAIL, 3, text=text)


def ciphertexts(kernel: Kernel, *, text: bool = False) -> pa.Array:
    return kernel.encrypt(VALUES, KEY, SSN, 4, text=text)


def reveal(kernel: Kernel, frames: pa.Array) -> pa.BinaryArray:
    """With every key number these frames could be edited into pointing at the same keys."""
    headers = read_frames(frames).headers
    keys = {pair: TOKEN_KEY if pair[0] == 1 else KEY for pair in headers}
    return kernel.reveal(frames, keys, {1: EMAIL, 2: SSN})


MAKERS: list[Callable[..., pa.Array]] = [tokens, ciphertexts]


@pytest.mark.parametrize("make", MAKERS)
def test_tampering_with_any_bit_is_refused(kernel: Kernel, make: Callable[..., pa.Array]) -> None:
    frame = make(kernel)[0].as_py()
    for position in range(len(frame)):
        for bit in range(8):
            changed = bytearray(frame)
            changed[position] ^= 1 << bit
            with pytest.raises(IntegrityError):
                reveal(kernel, pa.array([bytes(changed)], pa.binary()))


@pytest.mark.parametrize("make", MAKERS)
def test_tampering_with_any_character_is_refused(
    kernel: Kernel, make: Callable[..., pa.Array]
) -> None:
    text = make(kernel, text=True)[0].as_py()
    for position, character in enumerate(text):
        for other in "A", "z", "-", "=", " ", "é":
            if other != character:
                changed = text[:position] + other + text[position + 1 :]
                with pytest.raises(IntegrityError):
                    reveal(kernel, pa.array([changed]))


@pytest.mark.parametrize("make", MAKERS)
def test_truncating_or_extending_is_refused(kernel: Kernel, make: Callable[..., pa.Array]) -> None:
    frame = make(kernel)[2].as_py()
    for length in range(len(frame)):
        with pytest.raises(IntegrityError):
            reveal(kernel, pa.array([frame[:length]], pa.binary()))
    with pytest.raises(IntegrityError):
        reveal(kernel, pa.array([frame + b"\0"], pa.binary()))


def test_a_ciphertext_pasted_into_another_column_is_refused(kernel: Kernel) -> None:
    with pytest.raises(IntegrityError, match="3 of 3 frames do not open"):
        kernel.reveal(ciphertexts(kernel), {(2, 4): KEY}, {2: PHONE})


def test_a_token_taken_to_another_domain_is_refused(kernel: Kernel) -> None:
    with pytest.raises(IntegrityError, match="3 of 3 frames do not open"):
        kernel.reveal(tokens(kernel), {(1, 3): TOKEN_KEY}, {1: NAME})


@given(st.integers(1, 2**24 - 1))
def test_an_edited_key_number_is_refused_even_where_the_key_is_the_same(
    kernel: Kernel, number: int
) -> None:
    for frames, algorithm, own in ((tokens(kernel), 1, 3), (ciphertexts(kernel), 2, 4)):
        if number == own:
            continue
        edited = [frame[:1] + number.to_bytes(3, "big") + frame[4:] for frame in frames.to_pylist()]
        column = pa.array(edited, pa.binary())
        assert read_frames(column).headers == {(algorithm, number)}
        with pytest.raises(IntegrityError, match="3 of 3 frames do not open"):
            reveal(kernel, column)
        with pytest.raises(KeyUnavailable):
            kernel.reveal(column, {(algorithm, own): KEY}, {1: EMAIL, 2: SSN})


def test_a_token_dressed_as_a_ciphertext_is_refused(kernel: Kernel) -> None:
    token = tokens(kernel)[2].as_py()
    dressed = b"\x12" + token[1:].ljust(60, b"\0")
    with pytest.raises(IntegrityError):
        reveal(kernel, pa.array([dressed], pa.binary()))


def test_one_bad_frame_releases_none(kernel: Kernel) -> None:
    good = tokens(kernel).to_pylist()
    bad = good[1][:-1] + bytes((good[1][-1] ^ 1,))

    with pytest.raises(IntegrityError, match="1 of 4 frames do not open"):
        reveal(kernel, pa.array([good[0], bad, None, good[2]], pa.binary()))


def test_nonces_are_never_used_twice(kernel: Kernel) -> None:
    rows = 2_000
    column = pa.array(["same"] * rows)
    nonces, prefixes = set(), set()
    for _ in range(20):
        frames = kernel.encrypt(column, KEY, SSN, 4, text=False).to_pylist()
        nonces |= {frame[4:28] for frame in frames}
        prefixes |= {frame[4:24] for frame in frames}

    assert len(nonces) == 20 * rows
    assert len(prefixes) == 20


def test_equal_values_have_unequal_ciphertexts(kernel: Kernel) -> None:
    column = pa.array(["same"] * 100).dictionary_encode()

    frames = kernel.encrypt(column, KEY, SSN, 4, text=True)

    assert len(frames.unique()) == 100


# How many calls that fail `failing` lists.
FAILING = 13


def failing(kernel: Kernel) -> list[Callable[[], object]]:
    """Calls that fail on a value, each with the canary in it."""
    canary = pa.array([CANARY])
    broken = pa.Array.from_buffers(
        pa.string(), 1, pa.array([CANARY.encode() + b"\xff"], pa.binary()).buffers()
    )
    frames = tokens(kernel, text=True)
    damaged = pa.array([frames[2].as_py()[:-2] + "AA", CANARY])
    unassigned = pa.array([CANARY + "\u0378"])
    return [
        lambda: kernel.canonical(pa.array([CANARY, "n/a"]), Normaliser.DIGITS),
        lambda: kernel.canonical(unassigned, Normaliser.TEXT),
        lambda: kernel.canonical(broken, Normaliser.TEXT),
        lambda: kernel.mask(broken, Mask(last=2)),
        lambda: kernel.tokenize(unassigned, Normaliser.NFC, TOKEN_KEY, EMAIL, 3, text=True),
        lambda: kernel.tokenize(canary, Normaliser.EXACT, KEY, EMAIL, 3, text=True),
        lambda: kernel.encrypt(pa.array([[CANARY]]), KEY, SSN, 4, text=True),
        lambda: kernel.hash(
            broken, Normaliser.ALPHANUMERIC, KEY, HashAlgorithm.AES_CMAC, text=True
        ),
        lambda: decode(canary.cast(pa.binary()), pa.int64()),
        lambda: decode(canary.cast(pa.binary()), pa.timestamp("us")),
        lambda: read_frames(canary),
        lambda: kernel.reveal(damaged, {(1, 3): TOKEN_KEY}, {1: EMAIL}),
        lambda: kernel.reveal(frames, {(1, 3): SecretBytes(bytes(64))}, {1: EMAIL}),
    ]


def test_every_failing_call_is_tried(kernel: Kernel) -> None:
    assert len(failing(kernel)) == FAILING


@pytest.mark.parametrize("number", range(FAILING))
def test_no_error_repeats_a_value_or_a_key(kernel: Kernel, number: int) -> None:
    with pytest.raises(LockgateError) as caught:
        failing(kernel)[number]()

    chain: BaseException | None = caught.value
    told = "".join(traceback.format_exception(caught.value))
    while chain is not None:
        told += repr(chain) + repr(chain.args)
        chain = chain.__cause__ or chain.__context__
    assert "canary-7391" not in told.replace('CANARY = "canary-7391-secret"', "")
    assert bytes(range(32)).hex() not in told
    assert repr(bytes(range(32)))[2:-1] not in told
