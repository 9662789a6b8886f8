"""Python steps: call the function with clear frames, and hold it to what it declared."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adapters.engines.local.bounds import require_bounded
from lockgate.adapters.engines.local.frames import frame_of, is_lazy, table_of
from lockgate.errors import StepFailed, StepRefused
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.python_step import PythonStep
from lockgate.redaction.raised_name import raised_name
from lockgate.run.step_ports import Spool


def declared(step: str, python: PythonStep, inputs: Mapping[str, pa.Schema]) -> pa.Schema:
    """The columns that the function says it returns.

    Raises StepRefused if its declaration does not hold together, or if its parameters are not
    exactly the step's inputs.
    """
    names = {parameter.name for parameter in python.parameters()}
    if names != set(inputs):
        raise StepRefused(
            f"step {step}: {python.name} takes ({', '.join(sorted(names))}),"
            f" the step's inputs are ({', '.join(sorted(inputs))})",
            hint="name the parameters like the inputs",
        )
    return python.schema()


def run_python(
    step: str, python: PythonStep, inputs: Mapping[str, Spool], limits: Limits = DEFAULT_LIMITS
) -> Iterator[pa.RecordBatch]:
    """The rows that the function gives for all rows of its inputs, which are in memory at once.

    Raises StepRefused as ``declared`` does, StepFailed with the type of what the function raised
    and the line of its module, or for columns that it did not declare; StepLimitExceeded.
    """
    schema = declared(step, python, {name: spool.schema for name, spool in inputs.items()})
    frames = {
        parameter.name: frame_of(parameter, inputs[parameter.name].reader().read_all())
        for parameter in python.parameters()
    }
    table = _held(step, _called(step, python, frames), schema)
    require_bounded(step, table, table.num_rows, table.nbytes, limits)
    yield from table.to_batches(max_chunksize=limits.batch_rows)


def _called(step: str, python: PythonStep, frames: Mapping[str, Any]) -> pa.Table:
    """The function's frame as a table. Its words stay inside: they may quote the data."""
    failed, table, lazy = "", None, False
    try:
        returned = python.function(**frames)
        lazy = is_lazy(returned)
        table = None if lazy else table_of(returned)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it raises ends the step
        failed = _what(error, python)
    if failed:
        raise StepFailed(
            f"step {step}: {failed}",
            hint="its message is not shown, it may quote data: call the function in a test",
        )
    if table is None:
        what = "a query that was not computed" if lazy else "no Arrow, Polars or pandas frame"
        hint = "return FRAME.collect()" if lazy else ""
        raise StepFailed(f"step {step}: {python.name} returned {what}", hint=hint)
    return table


def _what(error: BaseException, python: PythonStep) -> str:
    """The type of an exception and where it left the function's own module."""
    code = getattr(python.function, "__code__", None)
    file = code.co_filename if code else ""
    kind = raised_name(error)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    where = f" at {PurePath(file).name}:{lines[-1]}" if lines else ""
    return f"{python.name} raised {kind}{where}"


def _held(step: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The declared columns in the declared order and types; safe casts only."""
    missing = [name for name in schema.names if name not in table.column_names]
    if missing or table.num_columns != len(schema):
        # Names that were not declared may be data: they are counted.
        other = table.num_columns - (len(schema) - len(missing))
        what = f"no column {', '.join(missing)}" if missing else "columns that it does not declare"
        raise StepFailed(
            f"step {step}: it returned {what}"
            f" ({table.num_columns} columns, {other} of them not declared)",
            hint="return exactly the columns of `returns`",
        )
    columns = [_cast(step, table.column(one.name), one) for one in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(step: str, column: pa.ChunkedArray, declared: pa.Field) -> pa.ChunkedArray:
    """The column as declared, if every value comes back the same from there."""
    found = column.type
    try:
        if pa.types.is_dictionary(found):
            values = [pa.chunked_array([chunk.dictionary]) for chunk in column.chunks]
            held = [_cast(step, one, declared).combine_chunks() for one in values]
            pairs = zip(held, column.chunks, strict=True)
            return pa.chunked_array([v.take(c.indices) for v, c in pairs], declared.type)
        cast = column.cast(declared.type)
        if _alike(column.type, declared.type) or _same(cast.cast(column.type), column):
            return cast
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        pass
    shown = "nested" if pa.types.is_nested(found) else found  # its fields may be named by data
    raise StepFailed(
        f"step {step}: column {declared.name} is {shown}, and not every value of it is"
        f" {declared.type} as declared"
    )


def _alike(one: pa.DataType, other: pa.DataType) -> bool:
    """Whether nothing can be lost between the types: text in another layout, or only nulls."""
    return pa.types.is_null(one) or one == other or (_text(one) and _text(other))


def _text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Whether two columns of one type hold the same values; not a number is the same as itself."""
    if one.equals(other):
        return True
    if not pa.types.is_floating(one.type) or one.null_count != other.null_count:
        return False
    equal = pc.or_(pc.equal(one, other), pc.and_(pc.is_nan(one), pc.is_nan(other)))
    return bool(pc.all(equal, min_count=0).as_py())
