"""Dictionary and run-end encoded columns as plain ones, whose nulls can be seen."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt


def plain_type(arrow_type: pa.DataType) -> pa.DataType:
    """The type of the values that an encoded column stands for."""
    encoded = pt.is_dictionary(arrow_type) or pt.is_run_end_encoded(arrow_type)
    return arrow_type.value_type if encoded else arrow_type


def plain(values: pa.Array) -> pa.Array:
    """The values, decoded. A null may stand in an encoded column's values, not in its positions."""
    if pt.is_dictionary(values.type):
        return values.dictionary_decode()
    return pc.run_end_decode(values) if pt.is_run_end_encoded(values.type) else values
