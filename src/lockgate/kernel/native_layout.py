"""Arrays in the layouts that Rust reads: no dictionaries, no runs."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

from lockgate.kernel.canonical import is_bytes, is_text, narrow, spread_runs
from lockgate.kernel.canonical_text import refuse_broken_utf8
from lockgate.kernel.varlen import taken


def plain_type(arrow_type: pa.DataType) -> pa.DataType:
    """The type of the values that an encoded column stands for, however deep."""
    while pt.is_dictionary(arrow_type) or pt.is_run_end_encoded(arrow_type):
        arrow_type = arrow_type.value_type
    return arrow_type


def plain(values: pa.Array, *, whole_text: bool = False) -> pa.Array:
    """The array, decoded. Text and binary of any layout stay as they are.

    ``whole_text`` looks at the values of a dictionary, or of runs, that no row uses too, as the
    portable kernel does. Raises KernelError for what is too big, or is no UTF-8 there.
    """
    kind = values.type
    if pt.is_dictionary(kind):
        distinct = _distinct(values.dictionary, whole_text)
        return taken(distinct, values.indices)
    if pt.is_run_end_encoded(kind):
        return spread_runs(_distinct(values.values, whole_text), values)
    return values


def _distinct(values: pa.Array, whole_text: bool) -> pa.Array:
    """Values to be taken from: Arrow cannot take from views."""
    found = plain(values, whole_text=whole_text)
    if not is_text(found.type) and not is_bytes(found.type):
        return found
    found = _narrowed(found)
    if whole_text and is_text(found.type):
        refuse_broken_utf8(found)
    return found


def _narrowed(values: pa.Array) -> pa.Array:
    return narrow(values, pa.string() if is_text(values.type) else pa.binary())
