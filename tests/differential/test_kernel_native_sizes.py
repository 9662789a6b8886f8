"""The native kernel is the portable one at the edges of its chunks, lanes and blocks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_arrays import array
from kernel_calls import (
    KEY,
    Kernels,
    assert_alike,
    assert_opens_crosswise,
    calls,
    frames,
    opened,
    tokens,
)
from kernels import outcome
from lockgate.kernel.interface import Normaliser

CALLS = calls([Normaliser.EXACT, Normaliser.TEXT])
# Around every power of two and common chunk, and around what is left over by 4, 8 and 16 lanes.
ROWS = sorted(
    {*range(34), *(size + by for size in (64, 128, 256, 512, 1024, 2048) for by in (-1, 0, 1))}
    | {511 + 8, 1000, 1025 + 7, 3 * 1024 + 5, 4096, 4097}
)


def column(rows: int, kind: Any = None) -> pa.Array:
    """Values of 0 to 40 bytes in no order, every seventh null."""
    values = [b"%d " % (row * 7919) * (row * row % 6) for row in range(rows)]
    return array(kind or pa.string(), values, [row % 7 != 3 for row in range(rows)])


@pytest.mark.parametrize("rows", ROWS)
def test_any_number_of_rows(kernels: Kernels, rows: int) -> None:
    whole = column(rows + 13)
    for values in (whole[:rows], whole[13:]):
        for name, call in CALLS.items():
            assert_alike(kernels, call, values, name)
        assert_opens_crosswise(kernels, values, text=rows % 2 == 0)


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.binary_view()], ids=str)
@pytest.mark.parametrize("rows", [1023, 1024, 1025])
def test_any_layout_across_chunks(kernels: Kernels, rows: int, kind: pa.DataType) -> None:
    values = column(rows + 1, kind)[1:]
    for name, call in CALLS.items():
        assert_alike(kernels, call, values, name)
    assert_opens_crosswise(kernels, values, text=True)


@pytest.mark.parametrize("kind", [pa.int64(), pa.bool_(), pa.decimal128(20, 3)], ids=str)
def test_numbers_across_chunks(kernels: Kernels, kind: pa.DataType) -> None:
    values = pa.array([None if row % 9 == 2 else row % 2 for row in range(1111)], pa.int8())
    values = values.cast(kind)[3:]
    for name, call in CALLS.items():
        assert_alike(kernels, call, values, name)
    assert_opens_crosswise(kernels, values, text=False)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
@pytest.mark.parametrize("text", [True, False])
def test_every_length_up_to_eight_blocks_and_more(
    kernels: Kernels, kind: pa.DataType, text: bool
) -> None:
    """Alone and side by side: a lane of one length beside a lane of another."""
    lengths = [*range(131), *(255, 256, 257, 1023, 1024, 1025)]
    together = pa.array([bytes([length % 251]) * length for length in lengths], kind)
    for values in (together, *(together[at : at + 1] for at in range(len(lengths)))):
        for name, call in CALLS.items():
            if "mask" not in name:
                assert_alike(kernels, call, values, name)
        assert_opens_crosswise(kernels, values, text)


@pytest.mark.parametrize("longest", [15, 40, 100])
def test_any_number_of_values_side_by_side(kernels: Kernels, longest: int) -> None:
    """Whatever stands beside a value, and however many: it becomes what it becomes alone."""
    values = pa.array([b"%d" % row * (row % longest) for row in range(600)], pa.binary())
    portable, native = kernels
    for name in ("tokens exact True", "tokens exact False", "hashes exact aes-cmac False"):
        wanted = CALLS[name](portable, values)
        for rows in range(300):
            assert CALLS[name](native, values[rows : 2 * rows]).equals(wanted[rows : 2 * rows])
    sealed = frames(False, native, values)
    for rows in range(300):
        part = opened(native, sealed[rows : 2 * rows])
        assert part.equals(values[rows : 2 * rows])


@settings(max_examples=60)
@given(
    st.lists(st.none() | st.integers(0, 300), min_size=1, max_size=70),
    st.sampled_from([pa.binary(), pa.binary_view()]),
)
def test_lanes_of_mixed_lengths(
    kernels: Kernels, lengths: list[int | None], kind: pa.DataType
) -> None:
    drawn = [None if size is None else bytes([size % 256]) * size for size in lengths]
    values = pa.array(drawn, kind)
    for name, call in CALLS.items():
        if "mask" not in name:
            assert_alike(kernels, call, values, name)
    assert_opens_crosswise(kernels, values, text=True)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 1_000_000, 1 << 20])
def test_huge_values_among_small_ones(kernels: Kernels, size: int) -> None:
    values = pa.array(["a", "Ab 1" * (size // 4) + "x" * (size % 4), None, "", "b" * size])
    for name, call in CALLS.items():
        assert_alike(kernels, call, values, name)
    for text in (True, False):
        assert_opens_crosswise(kernels, values, text)


@pytest.mark.slow
def test_more_than_2_gib_is_refused(kernels: Kernels) -> None:
    """Values that 32-bit offsets reach, and frames of them, in text, that they do not."""
    one = pa.array([b"x" * 48_000_000], pa.binary_view())
    values = pa.concat_arrays([one] * 35)
    beyond = pa.concat_arrays([values, values])
    _, native = kernels
    for refused in (
        assert_alike(kernels, partial(tokens, Normaliser.EXACT, False), beyond),
        assert_alike(kernels, partial(frames, False), beyond),
        # The portable kernel would take a minute for it.
        outcome(partial(frames, True, native, values)),
        outcome(partial(tokens, Normaliser.EXACT, True, native, values)),
    ):
        assert refused.error is not None
        assert "more than 2 GiB of values in one array" in str(refused.error)


@pytest.mark.slow
def test_a_million_rows_open_crosswise(kernels: Kernels) -> None:
    values = pa.array([None if row % 11 == 5 else f"{row:x}" for row in range(1_000_000)])
    portable, native = kernels
    sealed = native.encrypt(values, KEY, b"where it belongs", 9, text=True)
    assert opened(portable, sealed).equals(values.cast(pa.binary()))
    assert opened(native, portable.encrypt(values, KEY, b"where it belongs", 9, text=True)).equals(
        values.cast(pa.binary())
    )
    assert_alike(kernels, partial(tokens, Normaliser.EMAIL, True), values)
