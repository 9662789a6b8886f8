"""A plain Pydantic loop over rows: what the judge must agree with, written apart from it."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import functools
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args

import pyarrow as pa
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError, create_model
from pydantic_core import core_schema

from lockgate.contract.batches import RawBatch, RowPositions, Verdict
from lockgate.contract.model import Contract, Mode

KNOWN = frozenset(get_args(core_schema.ErrorType))
Answer = tuple[bool, Any]
"""(True, output values as text of their repr) or (False, set of (column, type))."""


def oracle(contract: Contract, mode: Mode, rows: Sequence[Any]) -> list[Answer]:
    """Pydantic's answer on each row (a mapping with None for null, or a JSON line)."""
    return [_one(contract, mode, row) for row in rows]


def answers(verdict: Verdict, count: int) -> list[Answer]:
    """The judge's answers in the same form, in row order."""
    found: list[Answer | None] = [None] * count
    for row, values in zip(
        verdict.accepted_rows.to_pylist(), verdict.accepted.to_pylist(), strict=True
    ):
        assert found[row] is None
        found[row] = (True, {name: shown(value) for name, value in values.items()})
    for row, reasons in zip(
        verdict.rejected_rows.to_pylist(), verdict.reasons.to_pylist(), strict=True
    ):
        assert found[row] is None
        pairs = [(reason["column"], reason["type"]) for reason in reasons]
        assert len(set(pairs)) == len(pairs)
        found[row] = (False, set(pairs))
    assert all(item is not None for item in found)
    return [item for item in found if item is not None]


def raw_batch(mode: Mode, batch: pa.RecordBatch) -> RawBatch:
    """A batch as a source would hand it over."""
    return RawBatch(mode, batch, RowPositions("test", 1))


def _one(contract: Contract, mode: Mode, row: Any) -> Answer:
    try:
        model = _validate(contract, mode, row)
    except ValidationError as error:
        return False, _reasons(contract, error)
    except Exception:  # noqa: BLE001  # whatever a validator raises denies the row
        return False, {("", "custom")}
    values: dict[str, Any] = {}
    lost: set[tuple[str, str]] = set()
    for name, info in contract.model.model_fields.items():
        column = info.validation_alias if isinstance(info.validation_alias, str) else name
        value = _plain(getattr(model, name))
        problem = _cannot_hold(value, contract.column(column).arrow_type)
        if problem:
            lost.add((column, problem))
        values[column] = "" if problem else shown(value)
    return (False, lost) if lost else (True, values)


def _validate(contract: Contract, mode: Mode, row: Any) -> BaseModel:
    if mode is Mode.JSON:
        return contract.model.model_validate_json(row)
    if mode is Mode.PYTHON:
        return contract.model.model_validate(row)
    empty = frozenset(
        name for name, value in row.items() if value is None and _takes_none(contract, name)
    )
    given = {name: value for name, value in row.items() if value is not None}
    return _with_none(contract, empty).model_validate_strings(given)


@functools.cache
def _with_none(contract: Contract, columns: frozenset[str]) -> type[BaseModel]:
    """The model with None as the (validated) default of these columns."""
    changed: dict[str, Any] = {}
    for name, info in contract.model.model_fields.items():
        column = info.validation_alias if isinstance(info.validation_alias, str) else name
        if column in columns:
            field = copy.copy(info)
            field.default, field.validate_default = None, True
            field._attributes_set = {
                **info._attributes_set,
                "default": None,
                "validate_default": True,
            }
            changed[name] = (info.annotation, field)
    return (
        create_model("WithNone", __base__=contract.model, **changed) if changed else contract.model
    )


def _takes_none(contract: Contract, name: str) -> bool:
    """Nullable without default: an empty cell is None there, elsewhere it is left out."""
    if name not in contract.names:
        return False
    column = contract.column(name)
    return column.nullable and column.required


def _reasons(contract: Contract, error: ValidationError) -> set[tuple[str, str]]:
    by_name: Mapping[str, str] = {
        name: info.validation_alias if isinstance(info.validation_alias, str) else name
        for name, info in contract.model.model_fields.items()
    }
    found: set[tuple[str, str]] = set()
    for item in error.errors(include_input=False, include_context=False, include_url=False):
        kind = item["type"] if item["type"] in KNOWN else "custom"
        place = item["loc"][0] if item["loc"] else ""
        column = by_name.get(str(place), place if place in contract.names else "")
        found.add(("" if kind == "extra_forbidden" else str(column), kind))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, SecretStr | SecretBytes):
        return value.get_secret_value()
    if value is None or isinstance(value, str | int | float | Decimal | bytes | dt.date | dt.time):
        return value
    return str(value)


def _cannot_hold(value: Any, arrow_type: pa.DataType) -> str:
    """What a column cannot keep of a value that Pydantic accepts."""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return "overflow"
    if isinstance(value, Decimal) and pa.types.is_decimal(arrow_type):
        if not value.is_finite():
            return "overflow"
        if abs(value.adjusted()) > 99:
            return "overflow" if value else ""
        digits = value.normalize().as_tuple()
        exponent = int(digits.exponent)
        whole = max(len(digits.digits) + exponent, 0)
        fits = -exponent <= arrow_type.scale and whole <= arrow_type.precision - arrow_type.scale
        return "" if fits or value == 0 else "overflow"
    if getattr(value, "tzinfo", None) is None:
        return ""
    if getattr(arrow_type, "tz", None) is None:
        return "timezone_naive"
    try:
        value.astimezone(dt.UTC)
    except OverflowError:
        return "overflow"
    return ""


def shown(value: Any) -> str:
    """A value so that equal means the same: zero's sign counts, a decimal's zeros do not."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, Decimal):
        return f"Decimal {value.normalize():f}" if value else "Decimal 0"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f} UTC"
    return repr(value)
