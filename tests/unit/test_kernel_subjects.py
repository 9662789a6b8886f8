"""Ciphertexts under a subject's key, and bound to their record: what opens and what is refused."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lockgate.errors import IntegrityError, KernelError, KeyUnavailable
from lockgate.kernel.frame import HEADER_BYTES, frame_subjects, header
from lockgate.kernel.interface import Kernel
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes
from subject_cases import HANDLES, KEY, PLACE, SALTS, about, every_form, opened, sealed

VALUES = pa.array(["ada", None, "", "Grüße, long enough for two blocks", "ada"])
ROWS = [0, None, 2, 1, 0]
RECORDS = pa.array([b"1", None, b"", b"4" * 100, b"5"], pa.binary())


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize(("subject", "record"), every_form())
def test_what_is_sealed_opens(kernel: Kernel, subject: bool, record: bool, text: bool) -> None:
    subjects, records = about(ROWS) if subject else None, RECORDS if record else None

    frames = sealed(kernel, VALUES, subjects, records, text=text)

    algorithm = {(True, False): 3, (False, True): 4, (True, True): 5}[subject, record]
    assert frames.type == (pa.string() if text else pa.binary())
    assert kernel.frame_headers(frames) == {(algorithm, 9)}
    assert opened(kernel, frames, subjects, records).equals(VALUES.cast(pa.binary()))


@pytest.mark.parametrize(("subject", "record"), every_form())
def test_no_two_frames_of_a_value_are_alike(kernel: Kernel, subject: bool, record: bool) -> None:
    values, rows = pa.array(["same"] * 700), about([1] * 700) if subject else None
    records = pa.array([b"same"] * 700) if record else None

    first = sealed(kernel, values, rows, records, text=False).to_pylist()
    again = sealed(kernel, values, rows, records, text=False).to_pylist()

    assert len({*first, *again}) == 1400
    after = HEADER_BYTES + (16 if subject else 0)
    assert len({frame[after : after + (12 if subject else 24)] for frame in first + again}) == 1400


def test_a_frame_names_its_subject(kernel: Kernel) -> None:
    frames = pa.concat_arrays(
        [
            sealed(kernel, VALUES, about(ROWS), None, text=True),
            sealed(kernel, VALUES, None, RECORDS, text=True),
        ]
    )

    found = kernel.frame_subjects(frames)

    names = HANDLES.to_pylist()
    assert found.type == pa.binary(16)
    assert found.to_pylist() == [names[0], None, names[2], names[1], names[0], *[None] * 5]
    assert found.equals(frame_subjects(frames))


def test_what_is_no_frame_names_nobody(kernel: Kernel) -> None:
    with pytest.raises(IntegrityError, match="1 of 2 values are no Lockgate frames"):
        kernel.frame_subjects(pa.array([None, header(3, 1) + bytes(43)], pa.binary()))
    with pytest.raises(IntegrityError, match="text or binary"):
        kernel.frame_subjects(pa.array([1]))


@pytest.mark.parametrize("record", [False, True])
def test_who_was_shredded_is_null_and_others_open(kernel: Kernel, record: bool) -> None:
    records = RECORDS if record else None
    frames = sealed(kernel, VALUES, about(ROWS), records, text=True)

    kept = opened(kernel, frames, about([None, None, 2, 1, None]), records)

    assert kept.to_pylist() == [None, None, b"", "Grüße, long enough for two blocks".encode(), None]


def test_who_was_shredded_does_not_stand_for_others_beside(kernel: Kernel) -> None:
    plain = kernel.encrypt(VALUES, KEY, PLACE, 9, text=True)
    mixed = pa.concat_arrays([sealed(kernel, VALUES, about(ROWS), None, text=True), plain])

    kept = opened(kernel, mixed, about([None] * 10), None)

    assert kept.to_pylist()[:5] == [None] * 5
    assert kept[5:].equals(VALUES.cast(pa.binary()))


def test_all_nulls_and_none_at_all(kernel: Kernel) -> None:
    for values in (pa.nulls(3), pa.nulls(3, pa.string()), pa.array([], pa.int64())):
        nobody = about([None] * len(values))
        records = pa.nulls(len(values), pa.binary())
        frames = sealed(kernel, values, nobody, records, text=False)
        assert frames.null_count == len(frames) == len(values)
        assert opened(kernel, frames, nobody, records).equals(pa.nulls(len(values), pa.binary()))
        assert kernel.frame_subjects(frames).equals(pa.nulls(len(values), pa.binary(16)))


def test_a_value_about_nobody_is_refused_with_its_count(kernel: Kernel) -> None:
    with pytest.raises(KernelError, match="2 of 5 values have no subject"):
        sealed(kernel, VALUES, about([0, None, None, 1, None]), None, text=True)


def test_a_value_without_record_is_refused_with_its_count(kernel: Kernel) -> None:
    records = pa.array([b"1", b"2", None, b"4", b"5"])
    for subjects in (None, about(ROWS)):
        with pytest.raises(KernelError, match="1 of 5 values have no record"):
            sealed(kernel, VALUES, subjects, records, text=True)


NOT_SUBJECTS = {
    "too few rows": Subjects(pa.array([0] * 4, pa.int32()), HANDLES, SALTS),
    "a row below": Subjects(pa.array([0, 0, -1, 0, 0], pa.int32()), HANDLES, SALTS),
    "a row beyond": Subjects(pa.array([0, 0, 3, 0, 0], pa.int32()), HANDLES, SALTS),
    "rows of 64 bits": Subjects(pa.array(ROWS, pa.int64()), HANDLES, SALTS),
    "no salts": Subjects(pa.array(ROWS, pa.int32()), HANDLES, SecretBytes(b"")),
    "half a salt": Subjects(pa.array(ROWS, pa.int32()), HANDLES, SecretBytes(bytes(80))),
    "a null handle": Subjects(
        pa.array(ROWS, pa.int32()), pa.array([bytes(16), None, bytes(16)], pa.binary(16)), SALTS
    ),
    "short handles": Subjects(
        pa.array(ROWS, pa.int32()), pa.array([bytes(15)] * 3, pa.binary(15)), SALTS
    ),
}


@pytest.mark.parametrize("name", NOT_SUBJECTS)
def test_subjects_that_do_not_fit_are_refused(kernel: Kernel, name: str) -> None:
    frames = sealed(kernel, VALUES, about(ROWS), None, text=True)
    with pytest.raises(KernelError, match="subjects are one int32 row"):
        sealed(kernel, VALUES, NOT_SUBJECTS[name], None, text=True)
    with pytest.raises(KernelError, match="subjects are one int32 row"):
        opened(kernel, frames, NOT_SUBJECTS[name], None)


@pytest.mark.parametrize("records", [pa.array([b"1"]), pa.array(["1"] * 5), pa.array([1] * 5)])
def test_records_that_do_not_fit_are_refused(kernel: Kernel, records: pa.Array) -> None:
    frames = sealed(kernel, VALUES, None, RECORDS, text=True)
    with pytest.raises(KernelError, match="records are one byte string"):
        sealed(kernel, VALUES, None, records, text=True)
    with pytest.raises(KernelError, match="records are one byte string"):
        opened(kernel, frames, None, records)


def test_frames_of_subjects_need_the_subjects_and_the_key(kernel: Kernel) -> None:
    frames = sealed(kernel, VALUES, about(ROWS), RECORDS, text=True)
    with pytest.raises(IntegrityError, match="does not hold"):
        opened(kernel, frames, None, RECORDS)
    with pytest.raises(IntegrityError, match="does not hold"):
        opened(kernel, frames, about(ROWS), None)
    with pytest.raises(IntegrityError, match="does not hold"):
        kernel.reveal(frames, {(5, 9): KEY}, {3: PLACE}, subjects=about(ROWS), records=RECORDS)
    with pytest.raises(KeyUnavailable, match="key number 9"):
        kernel.reveal(frames, {(3, 9): KEY}, {5: PLACE}, subjects=about(ROWS), records=RECORDS)
    with pytest.raises(KernelError, match="32 bytes"):
        kernel.reveal(
            frames,
            {(5, 9): SecretBytes(bytes(64))},
            {5: PLACE},
            subjects=about(ROWS),
            records=RECORDS,
        )


def test_neither_salts_nor_values_show() -> None:
    subjects = about(ROWS)
    assert repr(subjects) == "Subjects(salts=SecretBytes(***))"
    with pytest.raises(TypeError, match="cannot be pickled"):
        subjects.salts.__reduce__()
