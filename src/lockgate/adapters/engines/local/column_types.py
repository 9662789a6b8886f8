"""Which Arrow types go into a SQL step, and which may come out (docs/reference/steps.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
from duckdb.sqltypes import DuckDBPyType

from lockgate.errors import StepRefused

_Types = pa.types
_PLAIN: tuple[Callable[[pa.DataType], bool], ...] = (
    _Types.is_boolean,
    _Types.is_integer,
    _Types.is_float32,
    _Types.is_float64,
    _Types.is_string,
    _Types.is_binary,
    _Types.is_date32,
    _Types.is_time64,
    _Types.is_timestamp,
)
# DuckDB takes these and gives a neighbour back: string, binary, decimal128, date32, time64[us].
_BECOMING: tuple[Callable[[pa.DataType], bool], ...] = (
    _Types.is_large_string,
    _Types.is_string_view,
    _Types.is_large_binary,
    _Types.is_binary_view,
    _Types.is_fixed_size_binary,
    _Types.is_decimal32,
    _Types.is_decimal64,
    _Types.is_date64,
    _Types.is_time32,
)

_NESTING: tuple[Callable[[pa.DataType], bool], ...] = (
    _Types.is_list,
    _Types.is_large_list,
    _Types.is_fixed_size_list,
    _Types.is_struct,
    _Types.is_map,
)
# DuckDB hands these out in a form of its own, or without a part of them.
_OWN_FORM = frozenset({"bignum", "bit", "geometry", "time with time zone", "union", "variant"})
_NESTED = frozenset({"array", "list", "map", "struct"})
_CAST = "cast it: an interval to BIGINT or VARCHAR, an enum to VARCHAR, NULL to a type"


def require_inputs(step: str, name: str, schema: pa.Schema) -> None:
    """Raises StepRefused for a column of an input whose type DuckDB would not take whole."""
    for field in schema:
        if not _taken(field.type):
            raise StepRefused(
                f"step {step}: column {field.name} of {name} has type {field.type},"
                " which SQL steps do not take"
            )


def require_outputs(step: str, schema: pa.Schema, kinds: Sequence[DuckDBPyType]) -> None:
    """Raises StepRefused for an output whose type is none that a column can have.

    ``kinds`` are DuckDB's own types of the same columns.
    """
    for field, kind in zip(schema, kinds, strict=True):
        if not _given(field.type) or not _OWN_FORM.isdisjoint(_ids(kind)):
            raise StepRefused(
                f"step {step}: column {field.name} has a type that no sink takes", hint=_CAST
            )


def _taken(type: pa.DataType) -> bool:
    if _Types.is_dictionary(type):
        return _taken(type.value_type)
    if any(is_one(type) for is_one in _NESTING):
        return all(_taken(child) for child in _children(type))
    return _given(type) or any(is_one(type) for is_one in _BECOMING)


def _given(type: pa.DataType) -> bool:
    if isinstance(type, pa.BaseExtensionType):
        return False
    if _Types.is_decimal128(type):
        return bool(type.scale >= 0)
    if _Types.is_list(type) or _Types.is_struct(type) or _Types.is_map(type):
        return all(_given(child) for child in _children(type))
    if _Types.is_fixed_size_list(type):
        return _given(type.value_type)
    return any(is_one(type) for is_one in _PLAIN)


def _ids(kind: DuckDBPyType) -> Iterator[str]:
    """The name of a DuckDB type and of all types inside it."""
    yield kind.id
    if kind.id in _NESTED:
        for _, child in kind.children:
            if isinstance(child, DuckDBPyType):
                yield from _ids(child)


def _children(type: pa.DataType) -> list[pa.DataType]:
    return [type.field(number).type for number in range(type.num_fields)]
