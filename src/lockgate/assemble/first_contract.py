"""A sampled file as a contract and a pipeline to grow from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.markers import COLUMN_ID
from lockgate.labels.values import PATTERNS

GENDER = "pii.gender"


def first_contract(
    name: str, table: pa.Table, labels: Mapping[str, str], subject: str | None
) -> dict[str, Any]:
    """An ODCS document: every column optional, typed as sampled, labelled as accepted."""
    properties = [
        _property(table, number, labels.get(column, "unclassified"), column == subject)
        for number, column in enumerate(table.column_names, 1)
    ]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name,
        "name": name,
        "version": "1.0.0",
        "status": "draft",
        "schema": [{"name": name, "logicalType": "object", "properties": properties}],
    }


def _property(table: pa.Table, number: int, label: str, subject: bool) -> dict[str, Any]:
    field = table.schema.field(number - 1)
    texts = label.split("+")
    custom: list[dict[str, Any]] = [
        {"property": "lockgate.label", "value": texts[0] if len(texts) == 1 else texts}
    ]
    if not COLUMN_ID.fullmatch(field.name):  # a name with spaces, say: its id must be plain
        custom.append({"property": "lockgate.id", "value": f"column-{number}"})
    if subject:
        custom.append({"property": "lockgate.subject", "value": True})
    if label == GENDER and pa.types.is_string(field.type):  # a stray value must not leave in clear
        values = table.column(number - 1).unique().drop_null()
        known = values.filter(pc.match_substring_regex(values, PATTERNS["gender"]))
        if len(known):
            custom.append({"property": "lockgate.enum", "value": sorted(known.to_pylist())})
    return {"name": field.name, **_logical(field), "customProperties": custom}


def _logical(field: pa.Field) -> dict[str, Any]:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}
    if pa.types.is_uint64(kind):  # an integer column holds 63 bits and a sign
        return {"logicalType": "number", "physicalType": "decimal(20,0)"}
    for test, word in (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_decimal, "number"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "timestamp"),
        (pa.types.is_time, "time"),
    ):
        if test(kind):
            return {"logicalType": word}
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return {"logicalType": "string", "physicalType": "binary"}
    return {"logicalType": "string"}
