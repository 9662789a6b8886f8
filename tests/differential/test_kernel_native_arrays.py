"""The native kernel is the portable one: every type and layout, every call, every error."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_arrays import (
    BINARIES,
    BOOLEAN,
    DECIMALS,
    FIXED,
    FLOATS,
    INTEGERS,
    NULL,
    PLAIN,
    TEXTS,
    TIMES,
    array,
    arrays,
)
from kernel_calls import EVERY, Kernels, assert_alike, assert_opens_crosswise, calls
from lockgate.kernel.interface import Normaliser

GROUPS = {
    "texts": TEXTS,
    "bytes": [*BINARIES, *FIXED],
    "integers": [*INTEGERS, BOOLEAN, NULL],
    "decimals": DECIMALS,
    "times": TIMES,
    "floats": FLOATS,
}
# What only text is normalised for need not be asked of numbers six times.
PLAINLY = calls([Normaliser.EXACT, Normaliser.EMAIL])


@pytest.mark.parametrize("group", GROUPS)
@settings(max_examples=120)
@given(data=st.data())
def test_every_call_comes_to_the_same(kernels: Kernels, group: str, data: st.DataObject) -> None:
    values = data.draw(arrays(GROUPS[group]))

    for name, call in (EVERY if group == "texts" else PLAINLY).items():
        assert_alike(kernels, call, values, name)


@pytest.mark.parametrize("group", GROUPS)
@settings(max_examples=80)
@given(data=st.data(), text=st.booleans())
def test_ciphertexts_open_crosswise(
    kernels: Kernels, group: str, data: st.DataObject, text: bool
) -> None:
    assert_opens_crosswise(kernels, data.draw(arrays(GROUPS[group])), text)


@pytest.mark.parametrize("kind", [kind for kind in PLAIN if kind not in {NULL, BOOLEAN}], ids=str)
@pytest.mark.parametrize("valid", [None, [True, False] * 9], ids=["whole", "with nulls"])
def test_the_ends_of_every_width(
    kernels: Kernels, kind: pa.DataType, valid: list[bool] | None
) -> None:
    """All bits zero, all one, the lowest, the highest, each power of two near the top."""
    if kind in TEXTS:
        values = [f"{2**at:x}".encode() for at in range(18)]
    else:
        width = 16 if kind in BINARIES else kind.bit_width // 8
        bits = 8 * width
        ends = [0, 2**bits - 1, 2**bits // 2, 2**bits // 2 - 1]
        numbers = [*ends, *(2**at for at in range(bits - 14, bits))]
        values = [int(number % 2**bits).to_bytes(width, "little") for number in numbers]
    whole = array(kind, values, valid)

    for start in (0, 1, 5, 9):
        for name, call in PLAINLY.items():
            assert_alike(kernels, call, whole[start:], name)
        assert_opens_crosswise(kernels, whole[start:], text=False)


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.int8()),
        pa.struct([pa.field("a", pa.int8())]),
        pa.map_(pa.string(), pa.string()),
        pa.duration("s"),
        pa.month_day_nano_interval(),
        pa.uuid(),
        pa.dictionary(pa.int8(), pa.duration("ms")),
        pa.run_end_encoded(pa.int32(), pa.duration("ms")),
        pa.list_view(pa.int8()),
        pa.list_(pa.int8(), 2),
    ],
    ids=str,
)
def test_types_without_an_encoding_are_refused_alike(kernels: Kernels, kind: pa.DataType) -> None:
    values = pa.nulls(2, kind)

    for name, call in PLAINLY.items():
        assert assert_alike(kernels, call, values, name).error
    assert_opens_crosswise(kernels, values, text=True)
