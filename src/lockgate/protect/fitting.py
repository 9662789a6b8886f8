"""Whether values can be protected: a canonical form, within the size limit."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.errors import KernelError, PolicyError
from lockgate.kernel.canonical import is_bytes, is_encodable_type, is_text
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.limits import DEFAULT_LIMITS
from lockgate.protect.plain import plain, plain_type
from lockgate.protect.treatment import Form, TreatmentKeys


def fitting(
    values: pa.Array, kernel: Kernel, normaliser: Normaliser, *, deterministic: bool
) -> pa.BooleanArray | None:
    """Which values have a canonical encoding and are no longer than the limit; None if all."""
    encoded = kernel.encodable(values, normaliser, deterministic=deterministic)
    return both(encoded, short_enough(values))


def both(left: pa.BooleanArray | None, right: pa.BooleanArray | None) -> pa.BooleanArray | None:
    """Where both are true; None counts as all true."""
    if left is None or right is None:
        return right if left is None else left
    return pc.and_(left, right)


def verdict(fits: pa.BooleanArray) -> pa.BooleanArray | None:
    """``fits`` with null counted as treatable; None if all are."""
    every = pc.fill_null(fits, True)
    return None if pc.all(every, min_count=0).as_py() else every


def short_enough(values: pa.Array) -> pa.BooleanArray | None:
    """Which texts and bytes are no longer than the limit; None if all, or of another type."""
    held = values.dictionary if pt.is_dictionary(values.type) else values
    if not is_text(plain_type(values.type)) and not is_bytes(plain_type(values.type)):
        return None
    limit = DEFAULT_LIMITS.value_bytes
    # Together no longer than one may be: the common case costs no look at the values.
    if held.get_total_buffer_size() <= limit:
        return None
    lengths = pc.binary_length(plain(values).cast(pa.large_binary()))
    return verdict(pc.less_equal(lengths, limit))


def require_encodable(treatment: str, arrow_type: pa.DataType, *, deterministic: bool) -> None:
    """Raises PolicyError if the treatment cannot take the column's type."""
    if not is_encodable_type(arrow_type, deterministic):
        raise PolicyError(
            f"{treatment} does not take a column of type {arrow_type}",
            hint="choose drop, redact, or another treatment: docs/reference/treatments.md",
        )


def form_type(form: Form) -> pa.DataType:
    """utf8 where the sink holds text, binary where it holds bytes."""
    return pa.string() if form is Form.TEXT else pa.binary()


def require_keys(keys: TreatmentKeys | None) -> TreatmentKeys:
    """The keys, or KernelError: a keyed treatment never runs without."""
    if keys is None:
        raise KernelError("a keyed treatment was applied without its keys")
    return keys
