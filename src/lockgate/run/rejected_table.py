"""Rejected rows of one run as one table, whichever sources they are from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from lockgate.run.rejected import RejectedRows

_VALUES = "values"


def as_table(batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """The batches one behind the other; ``values`` has the columns of all sources.

    A row has null in columns that its source has not. A column whose types differ from source to
    source is text.
    """
    found = list(batches)
    schemas = {batch.schema for batch in found}
    if len(schemas) < 2 or _VALUES not in found[0].schema.names:
        return pa.Table.from_batches(found)
    wanted = _common([batch.schema.field(_VALUES).type for batch in found])
    return pa.Table.from_batches([_widened(batch, wanted) for batch in found])


def listed(
    rejected: Iterable[RejectedRows], values: bool, limit: int | None
) -> Iterator[pa.RecordBatch]:
    """At most ``limit`` rows, batch by batch; what was read is left out unless ``values``."""
    left = limit
    for one in rejected:
        batch = one.table.replace_schema_metadata(None)
        if not values:
            batch = batch.drop_columns(["raw", "values"])
        if left is not None:
            batch = batch.slice(0, left)
            left -= batch.num_rows
        yield batch
        if left == 0:
            return


def _common(kinds: Sequence[pa.StructType]) -> pa.StructType:
    types: dict[str, pa.DataType] = {}
    for kind in kinds:
        for field in kind:
            same = types.setdefault(field.name, field.type) == field.type
            types[field.name] = field.type if same else pa.string()
    return pa.struct(list(types.items()))


def _widened(batch: pa.RecordBatch, wanted: pa.StructType) -> pa.RecordBatch:
    values = batch.column(_VALUES)
    had = {field.name: values.field(field.name) for field in values.type}
    fields = [
        _text(had[field.name], field.type)
        if field.name in had
        else pa.nulls(len(values), field.type)
        for field in wanted
    ]
    made = pa.StructArray.from_arrays(fields, fields=list(wanted), mask=values.is_null())
    return batch.set_column(batch.schema.get_field_index(_VALUES), _VALUES, made)


def _text(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    if values.type == wanted:
        return values
    if not pa.types.is_nested(values.type):
        return values.cast(wanted)
    shown = [None if one is None else str(one) for one in values.to_pylist()]  # rejected rows only
    return pa.array(shown, wanted)
