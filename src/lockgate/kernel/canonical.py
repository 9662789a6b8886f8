"""Canonical encoding v1 of whole Arrow arrays (docs/reference/canonical-encoding.md)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.kernel import refusals
from lockgate.kernel.canonical_number import decimal_text, float_text, integer_text
from lockgate.kernel.canonical_text import text_bytes
from lockgate.kernel.canonical_time import date_text, time_text, timestamp_text
from lockgate.kernel.interface import Normaliser
from lockgate.kernel.laid_out import require_laid_out
from lockgate.kernel.varlen import MOST_BYTES, build, flat, taken, view, viewed

Encoded = tuple[pa.BinaryArray, pa.BooleanArray | None]


def canonical(
    values: pa.Array, normaliser: Normaliser, *, deterministic: bool = True
) -> pa.BinaryArray:
    """Canonical bytes of each value; null stays null.

    ``normaliser`` shapes text only. Floats are refused where ``deterministic``.
    Raises KernelError for a type that has no encoding, and with the count if
    some values have none (``encodable`` says which).
    """
    encoded, fits = _encode(_whole(values, deterministic), normaliser, deterministic)
    if fits is not None:
        refused = pc.sum(pc.invert(fits)).as_py()
        raise refusals.not_encodable(refused, values)
    return encoded


def encodable(
    values: pa.Array, normaliser: Normaliser, *, deterministic: bool = True
) -> pa.BooleanArray | None:
    """Which values have a canonical encoding: true for null, None if all have one.

    Raises KernelError for a type that has no encoding.
    """
    return _encode(_whole(values, deterministic), normaliser, deterministic)[1]


def is_encodable_type(arrow_type: pa.DataType, deterministic: bool) -> bool:
    """Whether the type has an encoding (``deterministic``: for an index-key treatment)."""
    if isinstance(arrow_type, pa.BaseExtensionType):
        return False
    if pt.is_dictionary(arrow_type) or pt.is_run_end_encoded(arrow_type):
        return is_encodable_type(arrow_type.value_type, deterministic)
    if pt.is_floating(arrow_type):
        return not deterministic
    return (
        is_text(arrow_type)
        or is_bytes(arrow_type)
        or pt.is_null(arrow_type)
        or pt.is_boolean(arrow_type)
        or pt.is_integer(arrow_type)
        or pt.is_decimal(arrow_type)
        or pt.is_date(arrow_type)
        or pt.is_time(arrow_type)
        or pt.is_timestamp(arrow_type)
    )


def is_text(arrow_type: pa.DataType) -> bool:
    """utf8, large_utf8 or utf8_view."""
    return bool(
        pt.is_string(arrow_type) or pt.is_large_string(arrow_type) or pt.is_string_view(arrow_type)
    )


def is_bytes(arrow_type: pa.DataType) -> bool:
    """Any binary type: 32 or 64-bit offsets, view or fixed size."""
    return bool(
        pt.is_binary(arrow_type)
        or pt.is_large_binary(arrow_type)
        or pt.is_binary_view(arrow_type)
        or pt.is_fixed_size_binary(arrow_type)
    )


def _whole(values: pa.Array, deterministic: bool) -> pa.Array:
    if not isinstance(values, pa.Array):
        raise refusals.not_an_array()
    if not is_encodable_type(values.type, deterministic):
        raise refusals.no_encoding(values.type)
    require_laid_out(values)
    return values


def _encode(values: pa.Array, normaliser: Normaliser, deterministic: bool) -> Encoded:
    kind = values.type
    if pt.is_dictionary(kind):
        return _of_dictionary(values, normaliser, deterministic)
    if pt.is_run_end_encoded(kind):
        return _of_runs(values, normaliser, deterministic)
    if is_text(kind):
        return text_bytes(narrow(values, pa.string()), normaliser)
    if is_bytes(kind) or pt.is_null(kind):
        return narrow(values, pa.binary()), None
    return _of_typed(values)


def _of_typed(values: pa.Array) -> Encoded:
    kind = values.type
    fits: pa.BooleanArray | None = None
    if pt.is_boolean(kind) or pt.is_integer(kind):
        text = integer_text(values)
    elif pt.is_decimal(kind):
        text = decimal_text(values)
    elif pt.is_date(kind):
        text, fits = date_text(values)
    elif pt.is_timestamp(kind):
        text, fits = timestamp_text(values)
    elif pt.is_time(kind):
        text, fits = time_text(values)
    else:
        text = float_text(values)
    if fits is not None:
        fits = pc.fill_null(fits, True)
        fits = None if pc.all(fits, min_count=0).as_py() else fits
    return text.cast(pa.binary()), fits


def _of_dictionary(values: pa.Array, normaliser: Normaliser, deterministic: bool) -> Encoded:
    """Each dictionary value once; entries no position uses do not count as refused."""
    encoded, fits = _encode(values.dictionary, normaliser, deterministic)
    spread = taken(encoded, values.indices)
    if fits is None:
        return spread, None
    spread_fits = pc.fill_null(fits.take(values.indices), True)
    return spread, None if pc.all(spread_fits, min_count=0).as_py() else spread_fits


def _of_runs(values: pa.Array, normaliser: Normaliser, deterministic: bool) -> Encoded:
    """Each run's value once; runs outside of a slice do not count as refused."""
    encoded, fits = _encode(values.values, normaliser, deterministic)
    spread = spread_runs(encoded, values)
    if fits is None:
        return spread, None
    spread_fits = spread_runs(fits, values)
    return spread, None if pc.all(spread_fits, min_count=0).as_py() else spread_fits


def spread_runs(by_run: pa.Array, like: pa.Array) -> pa.Array:
    """One value a row. Arrow's own decoding would not notice what is beyond 32-bit offsets."""
    ends = like.run_ends.to_numpy().astype(np.int64) - like.offset
    lengths = np.diff(np.clip(ends, 0, len(like)), prepend=0)
    return taken(by_run, pa.array(np.repeat(np.arange(len(ends)), lengths)))


def narrow(values: pa.Array, to: pa.DataType) -> pa.Array:
    """Views and 64-bit offsets as the plain 32-bit layout."""
    kind = values.type
    if kind == to:
        return values
    if pt.is_large_string(kind) or pt.is_large_binary(kind):
        # Arrow's cast would refuse a few rows at the end of a long array.
        return build(*view(values), values, to)
    if pt.is_string_view(kind) or pt.is_binary_view(kind):
        # Arrow's cast would not notice.
        if viewed(values) > MOST_BYTES:
            raise refusals.too_big()
        return flat(values.cast(to))
    too_big = False
    try:
        return flat(values.cast(to))
    except pa.ArrowInvalid:
        too_big = True
    if too_big:
        raise refusals.too_big()
    return values
