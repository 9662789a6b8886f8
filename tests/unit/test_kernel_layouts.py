"""The same values give the same bytes however Arrow lays them out."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kernels import named
from lockgate.errors import KernelError
from lockgate.kernel.canonical import is_encodable_type
from lockgate.kernel.interface import HashAlgorithm, Kernel, Mask, Normaliser
from lockgate.secret import SecretBytes

TOKEN_KEY, KEY = SecretBytes(bytes(range(64))), SecretBytes(bytes(range(32)))
VALUES = ["ada@x.org", None, "", "Zoë@x.org", "ada@x.org", "bob", None]
PLAIN = pa.array(VALUES, pa.string())
LAYOUTS = {
    "large": PLAIN.cast(pa.large_string()),
    "view": PLAIN.cast(pa.string_view()),
    "dictionary": PLAIN.dictionary_encode(),
    "run-end": pc.run_end_encode(PLAIN),
    "sliced": pa.array(["x", *VALUES, "y"], pa.string())[1:-1],
    "sliced view": pa.array(["x", *VALUES, "y"], pa.string_view())[1:-1],
    "sliced dictionary": pa.array(["x", *VALUES, "y"]).dictionary_encode()[1:-1],
    "sliced run-end": pc.run_end_encode(pa.array(["x", *VALUES, "y"]))[1:-1],
}


def token(kernel: Kernel, values: pa.Array, *, text: bool = True) -> pa.Array:
    return kernel.tokenize(values, Normaliser.EMAIL, TOKEN_KEY, b"ad", 5, text=text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tokens_hashes_and_masks_do_not_see_the_layout(kernel: Kernel, layout: str) -> None:
    values = LAYOUTS[layout]
    algorithm = HashAlgorithm.AES_CMAC

    assert token(kernel, values).equals(token(kernel, PLAIN))
    for text in (True, False):
        hashed = kernel.hash(values, Normaliser.TEXT, KEY, algorithm, text=text)
        assert hashed.equals(kernel.hash(PLAIN, Normaliser.TEXT, KEY, algorithm, text=text))
    mask = Mask(first=1, keep_email_domain=True)
    assert kernel.mask(values, mask).equals(kernel.mask(PLAIN, mask))
    frames = kernel.encrypt(values, KEY, b"ad", 6, text=True)
    assert kernel.reveal(frames, {(2, 6): KEY}, {2: b"ad"}).equals(PLAIN.cast(pa.binary()))


@pytest.mark.parametrize("text", [True, False])
def test_frames_can_be_sliced_and_of_any_string_layout(kernel: Kernel, text: bool) -> None:
    frames = token(kernel, PLAIN, text=text)
    large = frames.cast(pa.large_string() if text else pa.large_binary())
    views = frames.cast(pa.string_view() if text else pa.binary_view())
    expected = [b"ada@x.org", None, b"", "zoë@x.org".encode(), b"ada@x.org", b"bob", None]

    for array in (frames, large, views):
        opened = kernel.reveal(array[1:-1], {(1, 5): TOKEN_KEY}, {1: b"ad"})
        assert opened.to_pylist() == expected[1:-1]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([], pa.string()),
        pa.array([], pa.binary_view()),
        pa.array([], pa.timestamp("us", "UTC")),
        pa.array([], pa.date64()),
        pa.array([], pa.decimal128(10, 2)),
        pa.array([], pa.null()),
        pa.array([], pa.string()).dictionary_encode(),
        pa.array(["x"], pa.string())[:0],
    ],
    ids=lambda values: str(values.type),
)
def test_empty_arrays_stay_empty(kernel: Kernel, values: pa.Array) -> None:
    for normaliser in Normaliser:
        assert len(kernel.canonical(values, normaliser)) == 0
        assert kernel.encodable(values, normaliser, deterministic=True) is None
    assert token(kernel, values).type == pa.string()
    assert len(token(kernel, values, text=False)) == 0
    assert len(kernel.encrypt(values, KEY, b"ad", 6, text=True)) == 0
    assert len(kernel.reveal(token(kernel, values), {}, {})) == 0


@pytest.mark.parametrize(
    "kind",
    [
        pa.null(),
        pa.string(),
        pa.string_view(),
        pa.int64(),
        pa.bool_(),
        pa.date32(),
        pa.date64(),
        pa.timestamp("ns", "UTC"),
        pa.time32("ms"),
        pa.time64("ns"),
        pa.decimal256(40, 5),
        pa.binary(3),
    ],
    ids=str,
)
def test_nulls_stay_null_and_are_always_treatable(kernel: Kernel, kind: pa.DataType) -> None:
    values = pa.nulls(3, kind)

    for normaliser in Normaliser:
        assert kernel.canonical(values, normaliser).null_count == 3
        assert kernel.encodable(values, normaliser, deterministic=True) is None
    assert token(kernel, values).to_pylist() == [None] * 3
    assert kernel.encrypt(values, KEY, b"ad", 6, text=False).null_count == 3


REFUSED = [
    pa.list_(pa.int8()),
    pa.struct([pa.field("a", pa.int8())]),
    pa.map_(pa.string(), pa.string()),
    pa.duration("s"),
    pa.month_day_nano_interval(),
    pa.uuid(),
]


@pytest.mark.parametrize("kind", REFUSED, ids=str)
def test_types_without_an_encoding_are_refused(kernel: Kernel, kind: pa.DataType) -> None:
    values = pa.nulls(1, kind)

    assert not is_encodable_type(kind, deterministic=False)
    with pytest.raises(KernelError, match="no canonical encoding"):
        kernel.canonical(values, Normaliser.EXACT)
    with pytest.raises(KernelError, match="no canonical encoding"):
        kernel.encodable(values, Normaliser.EXACT, deterministic=True)


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_floats_can_be_encrypted_only(kernel: Kernel, kind: pa.DataType) -> None:
    values = pa.array([1.5, None, float("nan")], pa.float64()).cast(kind)

    assert is_encodable_type(kind, deterministic=False)
    assert not is_encodable_type(kind, deterministic=True)
    with pytest.raises(KernelError, match="floats can be encrypted"):
        token(kernel, values)
    frames = kernel.encrypt(values, KEY, b"ad", 6, text=True)
    opened = kernel.reveal(frames, {(2, 6): KEY}, {2: b"ad"})
    assert opened.to_pylist() == [b"1.5", None, b"NaN"]


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("2024-02-29", pa.array([date(2024, 2, 29)])),
        ("2024-02-29", pa.array([date(2024, 2, 29)]).cast(pa.date64())),
        ("-42", pa.array([-42], pa.int8())),
        ("true", pa.array([True])),
        ("12.5", pa.array(["12.50"]).cast(pa.decimal128(9, 2))),
        ("2024-01-01T00:00:00Z", pa.array([1704067200], pa.timestamp("s", "Asia/Tokyo"))),
    ],
)
def test_typed_values_join_with_their_text(kernel: Kernel, text: str, typed: pa.Array) -> None:
    tokens: list[Any] = [
        kernel.tokenize(values, Normaliser.EXACT, TOKEN_KEY, b"ad", 5, text=True)
        for values in (pa.array([text]), typed)
    ]

    assert tokens[0].equals(tokens[1])


def test_a_dictionary_entry_nobody_uses_refuses_nothing(kernel: Kernel) -> None:
    used = pa.DictionaryArray.from_arrays(pa.array([0, None, 0]), pa.array(["12", "n/a"]))
    unused_used = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["12", "n/a"]))

    assert kernel.canonical(used, Normaliser.DIGITS).to_pylist() == [b"12", None, b"12"]
    assert kernel.encodable(unused_used, Normaliser.DIGITS, deterministic=True).to_pylist() == [
        True,
        False,
    ]


def test_a_chunked_array_is_refused(kernel: Kernel) -> None:
    with pytest.raises(KernelError, match="one Arrow array"):
        kernel.canonical(pa.chunked_array([["a"]]), Normaliser.EXACT)


def test_the_kernel_names_itself(kernel: Kernel) -> None:
    assert type(named(kernel.name)) is type(kernel)
    assert kernel.canonical(PLAIN, Normaliser.EXACT).equals(PLAIN.cast(pa.binary()))


def test_a_few_rows_at_the_end_of_a_long_array_are_few(kernel: Kernel) -> None:
    """64-bit offsets beyond 32 bits; the bytes before are never touched, so never there."""
    data = np.zeros(2**31 + 6, np.uint8)
    data[-6:] = np.frombuffer(b"adabob", np.uint8)
    offsets = pa.py_buffer(np.array([0, 2**31, 2**31 + 3, 2**31 + 6]))
    for kind in (pa.large_string(), pa.large_binary()):
        long = pa.Array.from_buffers(kind, 3, [None, offsets, pa.py_buffer(data)])

        assert kernel.mask(long[1:], Mask(last=1)).to_pylist() == ["**a", "**b"]
        with pytest.raises(KernelError, match="2 GiB"):
            kernel.canonical(long, Normaliser.DIGITS)


@pytest.mark.parametrize("kind", [pa.string_view(), pa.binary_view()])
def test_views_that_share_their_bytes_count_each(kernel: Kernel, kind: pa.DataType) -> None:
    mebibyte = 2**20
    view = pa.py_buffer(np.array([mebibyte, 0, 0, 0], np.int32).tobytes() * 2048)
    shared = pa.py_buffer(bytes(mebibyte))
    everything = pa.Array.from_buffers(kind, 2048, [None, view, shared])
    half = pa.py_buffer(b"\x55" * 256)

    for normaliser in (Normaliser.EXACT, Normaliser.DIGITS):
        with pytest.raises(KernelError, match="2 GiB"):
            kernel.canonical(everything, normaliser)
        with pytest.raises(KernelError, match="2 GiB"):
            kernel.encodable(everything, normaliser, deterministic=True)
    assert len(kernel.canonical(everything[5:9], Normaliser.EXACT)[3].as_py()) == mebibyte
    few = pa.Array.from_buffers(kind, 9, [half, view, shared])
    assert kernel.mask(few, Mask()).null_count == 4


@pytest.mark.slow
def test_repeated_values_count_each(kernel: Kernel) -> None:
    """A mebibyte 2,048 times, by reference and by runs: too much, though it lies there once."""
    mebibyte = pa.array(["x" * 2**20])
    by_reference = pa.DictionaryArray.from_arrays(pa.array([0] * 2048, pa.int8()), mebibyte)
    by_runs = pa.RunEndEncodedArray.from_arrays(pa.array([2048], pa.int32()), mebibyte)

    for values in (by_reference, by_runs):
        with pytest.raises(KernelError, match="2 GiB"):
            kernel.mask(values, Mask())
        assert kernel.mask(values[2046:], Mask(last=1))[1].as_py().endswith("**x")
