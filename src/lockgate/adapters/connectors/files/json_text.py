"""Arrow values as JSON text (RFC 8259), column by column.

Integers, finite floats and booleans are bare; NaN and the infinities, which
JSON does not have, are the strings ``"NaN"``, ``"Infinity"``, ``"-Infinity"``;
decimals are strings, so that no reader rounds them; everything else is the
string that ``cell_text`` makes. Lists are arrays; structs and maps with text
keys are objects.
"""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adapters.connectors.files.cell_text import (
    cell_text,
    decoded,
    is_number,
    is_text,
)

_ESCAPES = [("\\", "\\\\"), ('"', '\\"')] + [
    (chr(code), json.dumps(chr(code))[1:-1]) for code in range(32)
]
_SPECIAL = r'["\\\x00-\x1f]'


def json_text(values: pa.Array) -> pa.StringArray:
    """utf8, one JSON value each; null is the text ``null``."""
    values = decoded(values)
    kind = values.type
    if pa.types.is_null(kind):
        return pa.array(["null"] * len(values), pa.string())
    if pa.types.is_struct(kind):
        return _null(json_object(kind.names, values.flatten()), values)
    if pa.types.is_map(kind):
        return _null(_map(values), values)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _null(_list(values), values)
    if pa.types.is_fixed_size_list(kind):
        return json_text(values.cast(pa.list_(kind.value_type)))
    if pa.types.is_floating(kind):
        return pc.fill_null(_float(values), "null")
    if is_number(kind):
        return pc.fill_null(cell_text(values), "null")
    return pc.fill_null(
        _string(values.cast(pa.string()) if is_text(kind) else cell_text(values)), "null"
    )


def json_object(names: list[str], columns: list[pa.Array]) -> pa.StringArray:
    """One object a row, with these names in order."""
    if not columns:
        raise pa.ArrowNotImplementedError("an object needs a member")
    parts: list[pa.Array | str] = []
    for number, (name, column) in enumerate(zip(names, columns, strict=True)):
        opening = "{" if number == 0 else ","
        parts += [f"{opening}{json_key(name)}:", json_text(column)]
    return pc.binary_join_element_wise(*parts, "}", "")


def json_key(name: str) -> str:
    """A member's name as a JSON string."""
    return json.dumps(name, ensure_ascii=False)


def _null(texts: pa.Array, values: pa.Array) -> pa.StringArray:
    return pc.if_else(pc.is_valid(values), texts, "null")


def _string(text: pa.StringArray) -> pa.StringArray:
    special = pc.fill_null(pc.match_substring_regex(text, _SPECIAL), fill_value=False)
    if pc.any(special, min_count=0).as_py():
        escaped = text.filter(special)
        for sign, written in _ESCAPES:
            if pc.any(pc.match_substring(escaped, sign), min_count=0).as_py():
                escaped = pc.replace_substring(escaped, sign, written)
        text = pc.replace_with_mask(text, special, escaped)
    return pc.binary_join_element_wise('"', text, '"', "")


def _float(values: pa.Array) -> pa.StringArray:
    text = cell_text(values)
    words = {"nan": '"NaN"', "-nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}
    if pc.all(pc.is_finite(values.cast(pa.float64())), min_count=0).as_py():
        return text
    for found, written in words.items():
        text = pc.if_else(pc.equal(text, found), written, text)
    return text


def _list(values: pa.ListArray) -> pa.StringArray:
    texts = json_text(values.flatten())
    sizes = pc.fill_null(pc.list_value_length(values), 0).cast(pa.int64())
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(sizes)])
    lists = pa.ListArray.from_arrays(offsets.cast(pa.int32()), texts)
    return pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")


def _map(values: pa.MapArray) -> pa.StringArray:
    if not is_text(values.type.key_type):
        raise pa.ArrowNotImplementedError("an object's keys are text")
    # offsets of a slice begin after those of its parent: take them relative to the first
    first, last = values.offsets[0].as_py(), values.offsets[-1].as_py()
    keys = values.keys.slice(first, last - first)
    items = values.items.slice(first, last - first)
    members = pc.binary_join_element_wise(json_text(keys), json_text(items), ":")
    lists = pa.ListArray.from_arrays(pc.subtract(values.offsets, first), members)
    return pc.binary_join_element_wise("{", pc.binary_join(lists, ","), "}", "")
