"""Known answers about ciphertexts for subjects and bound to records; see ``self_test``."""

from __future__ import annotations

import pyarrow as pa

from lockgate.errors import IntegrityError
from lockgate.kernel.frame import ciphertext_algorithm
from lockgate.kernel.interface import Kernel
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes

_BYTES = pa.binary()
_KEY, _WHERE, _NUMBER = SecretBytes(bytes(range(32))), b"where", 2
# As many values as are worked on together, and some; a long one among them.
_TEXTS = pa.array(["078-05-1120", None, "", "long " * 300, *map(str, range(20))])
_COUNT = len(_TEXTS)
_HANDLES = pa.array([b"h" * 16, b"i" * 16], pa.binary(16))
_SALTS = SecretBytes(bytes(range(64)))
_RECORDS = pa.array([b"4711"] * _COUNT)
_FORMS = ((True, False), (False, True), (True, True))
# Of the first value, under the first subject's key and bound to the first record.
_FIXED = {
    3: "1300000268686868686868686868686868686868000102030405060708090a0b"
    "dcce8caa017e93a659d53a344e25ee53930a51a4f76f39ac43581d",
    4: "14000002000102030405060708090a0b0c0d0e0f1011121300000000"
    "9239b851a96c694ce05de5867694db8108b6ae5a84878dceb1e697",
    5: "1500000268686868686868686868686868686868000102030405060708090a0b"
    "dcce8caa017e93a659d53a2611cd68d28ca55377b1454216be54f2",
}


def answers_for_subjects(kernel: Kernel) -> bool:
    """Whether all known answers are right."""
    return all(_is_right(kernel, *form) for form in _FORMS)


def _is_right(kernel: Kernel, subject: bool, record: bool) -> bool:
    who = _about([row % 2 for row in range(_COUNT)]) if subject else None
    records = _RECORDS if record else None
    algorithm = ciphertext_algorithm(subject=subject, record=record)
    made = kernel.encrypt(_TEXTS, _KEY, _WHERE, _NUMBER, text=True, subjects=who, records=records)
    named = _HANDLES.take(who.rows) if who is not None else pa.nulls(_COUNT, pa.binary(16))
    fixed = bytes.fromhex(_FIXED[algorithm])
    altered = fixed[:-1] + bytes([fixed[-1] ^ 1])
    return (
        kernel.frame_headers(made) == {(algorithm, _NUMBER)}
        and _opens(kernel, made, algorithm, who, records) == _TEXTS.cast(_BYTES)
        and _valid(kernel.frame_subjects(made), made) == _valid(named, made)
        and _alone(kernel, fixed, algorithm, b"4711", 0) == _TEXTS[:1].cast(_BYTES)
        and _alone(kernel, altered, algorithm, b"4711", 0) is None
        and (not record or _alone(kernel, fixed, algorithm, b"4712", 0) is None)
        and (not subject or _alone(kernel, fixed, algorithm, b"4711", 1) is None)
        and (not subject or _alone(kernel, fixed, algorithm, b"4711", None) == pa.nulls(1, _BYTES))
    )


def _about(rows: list[int | None] | list[int]) -> Subjects:
    return Subjects(pa.array(rows, pa.int32()), _HANDLES, _SALTS)


def _valid(handles: pa.Array, frames: pa.Array) -> list[bytes | None]:
    """The handles of rows that have a frame."""
    kept: list[bytes | None] = handles.filter(frames.is_valid()).to_pylist()
    return kept


def _alone(
    kernel: Kernel, frame: bytes, algorithm: int, record: bytes, subject: int | None
) -> pa.BinaryArray | None:
    return _opens(
        kernel, pa.array([frame]), algorithm, _about([subject]), pa.array([record], _BYTES)
    )


def _opens(
    kernel: Kernel,
    frames: pa.Array,
    algorithm: int,
    subjects: Subjects | None,
    records: pa.Array | None,
) -> pa.BinaryArray | None:
    """What the frames open to; None if they do not."""
    keys, places = {(algorithm, _NUMBER): _KEY}, {algorithm: _WHERE}
    try:
        return kernel.reveal(frames, keys, places, subjects=subjects, records=records)
    except IntegrityError:
        return None
