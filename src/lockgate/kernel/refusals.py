"""What a kernel refuses with: one place, so that every kernel says the same.

Each function makes the error; its caller raises it. Counts and names of rules, never a value.
"""

from __future__ import annotations

import pyarrow as pa

from lockgate.errors import IntegrityError, KernelError, KeyUnavailable

_ENCODINGS = "see docs/reference/canonical-encoding.md"


def not_an_array() -> KernelError:
    """Handed a table, a chunked array, a list."""
    return KernelError("a kernel takes one Arrow array")


def no_encoding(arrow_type: pa.DataType) -> KernelError:
    """A type without canonical encoding, or a float where equal values must be equal bytes."""
    is_float = pa.types.is_floating(arrow_type)
    return KernelError(
        f"values of type {arrow_type} have no canonical encoding",
        hint="floats can be encrypted, but not tokenised or hashed" if is_float else _ENCODINGS,
    )


def not_encodable(refused: int, values: pa.Array) -> KernelError:
    """Values without canonical encoding in a type that has one."""
    return KernelError(
        f"{refused} of {len(values)} values of type {values.type} have no canonical encoding",
        hint=_ENCODINGS,
    )


def broken_utf8() -> KernelError:
    """Text whose bytes are no text."""
    return KernelError("a text column is not valid UTF-8")


def too_big() -> KernelError:
    """Beyond what 32-bit offsets reach."""
    return KernelError("more than 2 GiB of values in one array", hint="use smaller batches")


def too_many_rows() -> KernelError:
    """Beyond what a nonce's counter tells apart."""
    return KernelError("more than 2**32 values in one call", hint="use smaller batches")


def key_length(expected: int) -> KernelError:
    """A key of another length than the treatment takes."""
    return KernelError(f"this treatment takes a key of {expected} bytes")


def reveal_key_length(expected: int) -> KernelError:
    """A key of another length than the frames' algorithm takes."""
    return KernelError(f"this algorithm takes a key of {expected} bytes")


def key_number() -> KernelError:
    """A key number that has no place in a frame."""
    return KernelError("a key number is 1 to 16777215")


def no_frame_column() -> IntegrityError:
    """Frames of a type that holds none."""
    return IntegrityError("a column of frames is text or binary")


def not_frames(refused: int, total: int) -> IntegrityError:
    """Values that are no frames."""
    return IntegrityError(
        f"{refused} of {total} values are no Lockgate frames",
        hint="reveal takes tokens and ciphertexts as they were written; fpe opens by file",
    )


def no_key(number: int) -> KeyUnavailable:
    """Frames under a key that was not given."""
    return KeyUnavailable(
        f"no key number {number} for this column",
        hint="it is of another keyring, or was destroyed",
    )


def wrong_kind() -> IntegrityError:
    """Frames of an algorithm that the column has no place for."""
    return IntegrityError("a frame is of a kind that this column does not hold")


def do_not_open(refused: int, total: int) -> IntegrityError:
    """Frames that were altered, or are bound to another place."""
    return IntegrityError(
        f"{refused} of {total} frames do not open",
        hint="they were altered, or belong to another column, domain or keyring",
    )


def malformed() -> KernelError:
    """Offsets or views that point outside of the values."""
    return KernelError("an array is not laid out as its Arrow type says")


def no_random() -> KernelError:
    """The operating system has no random bytes to give."""
    return KernelError("the operating system gave no random bytes", hint="nothing was encrypted")


def ff1_no_text() -> KernelError:
    """FF1 over numbers, dates, bytes."""
    return KernelError("FF1 takes text only")


def ff1_does_not_fit(refused: int, total: int, alphabet: str) -> KernelError:
    """Texts with characters that would stay clear, or too few or many numerals."""
    return KernelError(
        f"{refused} of {total} values do not fit FF1 over {alphabet}",
        hint="see docs/reference/treatments.md",
    )


def malformed_subjects() -> KernelError:
    """Subjects without a row for each value, a handle or a salt for each."""
    return KernelError(
        "subjects are one int32 row a value, and a handle and a salt of 32 bytes for each"
    )


def malformed_records() -> KernelError:
    """Records that are not one byte string a value."""
    return KernelError("records are one byte string a value")


def no_subject(refused: int, total: int) -> KernelError:
    """Values that should be under a person's key, and are about nobody."""
    return KernelError(f"{refused} of {total} values have no subject to be encrypted for")


def no_record(refused: int, total: int) -> KernelError:
    """Values that should be bound to their record, which has no key."""
    return KernelError(f"{refused} of {total} values have no record to be bound to")
