"""The native kernel is the portable one: subjects and records of any layout, whole and damaged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_arrays import PLAIN, arrays
from kernel_calls import Kernels
from kernels import outcome
from lockgate.kernel.frame import header
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable import PortableKernel
from lockgate.kernel.portable_frame_text import to_text
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes
from subject_cases import HANDLES, KEY, NUMBER, PLACE, SALTS, about, every_form, opened, sealed

forms = st.sampled_from(every_form())
LAYOUTS = [pa.binary(), pa.large_binary(), pa.binary_view()]


@settings(max_examples=300, deadline=None)
@given(arrays(PLAIN), forms, st.booleans(), st.data())
def test_what_one_seals_the_other_opens(
    kernels: Kernels, values: pa.Array, form: tuple[bool, bool], text: bool, data: st.DataObject
) -> None:
    """Values of every type and layout, slices at odd places, subjects and records that may lack."""
    count, lacking = len(values), data.draw(st.booleans())
    one = st.none() | st.integers(0, 2) if lacking else st.integers(0, 2)
    rows = data.draw(st.lists(one, min_size=count + 1, max_size=count + 1))
    short = st.binary(max_size=40) | st.just(bytes(1500))
    each = st.none() | short if lacking else short
    drawn = data.draw(st.lists(each, min_size=count + 1, max_size=count + 1))
    subjects = Subjects(pa.array(rows, pa.int32())[1:], HANDLES, SALTS) if form[0] else None
    records = pa.array(drawn, data.draw(st.sampled_from(LAYOUTS)))[1:] if form[1] else None

    made = [outcome(partial(sealed, k, values, subjects, records, text=text)) for k in kernels]

    assert made[0].error == made[1].error
    frames = [each.array for each in made if each.array is not None]
    back = [
        outcome(partial(opened, k, column, subjects, records)) for k in kernels for column in frames
    ]
    assert all(found == back[0] and found.error is None for found in back)
    assert all(column.is_valid().equals(values.is_valid()) for column in frames)
    handles = [k.frame_subjects(column) for k in kernels for column in frames]
    assert all(found.equals(handles[0]) for found in handles)


def framed(values: list[bytes | None], form: tuple[bool, bool]) -> list[bytes | None]:
    """Frames of the portable kernel, in turns of the three subjects, each of its own record."""
    rows = [at % 3 for at in range(len(values))]
    records = pa.array([bytes([at]) for at in range(len(values))])
    column = pa.array(values, pa.binary())
    subjects = about(rows) if form[0] else None
    made: list[bytes | None] = sealed(
        PortableKernel(), column, subjects, records if form[1] else None, text=False
    ).to_pylist()
    return made


def bent(frame: bytes, at: int, how: int) -> bytes:
    """A frame with one thing wrong, or nothing."""
    at %= len(frame)
    ways: list[Callable[[], bytes]] = [
        lambda: frame,
        lambda: frame[:at] + bytes((frame[at] ^ 1 << at % 8,)) + frame[at + 1 :],
        lambda: frame[:at],
        lambda: frame + b"\0",
        lambda: frame[:1] + (77).to_bytes(3, "big") + frame[4:],
        lambda: bytes((frame[0] ^ at % 8,)) + frame[1:],
        lambda: header(3, NUMBER) + frame[4:],
    ]
    return ways[how % len(ways)]()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.none() | st.binary(max_size=60), min_size=1, max_size=40),
    st.sampled_from([*every_form(), (False, False)]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), min_size=40, max_size=40),
    st.lists(st.none() | st.integers(0, 2), min_size=40, max_size=40),
    st.booleans(),
    st.booleans(),
)
def test_columns_open_or_are_refused_alike(
    kernels: Kernels,
    values: list[bytes | None],
    form: tuple[bool, bool],
    damage: list[tuple[int, int]],
    known: list[int | None],
    text: bool,
    whole: bool,
) -> None:
    """Damage of every sort, subjects gone or mistaken, columns with and without what is beside."""
    frames = [
        None if frame is None else bent(frame, at, how if how < 7 else 0)
        for frame, (at, how) in zip(framed(values, form), damage, strict=False)
    ]
    count = len(frames)
    turns = [at % 3 for at in range(count)]
    rows = [None if found is None else turn for found, turn in zip(known, turns, strict=False)]
    column = to_text(frames, "lkg1_") if text else pa.array(frames, pa.binary())
    subjects = about(turns if whole else rows)
    records = pa.array([bytes([at]) for at in range(count)], pa.binary())

    for beside in ((subjects, records), (None, records), (subjects, None), (None, None)):
        portable, native = (outcome(partial(opened, k, column, *beside)) for k in kernels)
        assert native == portable
    portable, native = (outcome(partial(k.frame_subjects, column)) for k in kernels)
    assert native == portable


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("form", every_form())
@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 511, 512, 513, 1500])
def test_every_count_around_groups_and_chunks(
    kernels: Kernels, count: int, form: tuple[bool, bool], text: bool
) -> None:
    values = pa.array([b"x" * (at * 7 % 45) for at in range(count)], pa.binary())
    values = pa.concat_arrays([values, pa.array([b"y" * 5000, None], pa.binary())])
    subjects = about([at % 3 for at in range(count + 2)]) if form[0] else None
    records = pa.array([b"r" * (at % 90) for at in range(count + 2)]) if form[1] else None

    for maker in kernels:
        frames = sealed(maker, values, subjects, records, text=text)
        for opener in kernels:
            assert opened(opener, frames, subjects, records).equals(values)


@pytest.mark.parametrize("people", [1, 40, 3000])
def test_few_subjects_and_more_than_values(kernels: Kernels, people: int) -> None:
    """Keys of all subjects at once, or of those that are needed: the same keys."""
    random = pa.array([bytes([at % 256, at // 256]) * 8 for at in range(people)], pa.binary(16))
    salts = SecretBytes(b"".join(bytes([at % 256, at // 256]) * 16 for at in range(people)))
    rows = pa.array([at * 7919 % people for at in range(1000)], pa.int32())
    subjects = Subjects(rows, random, salts)
    values = pa.array([str(at) for at in range(1000)])

    for maker, opener in (kernels, kernels[::-1]):
        frames = sealed(maker, values, subjects, None, text=False)
        assert opened(opener, frames, subjects, None).equals(values.cast(pa.binary()))


def refusals(kernel: Kernel) -> dict[str, Callable[[], object]]:
    """Calls with one parameter each that is refused, and others that are refused as well."""
    good, listed, broken = pa.array(["ada"]), pa.array([[1]]), pa.array([b"\xff"]).view(pa.string())
    who, nobody, record = about([0]), about([None]), pa.array([b"1"])
    none, badly = pa.nulls(1, pa.binary()), Subjects(pa.array([3], pa.int32()), HANDLES, SALTS)
    short = SecretBytes(bytes(31))
    make = partial(kernel.encrypt, text=True)
    return {
        "nobody": lambda: make(good, KEY, PLACE, 9, subjects=nobody),
        "no record": lambda: make(good, KEY, PLACE, 9, records=none),
        "nobody and no record": lambda: make(good, KEY, PLACE, 9, subjects=nobody, records=none),
        "nobody and broken": lambda: make(broken, KEY, PLACE, 9, subjects=nobody),
        "no record and broken": lambda: make(broken, KEY, PLACE, 9, records=none),
        "malformed and listed": lambda: make(listed, KEY, PLACE, 9, subjects=badly),
        "malformed and broken": lambda: make(broken, KEY, PLACE, 9, subjects=badly),
        "key and malformed": lambda: make(good, short, PLACE, 9, subjects=badly),
        "number and key": lambda: make(good, short, PLACE, 0, subjects=who),
        "records of text": lambda: make(good, KEY, PLACE, 9, records=good),
        "no record for nobody": lambda: make(good, KEY, PLACE, 9, subjects=badly, records=good),
        "records of others": lambda: make(good, KEY, PLACE, 9, records=pa.array([b"1", b"2"])),
        "reveal malformed": lambda: kernel.reveal(good, {}, {}, subjects=badly),
        "reveal records of text": lambda: kernel.reveal(good, {}, {}, records=good),
        "reveal no frame": lambda: kernel.reveal(good, {}, {}, subjects=who, records=record),
        "reveal numbers": lambda: kernel.reveal(pa.array([1]), {}, {}, subjects=badly),
        "subjects of numbers": lambda: kernel.frame_subjects(pa.array([1])),
        "subjects of no array": lambda: kernel.frame_subjects("ada"),
    }


@pytest.mark.parametrize("name", refusals(PortableKernel()))
def test_every_refusal_is_the_same_word_for_word(kernels: Kernels, name: str) -> None:
    portable, native = (outcome(refusals(kernel)[name]) for kernel in kernels)

    assert portable.error is not None
    assert native == portable
