"""Encrypting for subjects: one a row, few, and rows out of a million."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from bench.kernels.case import Case, same_as
from bench.kernels.columns import SEED, Columns, made_up_key
from lockgate.kernel.binding import ciphertext_binding
from lockgate.kernel.frame import ALGORITHM_SUBJECT
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable import PortableKernel
from lockgate.kernel.subjects import HANDLE_BYTES, SALT_BYTES, Subjects
from lockgate.secret import SecretBytes

NUMBER = 7
KEY = made_up_key("subjects", 32)
PLACE = ciphertext_binding("bench", "ssn")
CASES = ("encrypt_subjects_11", "encrypt_few_subjects_11", "encrypt_million_subjects_11")
_FEW, _MANY = 1_000, 1_000_000


def encrypt_for_subjects(columns: Columns) -> Iterator[Case]:
    """As many subjects as values, a thousand, and values of some of a million."""
    count = len(columns.ssns)
    random = np.random.default_rng(SEED + 5)
    yield _case(CASES[0], "one subject a value", columns, np.arange(count), count)
    yield _case(CASES[1], "a thousand subjects", columns, random.integers(0, _FEW, count), _FEW)
    yield _case(CASES[2], "a million subjects", columns, random.integers(0, _MANY, count), _MANY)


def _case(name: str, who: str, columns: Columns, rows: np.ndarray, count: int) -> Case:
    ssns = columns.ssns
    handles = pa.py_buffer(made_up_key("handles", HANDLE_BYTES * count))
    subjects = Subjects(
        pa.array(rows, pa.int32()),
        pa.Array.from_buffers(pa.binary(HANDLE_BYTES), count, [None, handles]),
        SecretBytes(made_up_key("salts", SALT_BYTES * count)),
    )

    def ours(kernel: Kernel) -> pa.Array:
        key = SecretBytes(KEY)
        return kernel.encrypt(ssns, key, PLACE, NUMBER, text=False, subjects=subjects)

    def wrong(output: pa.Array) -> str:
        """Nonces differ from call to call: what comes back is compared."""
        keys = {(ALGORITHM_SUBJECT, NUMBER): SecretBytes(KEY)}
        places = {ALGORITHM_SUBJECT: PLACE}
        back = PortableKernel().reveal(output, keys, places, subjects=subjects)
        return same_as(ssns.cast(pa.binary()))(back)

    return Case(name, f"encrypt a social security number, {who}", ssns, ours, wrong, None)
