"""Attacks on ciphertexts under subjects' keys and bound to records: one error for all of them."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from lockgate.errors import IntegrityError, KernelError
from lockgate.kernel.frame import header
from lockgate.kernel.interface import Kernel
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes
from subject_cases import HANDLES, KEY, NUMBER, PLACE, SALTS, about, every_form, opened, sealed

VALUES = pa.array(["ada@x.org", "", "a value of more than two blocks of sixteen bytes"])
ROWS = [0, 1, 2]
RECORDS = pa.array([b"4711", b"", b"4713"], pa.binary())
ALTERED = "frames do not open"


def made(kernel: Kernel, subject: bool, record: bool) -> list[bytes]:
    """A frame of each value."""
    subjects, records = about(ROWS) if subject else None, RECORDS if record else None
    frames: list[bytes] = sealed(kernel, VALUES, subjects, records, text=False).to_pylist()
    return frames


def refused(
    kernel: Kernel,
    frames: list[bytes],
    subjects: Subjects | None = None,
    records: pa.Array = RECORDS,
    *,
    place: bytes = PLACE,
) -> str:
    """What is said of frames, all of which were tampered with."""
    column, subjects = pa.array(frames, pa.binary()), subjects or about(ROWS)
    with pytest.raises(IntegrityError) as caught:
        opened(kernel, column, subjects, records, place=place)
    return caught.value.message


@pytest.mark.parametrize(("subject", "record"), every_form())
def test_tampering_with_any_bit_of_a_body(kernel: Kernel, subject: bool, record: bool) -> None:
    frames = made(kernel, subject, record)
    for row, frame in enumerate(frames):
        for at in range(4, len(frame)):
            bad = [*frames]
            bad[row] = frame[:at] + bytes((frame[at] ^ 1 << at % 8,)) + frame[at + 1 :]
            assert refused(kernel, bad) == f"1 of 3 {ALTERED}"


@pytest.mark.parametrize(("subject", "record"), every_form())
def test_truncating_at_every_length(kernel: Kernel, subject: bool, record: bool) -> None:
    frames = made(kernel, subject, record)
    shortest = 48 if subject else 44
    for length in range(len(frames[2])):
        said = refused(kernel, [*frames[:2], frames[2][:length]])
        assert said.startswith("1 of 3 ")
        assert ("no Lockgate frames" in said) == (length < shortest)
    assert refused(kernel, [*frames[:2], frames[2] + b"\0"]) == f"1 of 3 {ALTERED}"


@pytest.mark.parametrize(("subject", "record"), every_form())
def test_editing_the_algorithm_to_a_weaker_one(kernel: Kernel, subject: bool, record: bool) -> None:
    """3 to 2, 4 to 2, 5 to 3 or 4, and every other way: with every key there."""
    frames = made(kernel, subject, record)
    own = frames[0][0] & 0x0F
    for algorithm in {1, 2, 3, 4, 5} - {own}:
        bad = [header(algorithm, NUMBER) + frame[4:] for frame in frames]
        said = refused(kernel, bad)
        assert said == f"3 of 3 {ALTERED}" or "no Lockgate frames" in said


def test_dressing_a_subjects_frame_as_a_plain_one(kernel: Kernel) -> None:
    """Its handle and nonce where a plain one has its nonce: bytes enough, and no key for it."""
    for record in (False, True):
        for frame in made(kernel, True, record):
            for algorithm in (2, 4):
                dressed = header(algorithm, NUMBER) + frame[4:32].ljust(24, b"\0")[:24] + frame[32:]
                said = refused(kernel, [dressed], about([0]), RECORDS[:1])
                assert said == f"1 of 1 {ALTERED}"


@pytest.mark.parametrize("record", [False, True])
def test_swapping_handles_between_rows(kernel: Kernel, record: bool) -> None:
    frames = made(kernel, True, record)
    first, second = frames[0][4:20], frames[1][4:20]
    swapped = [
        frames[0][:4] + second + frames[0][20:],
        frames[1][:4] + first + frames[1][20:],
        frames[2],
    ]
    assert refused(kernel, swapped) == f"2 of 3 {ALTERED}"
    # Also if whoever looks the handles up finds those that are named.
    assert refused(kernel, swapped, about([1, 0, 2])) == f"2 of 3 {ALTERED}"


@pytest.mark.parametrize("record", [False, True])
def test_forging_a_handle_of_nobody(kernel: Kernel, record: bool) -> None:
    frames = made(kernel, True, record)
    forged = [frame[:4] + bytes(16) + frame[20:] for frame in frames]
    assert refused(kernel, forged) == f"3 of 3 {ALTERED}"


@pytest.mark.parametrize("record", [False, True])
def test_opening_under_another_subjects_salt(kernel: Kernel, record: bool) -> None:
    """Salts moved between rows of the state: the handles are right, and nothing opens."""
    frames, salts = made(kernel, True, record), SALTS.reveal()
    turned = Subjects(pa.array(ROWS, pa.int32()), HANDLES, SecretBytes(salts[32:] + salts[:32]))
    assert refused(kernel, frames, turned) == f"3 of 3 {ALTERED}"


@pytest.mark.parametrize("record", [False, True])
def test_naming_another_subject_of_the_same_salt(kernel: Kernel, record: bool) -> None:
    """A salt restored under another handle opens nothing: the handle is compared and bound."""
    frames = made(kernel, True, record)
    renamed = pa.array([bytes([who]) * 16 for who in (1, 2, 3)], pa.binary(16))
    subjects = Subjects(pa.array(ROWS, pa.int32()), renamed, SALTS)
    assert refused(kernel, frames, subjects) == f"3 of 3 {ALTERED}"
    forged = [f[:4] + name + f[20:] for f, name in zip(frames, renamed.to_pylist(), strict=True)]
    assert refused(kernel, forged, subjects) == f"3 of 3 {ALTERED}"


@pytest.mark.parametrize("subject", [False, True])
def test_swapping_values_between_rows_of_records(kernel: Kernel, subject: bool) -> None:
    """The same subject in all rows, so that nothing but the record tells them apart."""
    subjects = about([0, 0, 0]) if subject else None
    frames = sealed(kernel, VALUES, subjects, RECORDS, text=False).to_pylist()
    swapped = [frames[1], frames[0], frames[2]]
    assert refused(kernel, swapped, about([0, 0, 0])) == f"2 of 3 {ALTERED}"
    fine = sealed(kernel, VALUES, about([0, 0, 0]), None, text=False).take(pa.array([1, 0, 2]))
    assert opened(kernel, fine, about([0, 0, 0]), None).to_pylist()[0] == b""


@pytest.mark.parametrize("subject", [False, True])
def test_opening_beside_another_record_or_none(kernel: Kernel, subject: bool) -> None:
    frames = made(kernel, subject, True)
    for record in (b"4711 ", b"471", b"", bytes(2000)):
        other = pa.array([record, b"", b"4713"], pa.binary())
        assert refused(kernel, frames, records=other) == f"1 of 3 {ALTERED}"
    missing = pa.array([None, b"", b"4713"], pa.binary())
    assert refused(kernel, frames, records=missing) == f"1 of 3 {ALTERED}"


@pytest.mark.parametrize(("subject", "record"), every_form())
def test_pasting_into_another_column_or_dataset(
    kernel: Kernel, subject: bool, record: bool
) -> None:
    frames = made(kernel, subject, record)
    assert refused(kernel, frames, place=b"elsewhere") == f"3 of 3 {ALTERED}"


@pytest.mark.parametrize(("subject", "record"), every_form())
def test_editing_the_key_number(kernel: Kernel, subject: bool, record: bool) -> None:
    frames = made(kernel, subject, record)
    own = frames[0][0] & 0x0F
    edited = pa.array([header(own, 77) + frame[4:] for frame in frames], pa.binary())
    with pytest.raises(IntegrityError, match=f"3 of 3 {ALTERED}"):
        opened(kernel, edited, about(ROWS), RECORDS, keys={(own, 77): KEY})


@pytest.mark.parametrize("record", [False, True])
def test_one_bad_frame_releases_none_and_says_nothing_of_the_shredded(
    kernel: Kernel, record: bool
) -> None:
    """What is under a destroyed salt cannot be looked at: it is null, damaged or not."""
    frames = made(kernel, True, record)
    bad = frames[0][:-1] + bytes((frames[0][-1] ^ 1,))
    assert refused(kernel, [bad, *frames[1:]]) == f"1 of 3 {ALTERED}"
    kept = opened(kernel, pa.array([bad, *frames[1:]], pa.binary()), about([None, 1, 2]), RECORDS)
    assert kept.to_pylist()[:2] == [None, b""]


def failing(kernel: Kernel) -> list[Callable[[], object]]:
    """Calls that fail, with a value, a record, salts and handles in hand."""
    canary = pa.array(["canary-7391"])
    record = pa.array([b"canary-7391"])
    frames = sealed(kernel, canary, about([0]), record, text=True)
    return [
        lambda: sealed(kernel, canary, about([None]), record, text=True),
        lambda: sealed(kernel, canary, about([0]), pa.array([None], pa.binary()), text=True),
        lambda: sealed(kernel, canary, about([0, 0]), record, text=True),
        lambda: opened(kernel, frames, about([1]), record),
        lambda: opened(kernel, frames, about([0]), pa.array([b"canary-7391 "])),
        lambda: opened(kernel, frames, None, record),
    ]


@pytest.mark.parametrize("number", range(6))
def test_no_error_repeats_a_value_a_record_or_a_salt(kernel: Kernel, number: int) -> None:
    with pytest.raises((IntegrityError, KernelError)) as caught:
        failing(kernel)[number]()

    said = repr(caught.value) + str(caught.value) + repr(caught.value.__context__)
    assert "canary" not in said
    assert repr(SALTS.reveal()[:8])[2:-1] not in said
    assert HANDLES[0].as_py().hex() not in said
