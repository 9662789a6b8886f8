"""The native kernel: whole arrays in Rust (``rust/``), the same bytes and errors as the portable.

Importing this module imports ``lockgate_kernel``; ``kernel.choice`` decides whether to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import lockgate_kernel as rust
import pyarrow as pa

from lockgate.errors import KernelError, LockgateError
from lockgate.kernel import refusals
from lockgate.kernel.canonical import is_encodable_type, is_text
from lockgate.kernel.column_chunks_self_test import failing_chunks
from lockgate.kernel.ff1 import Ff1
from lockgate.kernel.frame import (
    ALGORITHM_TOKEN,
    LAST_KEY_NUMBER,
    ciphertext_algorithm,
    header,
    require_frames,
)
from lockgate.kernel.interface import HashAlgorithm, Mask, Normaliser
from lockgate.kernel.judge_self_test import failing_rule
from lockgate.kernel.laid_out import require_laid_out
from lockgate.kernel.mask import LONGEST, check
from lockgate.kernel.native_layout import plain, plain_type
from lockgate.kernel.render_self_test import failing_rendering
from lockgate.kernel.splitting_self_test import failing_reader
from lockgate.kernel.subject_checks import require_beside
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes

FORMAT = 5
"""What ``lockgate_kernel.FORMAT`` has to be for this module to use it."""

VERSION: str = rust.__version__
FOUND_FORMAT: int = rust.FORMAT


def failing_judge() -> str | None:
    """The first rule of the native judge that gives a wrong verdict; None if all are right."""
    return failing_rule(rust)


def failing_writer() -> str | None:
    """The first text format that the native kernel writes wrongly; None if all are right."""
    return failing_rendering(rust)


def failing_splitting() -> str | None:
    """What the native reader of CSV gives a wrong answer for; None if nothing."""
    return failing_reader(rust)


def failing_columns() -> str | None:
    """What the native reader of Parquet gives a wrong answer for; None if nothing."""
    return failing_chunks(rust)


class NativeKernel:
    """Implements ``kernel.interface.Kernel``. Safe across threads; loops run without the GIL."""

    @property
    def name(self) -> str:
        """``native``."""
        return "native"

    @property
    def aes(self) -> str:
        """How AES is computed: ``vaes-512``, ``vaes-256``, ``aes-ni``, ``armv8``, ``software``."""
        return rust.aes()

    def canonical(
        self, values: pa.Array, normaliser: Normaliser, *, deterministic: bool = True
    ) -> pa.BinaryArray:
        """Canonical encoding v1 of each value."""
        column = _encodable(values, deterministic)
        return _made(values, rust.canonical, column, normaliser.value, deterministic)

    def encodable(
        self, values: pa.Array, normaliser: Normaliser, *, deterministic: bool
    ) -> pa.BooleanArray | None:
        """Which values have a canonical encoding; None if all."""
        column = _encodable(values, deterministic)
        return _made(values, rust.encodable, column, normaliser.value, deterministic)

    def tokenize(
        self,
        values: pa.Array,
        normaliser: Normaliser,
        key: SecretBytes,
        associated: bytes,
        key_number: int,
        *,
        text: bool,
    ) -> pa.Array:
        """AES-256-SIV frames."""
        header(ALGORITHM_TOKEN, key_number)
        held = _checked(key, 64)
        column = _encodable(values, deterministic=True)
        return _made(
            values, rust.tokenize, column, normaliser.value, held, associated, key_number, text
        )

    def encrypt(
        self,
        values: pa.Array,
        key: SecretBytes,
        associated: bytes,
        key_number: int,
        *,
        text: bool,
        subjects: Subjects | None = None,
        records: pa.Array | None = None,
    ) -> pa.Array:
        """XAES-256-GCM frames; the nonces are drawn in Rust, from the operating system."""
        per_subject, bound = subjects is not None, records is not None
        header(ciphertext_algorithm(subject=per_subject, record=bound), key_number)
        held = _checked(key, 32)
        beside = _beside(values, subjects, records)
        column = _encodable(values, deterministic=False)
        return _made(values, rust.encrypt, column, held, associated, key_number, text, *beside)

    def reveal(
        self,
        frames: pa.Array,
        keys: Mapping[tuple[int, int], SecretBytes],
        associated: Mapping[int, bytes],
        *,
        subjects: Subjects | None = None,
        records: pa.Array | None = None,
    ) -> pa.BinaryArray:
        """Canonical bytes of frames, whatever key numbers stand side by side."""
        require_frames(frames, rows=False)
        # Pairs that no header can hold are no key of any frame.
        held = [
            (algorithm, number, key.reveal())
            for (algorithm, number), key in keys.items()
            if 0 <= algorithm < 16 and 1 <= number <= LAST_KEY_NUMBER
        ]
        bound = [(a, bytes(data)) for a, data in associated.items() if 0 <= a < 16]
        beside = _beside(frames, subjects, records)
        return _made(frames, rust.reveal, frames, held, bound, *beside)

    def frame_headers(self, frames: pa.Array) -> set[tuple[int, int]]:
        """The (algorithm, key number) pairs of frames."""
        require_frames(frames, rows=False)
        return set(_called(frames, rust.headers, frames))

    def frame_subjects(self, frames: pa.Array) -> pa.FixedSizeBinaryArray:
        """The subject's handle in each frame; null where it has none."""
        require_frames(frames, rows=False)
        return _made(frames, rust.subjects, frames)

    def hash(
        self,
        values: pa.Array,
        normaliser: Normaliser,
        key: SecretBytes,
        algorithm: HashAlgorithm,
        *,
        text: bool,
    ) -> pa.Array:
        """Keyed hash of each value."""
        held = _checked(key, 32)
        column = _encodable(values, deterministic=True)
        return _made(values, rust.hash, column, normaliser.value, held, algorithm.value, text)

    def mask(self, values: pa.Array, mask: Mask) -> pa.StringArray:
        """Masked text of each value."""
        check(mask)
        column = _encodable(values, deterministic=False)
        first, last = min(mask.first, LONGEST), min(mask.last, LONGEST)
        shape = (first, last, mask.only, mask.fill, mask.keep_email_domain)
        return _made(values, rust.mask, column, *shape)

    def ff1(
        self, values: pa.Array, spec: Ff1, key: SecretBytes, *, decrypt: bool
    ) -> pa.StringArray:
        """FF1 over each text's numerals."""
        held = _checked(key, 32)
        alphabet = spec.alphabet.value
        arguments = (_ff1_text(values), alphabet, spec.tweak, held, decrypt)
        return _made(values, rust.ff1, *arguments, alphabet=alphabet)

    def ff1_fits(self, values: pa.Array, spec: Ff1) -> pa.BooleanArray | None:
        """Which texts FF1 can take; None if all."""
        return _made(values, rust.ff1_fits, _ff1_text(values), spec.alphabet.value)


def _checked(key: SecretBytes, length: int) -> bytes:
    if len(key) != length:
        raise refusals.key_length(length)
    return key.reveal()


def _beside(
    values: pa.Array, subjects: Subjects | None, records: pa.Array | None
) -> tuple[Any, Any]:
    """Subjects and records as Rust takes them, if they fit the values."""
    plain_records = require_beside(values, subjects, records)
    if subjects is None:
        return None, plain_records
    return (subjects.rows, subjects.handles, subjects.salts.reveal()), plain_records


def _encodable(values: pa.Array, deterministic: bool) -> pa.Array:
    """The array as Rust takes it, if its type has an encoding."""
    if not isinstance(values, pa.Array):
        raise refusals.not_an_array()
    if not is_encodable_type(values.type, deterministic):
        raise refusals.no_encoding(values.type)
    require_laid_out(values, rows=False)
    return plain(values, whole_text=True)


def _ff1_text(values: pa.Array) -> pa.Array:
    if not isinstance(values, pa.Array):
        raise refusals.not_an_array()
    if not is_text(plain_type(values.type)):
        raise refusals.ff1_no_text()
    require_laid_out(values, rows=False)
    return plain(values)


def _made(values: pa.Array, call: Callable[..., Any], *arguments: Any, alphabet: str = "") -> Any:
    """What Rust made, as a pyarrow array; None stays None."""
    made = _called(values, call, *arguments, alphabet=alphabet)
    return None if made is None else pa.array(made)


def _called(values: pa.Array, call: Callable[..., Any], *arguments: Any, alphabet: str = "") -> Any:
    """What Rust gave. A fault is raised as the portable kernel's error, without a trace of it."""
    try:
        return call(*arguments)
    except rust.Fault as fault:
        code, count, number = fault.code, fault.count, fault.number
    raise _refusal(code, count, number, values, alphabet)


def _refusal(code: str, count: int, number: int, values: pa.Array, alphabet: str) -> LockgateError:
    total = len(values)
    refusal: dict[str, Callable[[], LockgateError]] = {
        "unsupported-type": lambda: refusals.no_encoding(values.type),
        "float-not-deterministic": lambda: refusals.no_encoding(values.type),
        "not-encodable": lambda: refusals.not_encodable(count, values),
        "broken-utf8": refusals.broken_utf8,
        "too-big": refusals.too_big,
        "too-many-rows": refusals.too_many_rows,
        "key-length": lambda: refusals.reveal_key_length(number),
        "key-number": refusals.key_number,
        "not-frames": lambda: refusals.not_frames(count, total),
        "no-key": lambda: refusals.no_key(number),
        "wrong-kind": refusals.wrong_kind,
        "do-not-open": lambda: refusals.do_not_open(count, total),
        "not-fitting": lambda: refusals.ff1_does_not_fit(count, total, alphabet),
        "no-subject": lambda: refusals.no_subject(count, total),
        "no-record": lambda: refusals.no_record(count, total),
        "malformed": refusals.malformed,
        "no-random": refusals.no_random,
    }
    if code in refusal:
        return refusal[code]()
    return KernelError(
        "the native kernel failed",
        hint="this is a defect: LOCKGATE_KERNEL=portable goes on without it",
    )
