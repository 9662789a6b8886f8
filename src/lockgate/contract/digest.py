"""A contract's digest: SHA-256 of its canonical description, the same in every process."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import hashlib
import inspect
import json
import re
import types
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from lockgate.contract.code_digest import function_digest
from lockgate.contract.model import Column

_IGNORED = frozenset(("metadata", "serialization", "ref", "config_wrapper"))
_ADDRESS = re.compile(r":\d+")
_SCALARS = (
    enum.Enum,
    re.Pattern,
    str,
    int,
    float,
    type(None),
    decimal.Decimal,
    dt.date,
    dt.time,
    dt.timedelta,
    bytes,
)


def contract_digest(
    *,
    id: str,
    version: str,
    columns: Sequence[Column],
    model: type[BaseModel],
    max_rejected: float,
    rules: Sequence[Any],
) -> str:
    """Hex SHA-256 over columns, ids, labels, constraints, validators' code, dataset rules."""
    description = {
        "format": 1,
        "id": id,
        "version": version,
        "max_rejected": repr(float(max_rejected)),
        "columns": [_describe_column(column) for column in columns],
        "schema": describe(model.__pydantic_core_schema__),
        "rules": describe(rules),
    }
    text = json.dumps(description, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _describe_column(column: Column) -> dict[str, Any]:
    decided = {} if column.influence.public else {"influence": list(column.influence.texts())}
    return {
        **decided,
        "id": column.id,
        "name": column.name,
        "type": str(column.arrow_type),
        "labels": list(column.labels.texts()),
        "required": column.required,
        "nullable": column.nullable,
        "subject": column.subject,
        "primary_key": column.primary_key,
        "unique": column.unique,
        "domain": column.domain,
    }


def describe(value: Any) -> Any:
    """Plain JSON that says what ``value`` is, without addresses or unordered parts."""
    if isinstance(value, Mapping):
        items = ((key, value[key]) for key in value if key not in _IGNORED)
        return {str(key): describe(item) for key, item in items}
    if isinstance(value, list | tuple):
        return [describe(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((describe(item) for item in value), key=repr)
    if isinstance(value, _SCALARS):
        return _describe_scalar(value)
    return _describe_code(value)


def _describe_scalar(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return ["enum", type(value).__qualname__, value.name, describe(value.value)]
    if isinstance(value, str):
        return _ADDRESS.sub("", value)
    if isinstance(value, re.Pattern):
        return ["pattern", value.pattern, value.flags]
    if value is None or isinstance(value, bool | int):
        return value
    return [type(value).__name__, repr(value)]


def _describe_code(value: Any) -> Any:
    if isinstance(value, functools.partial):
        return [
            "partial",
            _describe_code(value.func),
            describe(value.args),
            describe(value.keywords),
        ]
    if isinstance(value, types.MethodType):
        return ["method", describe(value.__func__), _name(value.__self__)]
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        fields = {name: describe(getattr(value, name)) for name in value.__dataclass_fields__}
        return [_name(type(value)), fields]
    if isinstance(value, type) or callable(value):
        own = not _of_library(value)
        return [
            "code",
            _name(value),
            _source_digest(value) if own else "",
            function_digest(value) if own else "",
        ]
    return ["object", _name(type(value))]


def _name(value: Any) -> str:
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def _of_library(value: Any) -> bool:
    module = str(getattr(value, "__module__", "")).split(".")[0]
    return module in ("pydantic", "pydantic_core", "builtins", "annotated_types", "lockgate")


def _source_digest(value: Any) -> str:
    """Digest of the source of a user's own code; "" where there is none."""
    try:
        return hashlib.sha256(inspect.getsource(value).encode()).hexdigest()
    except (OSError, TypeError):
        return ""
