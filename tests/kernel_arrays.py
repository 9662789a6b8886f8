"""Arrow arrays of every type and layout a kernel takes, laid out in every way Arrow allows.

Null slots hold garbage, slices begin anywhere, offsets need not begin at 0, dictionaries hold
entries that nobody uses, and stored numbers go to the ends of their width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

import pyarrow as pa
from hypothesis import strategies as st

Draw = Callable[..., object]

BOOLEAN, NULL = pa.bool_(), pa.null()
INTEGERS = [
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
]
FLOATS = [pa.float16(), pa.float32(), pa.float64()]
DECIMALS = [
    *(pa.decimal32(9, 0), pa.decimal32(5, 9), pa.decimal32(1, 38), pa.decimal32(9, -5)),
    *(pa.decimal64(18, 4), pa.decimal64(18, 18), pa.decimal64(3, -38), pa.decimal64(2, 38)),
    *(pa.decimal128(38, 0), pa.decimal128(38, 38), pa.decimal128(20, -4), pa.decimal128(5, 76)),
    *(pa.decimal256(76, 30), pa.decimal256(76, 76), pa.decimal256(76, -38), pa.decimal256(40, 1)),
]
TIMES = [
    *(pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
    *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
    *(pa.timestamp(unit, "UTC") for unit in ("s", "ms", "us", "ns")),
    *(pa.timestamp("us", zone) for zone in ("America/New_York", "+05:30", "No/Such_Zone")),
]
FIXED = [pa.binary(width) for width in (0, 1, 3, 16, 31)]
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]
BINARIES = [pa.binary(), pa.large_binary(), pa.binary_view()]
PLAIN = [
    *(BOOLEAN, NULL, *INTEGERS, *FLOATS, *DECIMALS, *TIMES),
    *(*FIXED, *TEXTS, *BINARIES),
]

# What an integer of 32 bits or more may mean: days, seconds, milliseconds or finer, near the edges
# of the calendar and of one day.
_DAY = 86_400
_EDGES = [
    edge * scale + by
    for edge in (0, _DAY, -62_135_596_800, 253_402_300_800, -719_162, 2_932_896, 951_782_400)
    for scale in (1, 10**3, 10**6, 10**9)
    for by in (-1, 0, 1)
]
_WHOLE_DAYS = st.integers(-720_000, 2_940_000).map(lambda day: day * _DAY * 1000)


def integers(width: int) -> st.SearchStrategy[int]:
    """Stored integers of ``width`` bytes, by their bits; ends and edges of the calendar often."""
    bits = 8 * width
    ends = [0, 1, 2**bits - 1, 2 ** (bits - 1), 2 ** (bits - 1) - 1]
    powers = [10**power for power in range(80) if 10**power < 2 ** (bits - 1)]
    edges = [edge for edge in _EDGES if -(2 ** (bits - 1)) <= edge < 2 ** (bits - 1)]
    chosen = [*ends, *powers, *(-power for power in powers), *edges]
    near = st.sampled_from(chosen) | st.integers(-1000, 1000) | _WHOLE_DAYS
    return st.one_of(near, near, st.integers(0, 2**bits - 1)).map(lambda number: number % 2**bits)


def texts(kind: pa.DataType) -> st.SearchStrategy[bytes]:
    """UTF-8, mostly short; now and then long enough to leave a view's 12 bytes."""
    character = st.sampled_from(
        " \t@.-09aZé\u0301\u0130\u03a3ß\u00a0\u0378\U0001f389가\u1100\u1161"
    )
    text = st.text(character | st.characters(exclude_categories=["Cs"]), max_size=20)
    return text.map(str.encode)


def slots(kind: pa.DataType) -> st.SearchStrategy[bytes]:
    """The bytes one slot may hold."""
    if kind in TEXTS:
        return texts(kind)
    if kind in BINARIES:
        return st.binary(max_size=40)
    if pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind):
        return st.binary(min_size=kind.byte_width, max_size=kind.byte_width)
    width = kind.bit_width // 8
    return integers(width).map(lambda number: number.to_bytes(width, "little"))


def bitmap(flags: Sequence[bool]) -> pa.Buffer:
    """Bits, least significant first."""
    raw = bytearray((len(flags) + 7) // 8)
    for at, flag in enumerate(flags):
        raw[at // 8] |= flag << at % 8
    return pa.py_buffer(bytes(raw))


def array(
    kind: pa.DataType, values: Sequence[bytes], valid: Sequence[bool] | None, lead: bytes = b""
) -> pa.Array:
    """An array whose slots hold ``values``, null where ``valid`` says so, whatever the slot holds.

    ``lead`` stands before the first value where there are offsets.
    """
    validity = None if valid is None else bitmap(valid)
    rows = len(values)
    if kind == NULL:
        return pa.nulls(rows)
    if kind == BOOLEAN:
        bits = bitmap([value[0] & 1 == 1 for value in values])
        return pa.Array.from_buffers(kind, rows, [validity, bits])
    if kind in (pa.string_view(), pa.binary_view()):
        _, *parts = views(values).buffers()
        return pa.Array.from_buffers(kind, rows, [validity, *parts])
    data = pa.py_buffer(lead + b"".join(values))
    if kind in TEXTS or kind in BINARIES:
        starts = accumulate(map(len, values), initial=len(lead))
        wide = kind in (pa.large_string(), pa.large_binary())
        offsets = b"".join(start.to_bytes(8 if wide else 4, "little") for start in starts)
        return pa.Array.from_buffers(kind, rows, [validity, pa.py_buffer(offsets), data])
    return pa.Array.from_buffers(kind, rows, [validity, pa.py_buffer(b"".join(values))])


def views(values: Sequence[bytes]) -> pa.Array:
    """Binary views over more than one buffer, where there are rows enough."""
    half = len(values) // 2
    parts = [pa.array(part, pa.binary_view()) for part in (values[:half], values[half:])]
    return pa.concat_arrays(parts)


@st.composite
def plain(draw: Draw, kind: pa.DataType, most: int = 9) -> pa.Array:
    """Some rows of ``kind``, cut out of a longer array."""
    slot = st.just(b"\0") if kind == NULL else slots_or_bit(kind)
    held = draw(st.lists(slot, max_size=most + 11))
    valid = draw(st.none() | st.lists(st.booleans(), min_size=len(held), max_size=len(held)))
    whole = array(kind, held, valid, draw(st.binary(max_size=3)))
    start = draw(st.integers(0, min(11, len(held))))
    return whole.slice(start, draw(st.integers(0, most)))


def slots_or_bit(kind: pa.DataType) -> st.SearchStrategy[bytes]:
    """As ``slots``, with one byte for a boolean's bit."""
    return st.sampled_from([b"\0", b"\1"]) if kind == BOOLEAN else slots(kind)


@st.composite
def dictionaries(draw: Draw, kind: pa.DataType) -> pa.Array:
    """Positions into values of ``kind``; nulls in the positions and among the values."""
    values = draw(plain(kind))
    index = draw(st.sampled_from([pa.int8(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16()]))
    last = len(values) - 1
    positions = draw(st.lists(st.none() | st.integers(0, last) if last >= 0 else st.none()))
    held = pa.DictionaryArray.from_arrays(pa.array(positions, index), values)
    return held.slice(draw(st.integers(0, 3)))


@st.composite
def runs(draw: Draw, kind: pa.DataType) -> pa.Array:
    """Runs of values of ``kind``, cut anywhere."""
    values = draw(plain(kind).filter(len))
    lengths = draw(st.lists(st.integers(1, 5), min_size=len(values), max_size=len(values)))
    width = draw(st.sampled_from([pa.int16(), pa.int32(), pa.int64()]))
    ends = pa.array(list(accumulate(lengths)), width)
    try:
        held = pa.RunEndEncodedArray.from_arrays(ends, values)
    except pa.ArrowInvalid:
        # pyarrow makes no runs of values beyond their type's range: they are tried as they are.
        return values
    start = draw(st.integers(0, len(held)))
    return held.slice(start, draw(st.integers(0, len(held) - start)))


def arrays(kinds: Sequence[pa.DataType]) -> st.SearchStrategy[pa.Array]:
    """Arrays of one of ``kinds``: as they are most of the time, as a dictionary, as runs."""
    chosen = st.sampled_from(list(kinds))
    return st.one_of(
        chosen.flatmap(plain),
        chosen.flatmap(plain),
        chosen.flatmap(dictionaries),
        chosen.filter(lambda kind: kind != NULL).flatmap(runs),
    )
