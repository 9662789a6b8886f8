"""A field's rules as sentences for people."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from lockgate.contract.core_fields import FieldShape, nodes

_SENTENCES: Mapping[str, str] = {
    "min_length": "at least {} characters",
    "max_length": "at most {} characters",
    "pattern": "matches {}",
    "strip_whitespace": "spaces around it are taken off",
    "to_lower": "becomes lower case",
    "to_upper": "becomes upper case",
    "gt": "greater than {}",
    "ge": "at least {}",
    "lt": "less than {}",
    "le": "at most {}",
    "multiple_of": "a multiple of {}",
    "max_digits": "at most {} digits",
    "decimal_places": "at most {} decimal places",
    "version": "version {}",
    "now_op": "in the {}",
}
_KINDS: Mapping[str, str] = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "decimal": "a decimal number",
    "date": "a date",
    "datetime": "a date and time",
    "time": "a time of day",
    "uuid": "a UUID",
    "bytes": "bytes",
}
_ZONES = {"aware": "with a zone", "naive": "without a zone"}


def plain_rules(shape: FieldShape) -> tuple[str, ...]:
    """What a value of this column must be, in the order Pydantic holds it, each once."""
    found = list(_sentences(shape))
    if not shape.nullable and not shape.has_default:
        found.append("must be there")
    return tuple(dict.fromkeys(found))


def _sentences(shape: FieldShape) -> Iterator[str]:
    for node in nodes(shape.leaf):
        kind = node.get("type", "")
        if kind in _KINDS:
            yield _KINDS[kind]
        if kind in ("literal", "enum"):
            values = node["expected"] if kind == "literal" else [m.value for m in node["members"]]
            yield "one of " + ", ".join(str(value) for value in values)
        for key, sentence in _SENTENCES.items():
            value = node.get(key)
            if value is not None and value is not False and not isinstance(value, Mapping):
                yield sentence.format(getattr(value, "pattern", value))
        if node.get("tz_constraint") in _ZONES:
            yield _ZONES[node["tz_constraint"]]
        function = node.get("function")
        if isinstance(function, Mapping):
            yield f"passes {_function_name(function['function'])}"


def _function_name(function: Any) -> str:
    if isinstance(function, functools.partial):
        inside = ", ".join(f"{key}={value}" for key, value in function.keywords.items())
        return f"{_function_name(function.func)}({inside})"
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type):
        return owner.__name__
    return str(getattr(function, "__name__", type(function).__name__))
