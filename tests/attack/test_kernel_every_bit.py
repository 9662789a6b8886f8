"""Whatever byte of a frame is wrong, the answer is the same: one error, and the count."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from string import ascii_letters, digits

import pyarrow as pa
import pytest

from kernel_calls import KEY, PLACE, TOKEN_KEY, frames, opened, tokens
from kernels import Outcome, outcome
from lockgate.errors import IntegrityError, KeyUnavailable
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.kernel.portable_frame_text import to_text
from lockgate.secret import SecretBytes

VALUES = ["ada@x.org", "", "a value of more than two blocks of sixteen"]
HEADER = 4
ALPHABET = ascii_letters + digits + "-_"
Make = Callable[[Kernel, pa.Array], pa.Array]
MAKERS: dict[str, Callable[[bool], Make]] = {
    "token": lambda text: partial(tokens, Normaliser.EXACT, text),
    "ciphertext": lambda text: partial(frames, text),
}
SHORTEST = {"token": 20, "ciphertext": 44}


def one(kernel: Kernel, kind: str, value: str, *, text: bool = False) -> bytes | str:
    made = MAKERS[kind](text)(kernel, pa.array([value]))
    frame: bytes | str = made[0].as_py()
    return frame


def refused(kernel: Kernel, column: list[bytes] | list[str]) -> Outcome:
    array = pa.array(column, pa.binary() if isinstance(column[0], bytes) else pa.string())
    result = outcome(partial(opened, kernel, array))
    assert result.error is not None
    return result


def flips(frame: bytes, start: int, stop: int | None = None) -> list[bytes]:
    return [
        frame[:at] + bytes((frame[at] ^ 1 << bit,)) + frame[at + 1 :]
        for at in range(start, stop or len(frame))
        for bit in range(8)
    ]


@pytest.mark.parametrize("value", VALUES, ids=len)
@pytest.mark.parametrize("kind", MAKERS)
def test_every_bit_of_a_body_counts_alike_alone_and_together(
    kernel: Kernel, kind: str, value: str
) -> None:
    """No position gives another error, and none ends the search for the others."""
    good = one(kernel, kind, value)
    assert isinstance(good, bytes)
    bad = flips(good, HEADER)
    mixed = [item for frame in bad for item in (good, frame)]

    alone = [refused(kernel, [frame]).error for frame in bad]
    together = refused(kernel, mixed).error
    as_text = refused(kernel, to_text(mixed, "lkg1_").to_pylist()).error

    assert alone == alone[:1] * len(bad)
    assert alone[0][0] is IntegrityError
    assert "1 of 1 frames do not open" in str(alone[0])
    assert f"{len(bad)} of {len(mixed)} frames do not open" in str(together)
    assert as_text == together


@pytest.mark.parametrize("kind", MAKERS)
def test_every_bit_of_a_header_is_no_frame_or_no_key(kernel: Kernel, kind: str) -> None:
    good = one(kernel, kind, VALUES[2])
    assert isinstance(good, bytes)
    for frame in flips(good, 0, HEADER):
        said = refused(kernel, [frame]).error
        assert said[0] in {IntegrityError, KeyUnavailable}
        # With every number held, what was edited still does not open.
        number = int.from_bytes(frame[1:4], "big")
        keys = {(a, number): TOKEN_KEY if a == 1 else KEY for a in range(1, 6)}
        places = dict.fromkeys(range(1, 6), PLACE)
        with pytest.raises(IntegrityError):
            kernel.reveal(pa.array([frame], pa.binary()), keys, places)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_length_but_its_own_is_refused(kernel: Kernel, kind: str) -> None:
    good = one(kernel, kind, VALUES[2])
    assert isinstance(good, bytes)
    shorter = [good[:length] for length in range(len(good))]
    longer = [good + bytes(count) for count in range(1, 50)]
    no_frames = [frame for frame in shorter if len(frame) < SHORTEST[kind]]
    unopened = [frame for frame in shorter if len(frame) >= SHORTEST[kind]] + longer

    said = refused(kernel, [*no_frames, good]).error
    assert f"{len(no_frames)} of {len(no_frames) + 1} values are no Lockgate frames" in str(said)
    said = refused(kernel, [good, *unopened]).error
    assert f"{len(unopened)} of {len(unopened) + 1} frames do not open" in str(said)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("value", ["", "a", "ab", "abc"])
def test_every_character_of_a_text_matters(kernel: Kernel, kind: str, value: str) -> None:
    """Any other letter in any place: no text, no key, or a frame that does not open."""
    good = one(kernel, kind, value, text=True)
    assert isinstance(good, str)
    others = [*ALPHABET, "+", "/", "=", " ", "\n", "é"]
    bodies = [
        good[:at] + other + good[at + 1 :]
        for at in range(len("lkg1_") + 6, len(good))
        for other in others
        if other != good[at]
    ]
    unspellable = [text for text in bodies if not set(text) <= {*ALPHABET}]
    last = [text for text in bodies if text[:-1] == good[:-1] and text not in unspellable]

    said = refused(kernel, [*unspellable, good]).error
    assert f"{len(unspellable)} of {len(unspellable) + 1} values are no Lockgate" in str(said)
    for text in bodies:
        assert refused(kernel, [text]).error[0] is IntegrityError
    # Where the last character has unused bits, one letter in 4 or 16 is a spelling of a frame.
    spelt = [text for text in last if "do not open" in str(refused(kernel, [text]).error)]
    unused = {0: 0, 2: 4, 3: 2}[(len(good) - len("lkg1_")) % 4]
    assert len(spelt) == 64 // 2**unused - 1


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_foreign_is_refused_as_what_is_altered(kernel: Kernel, kind: str) -> None:
    made = MAKERS[kind](False)(kernel, pa.array(VALUES))
    altered = pa.array([flips(frame, HEADER)[0] for frame in made.to_pylist()], pa.binary())
    wrong = {(1, 7): SecretBytes(bytes(64)), (2, 9): SecretBytes(bytes(32))}
    right = {(1, 7): TOKEN_KEY, (2, 9): KEY}
    places = {1: PLACE, 2: PLACE}

    said = [
        outcome(partial(kernel.reveal, made, wrong, places)),
        outcome(partial(kernel.reveal, made, right, {1: PLACE + b"\0", 2: PLACE[:-1]})),
        outcome(partial(kernel.reveal, made, right, {1: b"", 2: b""})),
        outcome(partial(kernel.reveal, altered, right, places)),
    ]

    assert said == said[:1] * 4
    assert "3 of 3 frames do not open" in str(said[0].error)


def test_a_token_is_no_ciphertext_and_a_ciphertext_no_token(kernel: Kernel) -> None:
    for kind, other in (("token", 0x12), ("ciphertext", 0x11)):
        frame = one(kernel, kind, VALUES[2])
        assert isinstance(frame, bytes)
        dressed = pa.array([bytes((other,)) + frame[1:]], pa.binary())
        keys = {(1, 7): TOKEN_KEY, (1, 9): TOKEN_KEY, (2, 7): KEY, (2, 9): KEY}
        with pytest.raises(IntegrityError, match="1 of 1 frames do not open"):
            kernel.reveal(dressed, keys, {1: PLACE, 2: PLACE})
