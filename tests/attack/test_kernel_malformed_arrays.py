"""Arrays that are not laid out as their type says: one clear error, nothing read beyond its end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_calls import EVERY, KEY, PLACE, TOKEN_KEY, Call, frames, opened
from kernels import outcome
from lockgate.errors import KernelError
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.interface import Kernel, Normaliser

SPEC = Ff1(Alphabet.DIGITS, b"")
CALLS: dict[str, Call] = {
    **EVERY,
    "frames": partial(frames, True),
    "ff1": lambda kernel, values: kernel.ff1(values, SPEC, KEY, decrypt=False),
    "ff1 fits": lambda kernel, values: kernel.ff1_fits(values, SPEC),
}


def ranges(kind: pa.DataType, offsets: list[int], data: bytes) -> pa.Array:
    """Offsets as they are given; pyarrow looks at the first and the last of them only."""
    width = 8 if kind in (pa.large_string(), pa.large_binary()) else 4
    raw = b"".join(offset.to_bytes(width, "little", signed=True) for offset in offsets)
    buffers = [None, pa.py_buffer(raw), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)


def viewed(kind: pa.DataType, *views: tuple[int, int, int]) -> pa.Array:
    """Views of (length, buffer, start) into one buffer of 20 bytes."""
    raw = b"".join(
        length.to_bytes(4, "little", signed=True)
        + (b"aaa\0" if length == 3 else b"aaaa")
        + buffer.to_bytes(4, "little", signed=True)
        + start.to_bytes(4, "little", signed=True)
        for length, buffer, start in views
    )
    buffers = [None, pa.py_buffer(raw), pa.py_buffer(b"a" * 20)]
    return pa.Array.from_buffers(kind, len(views), buffers)


def dictionary(*positions: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array(positions), pa.array(["123456", "654321"]), safe=False
    )


TEXT = [pa.string(), pa.large_string()]
BYTES = [pa.binary(), pa.large_binary()]
VIEWS = [pa.string_view(), pa.binary_view()]
OFFSETS = {
    "falling": [0, 6, 3, 7],
    "beyond the data and back": [0, 100, 3, 7],
    "far beyond the data and back": [0, 2**31 - 1, 3, 7],
    "negative in between": [0, -4, 3, 7],
    "lowest": [0, -(2**31), 3, 7],
    "falling at the end": [0, 3, 7, 6],
    "falling from the start": [7, 0, 3, 7],
}
MALFORMED: dict[str, Callable[[], pa.Array]] = {
    **{
        f"{kind} {name}": partial(ranges, kind, offsets, b"1234567")
        for kind in (*TEXT, *BYTES)
        for name, offsets in OFFSETS.items()
    },
    **{
        f"{kind} {name}": partial(viewed, kind, (3, 0, 0), view, (13, 0, 0))
        for kind in VIEWS
        for name, view in {
            "start beyond the buffer": (13, 0, 21),
            "end beyond the buffer": (20, 0, 1),
            "far beyond the buffer": (2**31 - 1, 0, 2**31 - 1),
            "no such buffer": (13, 1, 0),
            "a buffer far away": (13, 2**31 - 1, 0),
            "a buffer before the first": (13, -1, 0),
            "a start before the first byte": (13, 0, -1),
            "a negative length": (-1, 0, 0),
            "the lowest length": (-(2**31), 0, 0),
        }.items()
    },
    "position beyond the dictionary": partial(dictionary, 0, 2, 1),
    "position far beyond the dictionary": partial(dictionary, 0, 2**62, 1),
    "position before the dictionary": partial(dictionary, 0, -1, 1),
    "dictionary of falling offsets": lambda: pa.DictionaryArray.from_arrays(
        pa.array([0, 2]), ranges(pa.string(), [0, 100, 3, 7], b"1234567")
    ),
    "dictionary of views elsewhere": lambda: pa.DictionaryArray.from_arrays(
        pa.array([0, 1]), viewed(pa.string_view(), (3, 0, 0), (13, 9, 0))
    ),
}


def takes(name: str, values: pa.Array) -> bool:
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    return "ff1" not in name or kind not in {*BYTES, pa.binary_view()}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_arrays_are_refused_in_one_way(kernel: Kernel, name: str) -> None:
    values = MALFORMED[name]()

    for what, call in CALLS.items():
        if takes(what, values):
            with pytest.raises(
                KernelError, match="^LG-801 an array is not laid out as its Arrow type"
            ):
                call(kernel, values)


@pytest.mark.parametrize("name", [name for name in MALFORMED if "dictionary" not in name])
def test_malformed_columns_of_frames_are_refused(kernel: Kernel, name: str) -> None:
    with pytest.raises(KernelError, match="^LG-801 an array is not laid out as its Arrow type"):
        opened(kernel, MALFORMED[name]())


@pytest.mark.parametrize("kind", [*TEXT, *BYTES], ids=str)
def test_only_the_slice_has_to_be_laid_out_well(kernel: Kernel, kind: pa.DataType) -> None:
    whole = ranges(kind, [0, 100, 1, 2, 7, 3, 7], b"1234567")

    column = kernel.canonical(whole[2:4], Normaliser.EXACT)

    assert column.to_pylist() == [b"2", b"34567"]


@pytest.mark.parametrize("kind", VIEWS, ids=str)
def test_a_null_row_s_view_may_point_anywhere(kernel: Kernel, kind: pa.DataType) -> None:
    views = viewed(kind, (3, 0, 0), (2**31 - 1, 7, -5)).buffers()[1:]
    column = pa.Array.from_buffers(kind, 2, [pa.py_buffer(b"\x01"), *views])

    assert kernel.canonical(column, Normaliser.EXACT).to_pylist() == [b"aaa", None]


@settings(max_examples=300)
@given(
    st.sampled_from([*TEXT, *BYTES]),
    st.lists(st.integers(-3, 9) | st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=5),
)
def test_offsets_of_any_kind_refused_or_read(
    kernels: tuple[Kernel, Kernel], kind: pa.DataType, between: list[int]
) -> None:
    values = ranges(kind, [0, *between, 9], b"123456789")

    for name in ("canonical exact", "tokens email True", "hashes exact hmac-sha256 False"):
        portable, native = (outcome(partial(CALLS[name], one, values)) for one in kernels)
        assert native == portable
        rising = [0, *between, 9] == sorted([0, *between, 9])
        assert (native.error is None) is rising


@pytest.mark.parametrize("given_instead", [["a"], "a", b"a", None, 7, pa.chunked_array([["a"]])])
def test_what_is_no_array_is_refused(kernel: Kernel, given_instead: object) -> None:
    for call in CALLS.values():
        with pytest.raises(KernelError, match="^LG-801 a kernel takes one Arrow array$"):
            call(kernel, given_instead)
    with pytest.raises(KernelError, match="^LG-801 a kernel takes one Arrow array$"):
        kernel.reveal(given_instead, {(1, 7): TOKEN_KEY}, {1: PLACE})
