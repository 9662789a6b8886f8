"""Rejected rows: their original values, where they came from, and every reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.batches import REASONS_TYPE, BrokenRow, RawBatch
from lockgate.errors import IntegrityError

POSITION_FIELDS = (
    pa.field("file", pa.string()),
    pa.field("row", pa.int64()),
    pa.field("line", pa.int64()),
    pa.field("offset", pa.int64()),
    pa.field("reasons", REASONS_TYPE),
)


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """One batch of rejected rows.

    ``table`` has the POSITION_FIELDS, then ``raw`` (binary: the bytes of a row that could not
    be split, else null) and ``values`` (struct of the source's own columns, null where ``raw``
    stands).
    """

    table: pa.RecordBatch

    @property
    def count(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    def reasons(self) -> Mapping[str, int]:
        """How often each ``column: type`` occurs."""
        return count_reasons(self.table.column("reasons"))


def count_reasons(reasons: pa.Array) -> Mapping[str, int]:
    """How often each reason occurs in a REASONS_TYPE array, as ``column: type``."""
    flat = reasons.flatten()
    if not len(flat):
        return {}
    text = pc.binary_join_element_wise(flat.field("column"), flat.field("type"), ": ")
    counted = pc.value_counts(text)
    return Counter(
        {
            key.removeprefix(": "): int(n)
            for key, n in zip(
                counted.field("values").to_pylist(),
                counted.field("counts").to_pylist(),
                strict=True,
            )
        }
    )


def collect_rejected(
    raw: RawBatch, columns: list[str], indices: pa.Int64Array, reasons: pa.ListArray
) -> RejectedRows:
    """Put the rejected rows of a batch and its broken rows together, in row order."""
    if len(indices) != len(reasons):
        raise IntegrityError("every rejected row has a list of reasons")
    found = _judged(raw, indices, reasons)
    if raw.broken:
        found = pa.concat_batches([found, _broken(raw.broken)])
        found = found.take(pc.sort_indices(found.column("row")))
    *places, whole, index = found.columns
    file = pa.repeat(pa.scalar(raw.positions.file, pa.string()), len(index))
    values = _values(raw.rows.select(columns), index)
    fields = [*POSITION_FIELDS, pa.field("raw", pa.binary()), pa.field("values", values.type)]
    schema = pa.schema(fields, metadata={"mode": raw.mode.value})
    return RejectedRows(pa.RecordBatch.from_arrays([file, *places, whole, values], schema=schema))


_FOUND = pa.schema(
    [*POSITION_FIELDS[1:], pa.field("raw", pa.binary()), pa.field("index", pa.int64())]
)
"""Where a row is from, why it is rejected, its bytes or else which row of the batch it is."""


def _judged(raw: RawBatch, indices: pa.Int64Array, reasons: pa.ListArray) -> pa.RecordBatch:
    places = raw.positions.places(indices)
    whole = pa.nulls(len(indices), pa.binary())
    arrays = [places.rows, places.lines, places.offsets, reasons.cast(REASONS_TYPE), whole, indices]
    return pa.RecordBatch.from_arrays(arrays, schema=_FOUND)


def _broken(rows: tuple[BrokenRow, ...]) -> pa.RecordBatch:
    kinds = pa.array([row.reason for row in rows], pa.string())
    column = pa.repeat(pa.scalar("", pa.string()), len(rows))
    reasons = pa.StructArray.from_arrays([column, kinds], fields=list(REASONS_TYPE.value_type))
    each = pa.array(range(len(rows) + 1), pa.int32())
    arrays = [
        pa.array([row.row for row in rows], pa.int64()),
        pa.array([row.line for row in rows], pa.int64()),
        pa.array([row.offset for row in rows], pa.int64()),
        pa.ListArray.from_arrays(each, reasons, type=REASONS_TYPE),
        pa.array([row.raw for row in rows], pa.binary()),
        pa.nulls(len(rows), pa.int64()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_FOUND)


def _values(rows: pa.RecordBatch, index: pa.Int64Array) -> pa.StructArray:
    """The rows at these places, a struct each; null where a place is."""
    values = _alone(plain_layout(rows).take(index))
    if not index.null_count:
        return values.to_struct_array()
    fields = list(values.schema)
    return pa.StructArray.from_arrays(values.columns, fields=fields, mask=index.is_null())


def plain_layout(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The same values without view and run-end layouts, for which Arrow has no ``take``."""
    if not any(kind.id in _OTHER_LAYOUTS for kind in rows.schema.types):
        return rows
    arrays = [_plain(array) for array in rows.columns]
    return pa.RecordBatch.from_arrays(arrays, names=rows.schema.names)


def _alone(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The rows without dictionaries, which hold the values of other rows too."""
    if not any(pa.types.is_dictionary(kind) for kind in rows.schema.types):
        return rows
    arrays = [
        array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
        for array in rows.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=rows.schema.names)


_OTHER_LAYOUTS = {
    each.id
    for each in (pa.string_view(), pa.binary_view(), pa.run_end_encoded(pa.int32(), pa.int8()))
}


def _plain(array: pa.Array) -> pa.Array:
    if array.type.id not in _OTHER_LAYOUTS:
        return array
    if pa.types.is_string_view(array.type):
        return array.cast(pa.large_string())
    if pa.types.is_binary_view(array.type):
        return array.cast(pa.large_binary())
    if pa.types.is_run_end_encoded(array.type):
        return pc.run_end_decode(array)
    return array
