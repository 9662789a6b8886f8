"""Frames: headers, text form, and what is no frame."""

from __future__ import annotations

import base64

import pyarrow as pa
import pytest

from lockgate.errors import IntegrityError, KernelError, KeyUnavailable
from lockgate.kernel.binding import bind
from lockgate.kernel.frame import (
    ALGORITHM_CIPHERTEXT,
    ALGORITHM_TOKEN,
    frame_headers,
    header,
    parse_header,
    read_frames,
)
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.kernel.portable_frame_text import from_text, to_text
from lockgate.secret import SecretBytes

TOKEN_KEY, KEY = SecretBytes(bytes(range(64))), SecretBytes(bytes(range(32)))


def tokens(
    kernel: Kernel, values: list[str | None], number: int, key: SecretBytes = TOKEN_KEY
) -> pa.Array:
    array = pa.array(values, pa.string())
    return kernel.tokenize(array, Normaliser.EXACT, key, b"ad", number, text=True)


def test_header_holds_version_algorithm_and_number() -> None:
    assert header(ALGORITHM_TOKEN, 1) == bytes((0x11, 0, 0, 1))
    assert header(ALGORITHM_CIPHERTEXT, 0x010203) == bytes((0x12, 1, 2, 3))
    assert parse_header(header(ALGORITHM_TOKEN, 0xFFFFFF) + bytes(16)) == (1, 0xFFFFFF)


@pytest.mark.parametrize(("algorithm", "number"), [(0, 1), (6, 1), (1, 0), (1, 2**24), (2, -1)])
def test_headers_there_are_not(algorithm: int, number: int) -> None:
    with pytest.raises(KernelError):
        header(algorithm, number)


@pytest.mark.parametrize("length", range(8))
def test_text_form_is_base64url_of_the_whole_frame(length: int) -> None:
    frames = [bytes(range(length)), None, b"\xff\xfe" * length]
    expected = [
        None if f is None else "lkg1_" + base64.urlsafe_b64encode(f).decode().rstrip("=")
        for f in frames
    ]

    texts = to_text(frames, "lkg1_")

    assert texts.to_pylist() == expected
    assert from_text(texts, "lkg1_").to_pylist() == frames


def test_headers_of_a_column_are_its_distinct_pairs(kernel: Kernel) -> None:
    mixed = pa.concat_arrays(
        [
            tokens(kernel, ["a", None, "b"], 3),
            tokens(kernel, ["a"], 4),
            kernel.encrypt(pa.array(["a"]), KEY, b"ad", 3, text=True),
        ]
    )

    assert frame_headers(mixed) == {(1, 3), (1, 4), (2, 3)}
    assert frame_headers(pa.nulls(2, pa.string())) == set()


NO_FRAMES = {
    "empty": b"",
    "header only": header(1, 1),
    "token one byte short": header(1, 1) + bytes(15),
    "ciphertext one byte short": header(2, 1) + bytes(39),
    "version 0": bytes((0x01, 0, 0, 1)) + bytes(40),
    "version 2": bytes((0x21, 0, 0, 1)) + bytes(40),
    "algorithm 0": bytes((0x10, 0, 0, 1)) + bytes(40),
    "algorithm 15": bytes((0x1F, 0, 0, 1)) + bytes(40),
    "key number 0": bytes((0x11, 0, 0, 0)) + bytes(40),
}


@pytest.mark.parametrize("name", NO_FRAMES)
def test_no_frame_is_refused_with_its_count(kernel: Kernel, name: str) -> None:
    good = header(1, 1) + bytes(16)
    column = [good, None, NO_FRAMES[name], NO_FRAMES[name]]

    with pytest.raises(IntegrityError, match="2 of 4 values"):
        frame_headers(pa.array(column, pa.binary()))
    with pytest.raises(IntegrityError, match="2 of 4 values"):
        frame_headers(to_text(column, "lkg1_"))
    for frames in (pa.array(column, pa.binary()), to_text(column, "lkg1_")):
        with pytest.raises(IntegrityError, match="2 of 4 values"):
            kernel.reveal(frames, {(1, 1): TOKEN_KEY}, {1: b"ad"})


def respelt(text: str) -> list[str]:
    body = text.removeprefix("lkg1_")
    return [
        body,
        f"LKG1_{body}",
        f"lkg2_{body}",
        f"lkg1_{body}=",
        f"lkg1_{body}==",
        f"lkg1_{body} ",
        f"lkg1_{body[:5]}\n{body[5:]}",
        f" {text}",
        f"lkg1_{body[:-1]}é",
        "lkg1_",
        "",
    ]


def test_a_frame_has_one_text_only(kernel: Kernel) -> None:
    # 21 bytes end in a character with four unused bits.
    (text,) = tokens(kernel, ["a" * 2], 1).to_pylist()
    (frame,) = from_text(pa.array([text]), "lkg1_").to_pylist()
    unused = [
        text[:-1] + other
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if other != text[-1] and base64.urlsafe_b64decode(text[5:-1] + other + "==") == frame
    ]

    assert len(frame) % 3 == 1
    assert len(unused) == 15
    for spelling in [*respelt(text), *unused]:
        with pytest.raises(IntegrityError, match="1 of 1 values"):
            frame_headers(pa.array([spelling]))
        with pytest.raises(IntegrityError, match="1 of 1 values"):
            kernel.reveal(pa.array([spelling]), {(1, 1): TOKEN_KEY}, {1: b"ad"})


def test_a_column_of_numbers_is_no_column_of_frames(kernel: Kernel) -> None:
    with pytest.raises(IntegrityError, match="text or binary"):
        frame_headers(pa.array([1]))
    with pytest.raises(IntegrityError, match="text or binary"):
        kernel.reveal(pa.array([1]), {(1, 1): TOKEN_KEY}, {1: b"ad"})


def test_mixed_key_numbers_open_together(kernel: Kernel) -> None:
    old, new = SecretBytes(b"\1" * 64), SecretBytes(b"\2" * 64)
    column = pa.concat_arrays(
        [tokens(kernel, ["a", None], 3, old), tokens(kernel, ["b", "a"], 9, new)]
    )

    opened = kernel.reveal(column, {(1, 3): old, (1, 9): new}, {1: b"ad"})

    assert opened.to_pylist() == [b"a", None, b"b", b"a"]


def test_a_missing_key_is_named_by_number(kernel: Kernel) -> None:
    with pytest.raises(KeyUnavailable, match="key number 77"):
        kernel.reveal(tokens(kernel, ["a"], 77), {(1, 3): TOKEN_KEY}, {1: b"ad"})


def test_a_kind_of_frame_nobody_expects_is_refused(kernel: Kernel) -> None:
    with pytest.raises(IntegrityError, match="does not hold"):
        kernel.reveal(tokens(kernel, ["a"], 3), {(1, 3): TOKEN_KEY}, {2: b"ad"})


@pytest.mark.parametrize("length", [0, 16, 31, 33, 63, 65])
def test_keys_of_another_length_are_refused(kernel: Kernel, length: int) -> None:
    key = SecretBytes(bytes(length))
    values = pa.array(["a"])

    with pytest.raises(KernelError, match="64 bytes"):
        kernel.tokenize(values, Normaliser.EXACT, key, b"", 1, text=True)
    with pytest.raises(KernelError, match="32 bytes"):
        kernel.encrypt(values, key, b"", 1, text=True)
    with pytest.raises(KernelError, match="32 bytes"):
        kernel.hash(values, Normaliser.EXACT, key, HashAlgorithm.AES_CMAC, text=True)
    with pytest.raises(KernelError, match="64 bytes"):
        kernel.reveal(tokens(kernel, ["a"], 3), {(1, 3): key}, {1: b"ad"})


def test_bind_never_confuses_two_lists() -> None:
    lists = [(), ("",), ("", ""), ("ab",), ("a", "b"), ("ab", ""), ("", "ab"), (bind("ab"),)]

    assert len({bind(*parts) for parts in lists}) == len(lists)
    assert bind("é") == bind("é".encode())


def test_a_text_that_is_not_utf8_is_no_frame() -> None:
    broken = pa.array([b"lkg1_\xff\xfe", None], pa.binary()).view(pa.string())

    with pytest.raises(IntegrityError, match="1 of 2 values are no Lockgate frames"):
        read_frames(broken)
