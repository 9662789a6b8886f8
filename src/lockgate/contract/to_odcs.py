"""The ODCS v3 contract of a run's output, so that what reads it starts from its labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from lockgate.errors import ContractError
from lockgate.labels.label import NOTHING, LabelSet

_INTEGERS: Final = {
    pa.int8(): "i8",
    pa.int16(): "i16",
    pa.int32(): "i32",
    pa.int64(): "i64",
    pa.uint8(): "u8",
    pa.uint16(): "u16",
    pa.uint32(): "u32",
}
_BINARY: Final = (pa.binary(), pa.large_binary(), pa.binary_view())
_TEXT: Final = (pa.string(), pa.large_string(), pa.string_view())


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column as a sink holds it. ``labels`` are what the treatment made of them.

    ``alphabet`` is what ``fpe`` was told: its values carry nothing that would tell. ``shred`` is
    "subject" where each value is under its subject's key, and ``record`` names the columns whose
    values, as they stand beside it, a value is bound to.
    """

    name: str
    column_id: str
    arrow_type: pa.DataType
    labels: LabelSet
    source_contract: str
    domain: str
    key_number: int
    treatment: str
    nullable: bool
    alphabet: str = ""
    influence: LabelSet = NOTHING
    shred: str = ""
    record: tuple[str, ...] = ()


def output_contract(
    *,
    id: str,
    name: str,
    version: str,
    columns: Sequence[OutputColumn],
    about: Mapping[str, str | int] | None = None,
) -> dict[str, Any]:
    """The document, as plain JSON; ``compile_odcs`` reads it back.

    Columns that come of one (a ciphertext and its index) have ids of their own: the
    first keeps the column's, the others add their name. ``about`` becomes custom
    properties of the document. Raises ContractError for an
    Arrow type that has no logical type.
    """
    taken: set[str] = set()
    properties: list[dict[str, Any]] = []
    for column in columns:
        column_id = column.column_id
        if column_id in taken:
            column_id = f"{column_id}.{column.name}"
        taken.add(column_id)
        properties.append(_property(column, column_id))
    told = (about or {}).items()
    custom = [{"property": f"lockgate.{key}", "value": value} for key, value in told]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": id,
        "name": name,
        "version": version,
        "status": "active",
        **({"customProperties": custom} if custom else {}),
        "schema": [{"name": name, "logicalType": "object", "properties": properties}],
    }


def _property(column: OutputColumn, column_id: str) -> dict[str, Any]:
    labels = list(column.labels.texts())
    custom: list[tuple[str, Any]] = [
        ("label", labels[0] if len(labels) == 1 else labels),
        ("id", column_id),
        ("source_contract", column.source_contract),
    ]
    optional = (
        ("domain", column.domain),
        ("key_number", column.key_number),
        ("treatment", column.treatment),
        ("alphabet", column.alphabet),
        ("shred", column.shred),
        ("record", list(column.record)),
    )
    custom += [(key, value) for key, value in optional if value]
    if not column.influence.public:
        custom.append(("influence", list(column.influence.texts())))
    return {
        "name": column.name,
        **_types(column),
        "required": not column.nullable,
        "customProperties": [
            {"property": f"lockgate.{key}", "value": value} for key, value in custom
        ],
    }


def _types(column: OutputColumn) -> dict[str, Any]:
    kind = column.arrow_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    for holds, describe in _KINDS:
        if holds(kind):
            return describe(kind)
    raise ContractError(f"column {column.name}: type {kind} has no logical type")


def _decimal(kind: pa.DataType) -> dict[str, Any]:
    return {"logicalType": "number", "physicalType": f"DECIMAL({kind.precision},{kind.scale})"}


def _timestamp(kind: pa.DataType) -> dict[str, Any]:
    return {
        "logicalType": "timestamp",
        "logicalTypeOptions": {"timezone": kind.tz is not None},
        "physicalType": "timestamp",
    }


_KINDS: Final[
    tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], dict[str, Any]]], ...]
] = (
    (lambda kind: kind in _TEXT, lambda _: {"logicalType": "string", "physicalType": "string"}),
    (lambda kind: kind in _BINARY, lambda _: {"logicalType": "string", "physicalType": "binary"}),
    (
        lambda kind: kind in _INTEGERS,
        lambda kind: {
            "logicalType": "integer",
            "logicalTypeOptions": {"format": _INTEGERS[kind]},
            "physicalType": str(kind),
        },
    ),
    (pa.types.is_floating, lambda _: {"logicalType": "number", "physicalType": "double"}),
    (pa.types.is_boolean, lambda _: {"logicalType": "boolean", "physicalType": "bool"}),
    (pa.types.is_decimal128, _decimal),
    (pa.types.is_date, lambda _: {"logicalType": "date", "physicalType": "date"}),
    (pa.types.is_timestamp, _timestamp),
    (pa.types.is_time, lambda _: {"logicalType": "time", "physicalType": "time"}),
)
