"""Laws: what the kernel gives back is what it was given."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.kernel.binding import bind
from lockgate.kernel.decode import decode
from lockgate.kernel.interface import HashAlgorithm, Kernel, Mask, Normaliser
from lockgate.kernel.portable_frame_text import from_text, to_text
from lockgate.secret import SecretBytes

TOKEN_KEY, KEY = SecretBytes(bytes(range(64))), SecretBytes(bytes(range(32)))

INTEGERS = {
    kind: st.integers(*bounds)
    for kind, bounds in {
        pa.int8(): (-(2**7), 2**7 - 1),
        pa.int64(): (-(2**63), 2**63 - 1),
        pa.uint64(): (0, 2**64 - 1),
    }.items()
}
TYPES = {
    **INTEGERS,
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=20),
    pa.large_string(): st.text(max_size=20),
    pa.string_view(): st.text(max_size=20),
    pa.binary(): st.binary(max_size=20),
    pa.binary_view(): st.binary(max_size=20),
    pa.binary(3): st.binary(min_size=3, max_size=3),
    pa.date32(): st.dates(),
    pa.date64(): st.dates(),
    pa.time32("s"): st.times().map(lambda t: t.replace(microsecond=0)),
    pa.time64("us"): st.times(),
    pa.timestamp("s"): st.datetimes().map(lambda t: t.replace(microsecond=0)),
    pa.timestamp("us"): st.datetimes(),
    pa.timestamp("us", "UTC"): st.datetimes(timezones=st.just(UTC)),
    pa.timestamp("us", "Asia/Kolkata"): st.datetimes(timezones=st.just(UTC)),
    pa.timestamp("ns", "UTC"): st.datetimes(
        datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)
    ),
    pa.decimal128(20, 6): st.decimals(
        Decimal(-(10**13)), Decimal(10**13), places=6, allow_nan=False
    ),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
}


def column(kind: pa.DataType, values: list[object]) -> pa.Array:
    """The values as a slice of a longer array, as batches often are."""
    return pa.array([None, *values, None], kind)[1:-1]


def same(left: pa.Array, right: pa.Array) -> bool:
    """Equal, with NaN equal to NaN and -0 unlike 0."""
    if pa.types.is_floating(left.type):
        return list(map(repr, left.to_pylist())) == list(map(repr, right.to_pylist()))
    return bool(left.equals(right))


@pytest.mark.parametrize("kind", TYPES, ids=str)
@settings(max_examples=30)
@given(data=st.data())
def test_decrypt_after_encrypt_is_identity(
    kernel: Kernel, kind: pa.DataType, data: st.DataObject
) -> None:
    values = column(kind, data.draw(st.lists(st.none() | TYPES[kind], max_size=8)))
    text = data.draw(st.booleans())

    frames = kernel.encrypt(values, KEY, b"place", 9, text=text)
    opened = kernel.reveal(frames, {(2, 9): KEY}, {2: b"place"})

    assert same(decode(opened, kind), values)
    assert frames.is_valid().equals(values.is_valid())


@pytest.mark.parametrize(
    "kind", [kind for kind in TYPES if not pa.types.is_floating(kind)], ids=str
)
@settings(max_examples=30)
@given(data=st.data())
def test_equal_tokens_if_and_only_if_equal_values(
    kernel: Kernel, kind: pa.DataType, data: st.DataObject
) -> None:
    values = column(kind, data.draw(st.lists(st.none() | TYPES[kind], max_size=8)))

    tokens = kernel.tokenize(values, Normaliser.EXACT, TOKEN_KEY, b"domain", 4, text=True)
    opened = kernel.reveal(tokens, {(1, 4): TOKEN_KEY}, {1: b"domain"})

    assert same(decode(opened, kind), values)
    pairs = set(zip(values.to_pylist(), tokens.to_pylist(), strict=True))
    assert len(pairs) == len(values.unique()) == len(tokens.unique())


@pytest.mark.parametrize("normaliser", Normaliser)
@settings(max_examples=30)
@given(values=st.lists(st.text(max_size=15), max_size=8))
def test_normalising_twice_changes_nothing(
    kernel: Kernel, normaliser: Normaliser, values: list[str]
) -> None:
    array = pa.array(values, pa.string())
    fits = kernel.encodable(array, normaliser, deterministic=True)
    treatable = array if fits is None else array.filter(fits)

    once = kernel.canonical(treatable, normaliser)

    assert kernel.canonical(once.cast(pa.string()), normaliser).equals(once)


@pytest.mark.parametrize("normaliser", Normaliser)
@settings(max_examples=30)
@given(values=st.lists(st.text(max_size=8), max_size=8), algorithm=st.sampled_from(HashAlgorithm))
def test_hashes_join_exactly_where_canonical_values_do(
    kernel: Kernel, normaliser: Normaliser, values: list[str], algorithm: HashAlgorithm
) -> None:
    array = pa.array(values, pa.string())
    fits = kernel.encodable(array, normaliser, deterministic=True)
    treatable = array if fits is None else array.filter(fits)

    hashes = kernel.hash(treatable, normaliser, KEY, algorithm, text=False)

    forms = kernel.canonical(treatable, normaliser)
    pairs = set(zip(forms.to_pylist(), hashes.to_pylist(), strict=True))
    assert len(pairs) == len(forms.unique()) == len(hashes.unique())


@given(st.lists(st.lists(st.binary(max_size=4), max_size=4), unique_by=tuple, max_size=10))
def test_bind_is_injective(lists: list[list[bytes]]) -> None:
    assert len({bind(*parts) for parts in lists}) == len(lists)


@given(st.lists(st.none() | st.binary(min_size=1, max_size=50), max_size=20))
def test_frame_text_is_lossless(frames: list[bytes | None]) -> None:
    texts = to_text(frames, "lkg1_")

    assert from_text(texts, "lkg1_").to_pylist() == frames
    assert texts.validate(full=True) is None


masks = st.builds(
    Mask,
    first=st.integers(0, 4),
    last=st.integers(0, 4),
    only=st.sampled_from(["all", "digits", "alphanumeric"]),
    keep_email_domain=st.booleans(),
)


@given(st.lists(st.none() | st.text("ab1é٣ .@-", max_size=12), max_size=8), masks)
def test_a_mask_keeps_length_and_only_what_it_says(
    kernel: Kernel, values: list[str | None], mask: Mask
) -> None:
    result = kernel.mask(pa.array(values, pa.string()), mask).to_pylist()

    for value, hidden in zip(values, result, strict=True):
        if value is None:
            assert hidden is None
            continue
        assert len(hidden) == len(value)
        at = value.rfind("@") if mask.keep_email_domain else -1
        local = len(value) if at < 0 else at
        inner = range(mask.first, local - mask.last)
        covered = range(local) if local <= mask.first + mask.last else inner
        for index, (before, after) in enumerate(zip(value, hidden, strict=True)):
            wanted = {
                "all": True,
                "digits": before.isdecimal(),
                "alphanumeric": before.isalnum(),
            }[mask.only]
            assert after == ("*" if index in covered and wanted else before)


@given(st.dates(), st.times(), st.integers(0, 3))
def test_units_do_not_matter(kernel: Kernel, day: date, clock: time, zeros: int) -> None:
    whole = datetime.combine(day, clock.replace(microsecond=0))
    kinds = [pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us")]

    encoded = {
        kernel.canonical(pa.array([whole], kind), Normaliser.EXACT)[0].as_py() for kind in kinds
    }
    scaled = pa.array([Decimal("1.5")]).cast(pa.decimal128(20, 1 + zeros))

    assert encoded == {whole.isoformat().encode()}
    assert kernel.canonical(scaled, Normaliser.EXACT).to_pylist() == [b"1.5"]
