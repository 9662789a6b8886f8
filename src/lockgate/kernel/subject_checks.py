"""Whether what comes beside values, their subjects and records, fits them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel import refusals
from lockgate.kernel.canonical import is_bytes, narrow
from lockgate.kernel.laid_out import require_laid_out
from lockgate.kernel.subjects import HANDLE_BYTES, SALT_BYTES, Subjects


def require_beside(
    values: pa.Array, subjects: Subjects | None, records: pa.Array | None
) -> pa.BinaryArray | None:
    """The records in the plain 32-bit layout, if there are any.

    Raises KernelError for what is no array, and unless subjects and records are of so many values.
    """
    if not isinstance(values, pa.Array):
        raise refusals.not_an_array()
    if subjects is not None:
        require_subjects(subjects, len(values))
    return None if records is None else require_records(records, len(values))


def require_subjects(subjects: Subjects, values: int) -> None:
    """Raises KernelError unless there is a row for each value, and a handle and a salt for each."""
    rows, handles = subjects.rows, subjects.handles
    if not isinstance(rows, pa.Array) or not isinstance(handles, pa.Array):
        raise refusals.not_an_array()
    if rows.type != pa.int32() or handles.type != pa.binary(HANDLE_BYTES):
        raise refusals.malformed_subjects()
    require_laid_out(rows)
    require_laid_out(handles)
    ends = pc.min_max(rows)
    inside = ends["min"].as_py() is None or (
        ends["min"].as_py() >= 0 and ends["max"].as_py() < len(handles)
    )
    whole = len(rows) == values and len(subjects.salts) == SALT_BYTES * len(handles)
    if not inside or not whole or handles.null_count:
        raise refusals.malformed_subjects()


def require_records(records: pa.Array, values: int) -> pa.BinaryArray:
    """``records`` in the plain 32-bit layout. Raises KernelError unless one binary a value."""
    if not isinstance(records, pa.Array):
        raise refusals.not_an_array()
    if not is_bytes(records.type) or len(records) != values:
        raise refusals.malformed_records()
    require_laid_out(records)
    return narrow(records, pa.binary())
