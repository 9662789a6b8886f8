"""Attacks on frames and on what errors tell."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.errors import IntegrityError, KeyUnavailable, LockgateError
from lockgate.kernel import load
from lockgate.kernel.binding import ciphertext_binding, token_binding
from lockgate.kernel.canonical import canonical
from lockgate.kernel.decode import decode
from lockgate.kernel.frame import read_frames
from lockgate.kernel.interface import HashAlgorithm, Mask, Normaliser
from lockgate.secret import SecretBytes

KERNEL = load()
TOKEN_KEY, KEY = SecretBytes(bytes(range(64))), SecretBytes(bytes(range(32)))
EMAIL, NAME = token_binding("email"), token_binding("person-name")
SSN, PHONE = ciphertext_binding("clinic", "ssn"), ciphertext_binding("clinic", "phone")
CANARY = "canary-7391-secret"
VALUES = pa.array(["ada@x.org", "", CANARY])


def tokens(*, text: bool = False) -> pa.Array:
    return KERNEL.tokenize(VALUES, Normaliser.EXACT, TOKEN_KEY, EMAIL, 3, text=text)


def ciphertexts(*, text: bool = False) -> pa.Array:
    return KERNEL.encrypt(VALUES, KEY, SSN, 4, text=text)


def reveal(frames: pa.Array) -> pa.BinaryArray:
    """With every key number these frames could be edited into pointing at the same keys."""
    headers = read_frames(frames).headers
    keys = {pair: TOKEN_KEY if pair[0] == 1 else KEY for pair in headers}
    return KERNEL.reveal(frames, keys, {1: EMAIL, 2: SSN})


MAKERS: list[Callable[..., pa.Array]] = [tokens, ciphertexts]


@pytest.mark.parametrize("make", MAKERS)
def test_tampering_with_any_bit_is_refused(make: Callable[..., pa.Array]) -> None:
    frame = make()[0].as_py()
    for position in range(len(frame)):
        for bit in range(8):
            changed = bytearray(frame)
            changed[position] ^= 1 << bit
            with pytest.raises(IntegrityError):
                reveal(pa.array([bytes(changed)], pa.binary()))


@pytest.mark.parametrize("make", MAKERS)
def test_tampering_with_any_character_is_refused(make: Callable[..., pa.Array]) -> None:
    text = make(text=True)[0].as_py()
    for position, character in enumerate(text):
        for other in "A", "z", "-", "=", " ", "é":
            if other != character:
                changed = text[:position] + other + text[position + 1 :]
                with pytest.raises(IntegrityError):
                    reveal(pa.array([changed]))


@pytest.mark.parametrize("make", MAKERS)
def test_truncating_or_extending_is_refused(make: Callable[..., pa.Array]) -> None:
    frame = make()[2].as_py()
    for length in range(len(frame)):
        with pytest.raises(IntegrityError):
            reveal(pa.array([frame[:length]], pa.binary()))
    with pytest.raises(IntegrityError):
        reveal(pa.array([frame + b"\0"], pa.binary()))


def test_a_ciphertext_pasted_into_another_column_is_refused() -> None:
    with pytest.raises(IntegrityError, match="3 of 3 frames do not open"):
        KERNEL.reveal(ciphertexts(), {(2, 4): KEY}, {2: PHONE})


def test_a_token_taken_to_another_domain_is_refused() -> None:
    with pytest.raises(IntegrityError, match="3 of 3 frames do not open"):
        KERNEL.reveal(tokens(), {(1, 3): TOKEN_KEY}, {1: NAME})


@given(st.integers(1, 2**24 - 1))
def test_an_edited_key_number_is_refused_even_where_the_key_is_the_same(number: int) -> None:
    for frames, algorithm, own in ((tokens(), 1, 3), (ciphertexts(), 2, 4)):
        if number == own:
            continue
        edited = [frame[:1] + number.to_bytes(3, "big") + frame[4:] for frame in frames.to_pylist()]
        column = pa.array(edited, pa.binary())
        assert read_frames(column).headers == {(algorithm, number)}
        with pytest.raises(IntegrityError, match="3 of 3 frames do not open"):
            reveal(column)
        with pytest.raises(KeyUnavailable):
            KERNEL.reveal(column, {(algorithm, own): KEY}, {1: EMAIL, 2: SSN})


def test_a_token_dressed_as_a_ciphertext_is_refused() -> None:
    token = tokens()[2].as_py()
    dressed = b"\x12" + token[1:].ljust(60, b"\0")
    with pytest.raises(IntegrityError):
        reveal(pa.array([dressed], pa.binary()))


def test_one_bad_frame_releases_none() -> None:
    good = tokens().to_pylist()
    bad = good[1][:-1] + bytes((good[1][-1] ^ 1,))

    with pytest.raises(IntegrityError, match="1 of 4 frames do not open"):
        reveal(pa.array([good[0], bad, None, good[2]], pa.binary()))


def test_nonces_are_never_used_twice() -> None:
    rows = 2_000
    column = pa.array(["same"] * rows)
    nonces, prefixes = set(), set()
    for _ in range(20):
        frames = KERNEL.encrypt(column, KEY, SSN, 4, text=False).to_pylist()
        nonces |= {frame[4:28] for frame in frames}
        prefixes |= {frame[4:24] for frame in frames}

    assert len(nonces) == 20 * rows
    assert len(prefixes) == 20


def test_equal_values_have_unequal_ciphertexts() -> None:
    column = pa.array(["same"] * 100).dictionary_encode()

    frames = KERNEL.encrypt(column, KEY, SSN, 4, text=True)

    assert len(frames.unique()) == 100


def failing() -> list[Callable[[], object]]:
    """Calls that fail on a value, each with the canary in it."""
    canary = pa.array([CANARY])
    broken = pa.Array.from_buffers(
        pa.string(), 1, pa.array([CANARY.encode() + b"\xff"], pa.binary()).buffers()
    )
    frames = tokens(text=True)
    damaged = pa.array([frames[2].as_py()[:-2] + "AA", CANARY])
    unassigned = pa.array([CANARY + "\u0378"])
    return [
        lambda: canonical(pa.array([CANARY, "n/a"]), Normaliser.DIGITS),
        lambda: canonical(unassigned, Normaliser.TEXT),
        lambda: canonical(broken, Normaliser.TEXT),
        lambda: KERNEL.mask(broken, Mask(last=2)),
        lambda: KERNEL.tokenize(unassigned, Normaliser.NFC, TOKEN_KEY, EMAIL, 3, text=True),
        lambda: KERNEL.tokenize(canary, Normaliser.EXACT, KEY, EMAIL, 3, text=True),
        lambda: KERNEL.encrypt(pa.array([[CANARY]]), KEY, SSN, 4, text=True),
        lambda: KERNEL.hash(
            broken, Normaliser.ALPHANUMERIC, KEY, HashAlgorithm.AES_CMAC, text=True
        ),
        lambda: decode(canary.cast(pa.binary()), pa.int64()),
        lambda: decode(canary.cast(pa.binary()), pa.timestamp("us")),
        lambda: read_frames(canary),
        lambda: KERNEL.reveal(damaged, {(1, 3): TOKEN_KEY}, {1: EMAIL}),
        lambda: KERNEL.reveal(frames, {(1, 3): SecretBytes(bytes(64))}, {1: EMAIL}),
    ]


@pytest.mark.parametrize("number", range(len(failing())))
def test_no_error_repeats_a_value_or_a_key(number: int) -> None:
    with pytest.raises(LockgateError) as caught:
        failing()[number]()

    chain: BaseException | None = caught.value
    told = "".join(traceback.format_exception(caught.value))
    while chain is not None:
        told += repr(chain) + repr(chain.args)
        chain = chain.__cause__ or chain.__context__
    assert "canary-7391" not in told.replace('CANARY = "canary-7391-secret"', "")
    assert bytes(range(32)).hex() not in told
    assert repr(bytes(range(32)))[2:-1] not in told
