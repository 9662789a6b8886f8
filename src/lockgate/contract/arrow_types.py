"""Which Arrow type holds a field's accepted values, and how a Python value gets there."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import ipaddress
import pathlib
import types
import typing
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import pyarrow as pa
from pydantic import (
    AnyUrl,
    AwareDatetime,
    EmailStr,
    FutureDate,
    FutureDatetime,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    SecretBytes,
    SecretStr,
)
from pydantic.networks import (
    IPvAnyAddress,
    IPvAnyInterface,
    IPvAnyNetwork,
    _BaseMultiHostUrl,
    _BaseUrl,
)

from lockgate.contract.core_fields import Node, nodes
from lockgate.errors import ContractError

_TEXT_CLASSES = (
    uuid.UUID,
    ipaddress._BaseAddress,
    ipaddress._BaseNetwork,
    pathlib.PurePath,
    AnyUrl,
    _BaseUrl,
    _BaseMultiHostUrl,
    IPvAnyAddress,
    IPvAnyInterface,
    IPvAnyNetwork,
)


@dataclass(frozen=True, slots=True)
class Held:
    """An Arrow type and the function that readies a Python value for ``pa.array``.

    ``ready`` raises TypeError, ValueError or OverflowError for a value that the
    type cannot hold; ``TimezoneLost`` where only the zone cannot be held.
    """

    arrow_type: pa.DataType
    ready: Callable[[Any], Any]


class TimezoneLost(ValueError):
    """An aware date and time met a column that holds naive ones."""


def held_as(annotation: Any, leaf: Node) -> Held:
    """The Arrow type of a field. Raises ContractError if no scalar type holds it."""
    kinds = list(_alternatives(annotation))
    held = [_held_class(kind, leaf) for kind in kinds]
    if not held or any(item.arrow_type != held[0].arrow_type for item in held[1:]):
        raise ContractError(
            "a column's values must have one scalar type",
            hint="split the column, or declare one type",
        )
    return held[0]


def _alternatives(annotation: Any) -> Iterable[Any]:
    """The types an annotation can be, None taken out."""
    if type(annotation).__name__ == "TypeAliasType":
        yield from _alternatives(annotation.__value__)
    elif isinstance(annotation, typing.NewType):
        yield from _alternatives(annotation.__supertype__)
    elif get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (typing.Union, types.UnionType):
        for argument in get_args(annotation):
            yield from _alternatives(argument)
    elif get_origin(annotation) is Literal:
        yield from {type(value) for value in get_args(annotation) if value is not None}
    elif annotation is not type(None):
        yield annotation


def _held_class(kind: Any, leaf: Node) -> Held:
    if kind is EmailStr:
        return Held(pa.string(), _text)
    if not isinstance(kind, type):
        raise ContractError("a column's type must be a scalar class")
    if issubclass(kind, enum.Enum):
        return _held_enum(kind)
    if kind is bool:
        return Held(pa.bool_(), _exactly(bool))
    for base, build in _SCALARS:
        if issubclass(kind, base):
            return build(leaf)
    raise ContractError(
        f"type {kind.__name__} has no column form",
        hint="use str, int, float, bool, Decimal, date, datetime, time, bytes, UUID or an Enum",
    )


def _held_enum(kind: type[enum.Enum]) -> Held:
    values = {type(member.value) for member in kind}
    if values in ({str}, {int}):
        arrow_type = pa.string() if values == {str} else pa.int64()
        return Held(arrow_type, _enum_value)
    raise ContractError("an Enum column's members must be all text or all integers")


def _enum_value(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _exactly(*kinds: type) -> Callable[[Any], Any]:
    def ready(value: Any) -> Any:
        if value is not None and not isinstance(value, kinds):
            raise TypeError("not of the column's type")
        return value

    return ready


def _text(value: Any) -> str | None:
    """Text, its subclasses brought back to plain str."""
    if value is not None and not isinstance(value, str):
        raise TypeError("not of the column's type")
    return None if value is None else str.__str__(value)


def _text_of(value: Any) -> str | None:
    return None if value is None else str(value)


def _secret(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr | SecretBytes) else value


def _whole(value: Any) -> Any:
    if value is not None and not isinstance(value, int):
        raise TypeError("not of the column's type")
    return None if value is None else int(value)


def _date(value: Any) -> Any:
    if value is not None and type(value) is not dt.date:
        raise TypeError("not of the column's type")
    return value


def _naive(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.time) and value.tzinfo is not None:
        raise TimezoneLost("the column holds no zone")
    return value


def _aware(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError("the column needs a zone")
        return value.astimezone(dt.UTC)
    return value


def _held_datetime(leaf: Node) -> Held:
    constraint = _find(leaf, "datetime").get("tz_constraint", "")
    if constraint == "aware" or isinstance(constraint, int):
        return Held(pa.timestamp("us", tz="UTC"), _aware)
    return Held(pa.timestamp("us"), _naive)


def _held_decimal(leaf: Node) -> Held:
    node = _find(leaf, "decimal")
    digits, places = node.get("max_digits"), node.get("decimal_places")
    if places is not None:
        precision, scale = (38 if digits is None else max(digits, places)), places
    elif digits is not None and digits <= 19:
        precision, scale = 2 * digits, digits
    else:
        precision, scale = 38, 18
    if precision > 38 or scale > 38:
        raise ContractError("a decimal column has at most 38 digits")
    return Held(pa.decimal128(max(precision, 1), scale), _decimal_of(scale))


def _decimal_of(scale: int) -> Callable[[Any], Any]:
    """Decimals with no more places than the column, which pyarrow would round or refuse."""
    is_decimal = _exactly(decimal.Decimal)

    def ready(value: Any) -> Any:
        if is_decimal(value) is None or not value.is_finite():
            return value
        if not value:
            return decimal.Decimal(0)
        _, digits, exponent = value.as_tuple()
        while -exponent > scale and digits[-1] == 0:
            digits, exponent = digits[:-1], exponent + 1
        if -exponent > scale:
            raise ValueError("more places than the column has")
        return value

    return ready


def _find(leaf: Node, kind: str) -> Node:
    return next((node for node in nodes(leaf) if node.get("type") == kind), {})


_SCALARS: tuple[tuple[Any, Callable[[Node], Held]], ...] = (
    (str, lambda leaf: Held(pa.string(), _text)),
    (int, lambda leaf: Held(pa.int64(), _whole)),
    (float, lambda leaf: Held(pa.float64(), _exactly(float, int))),
    (decimal.Decimal, _held_decimal),
    ((dt.datetime, AwareDatetime, NaiveDatetime, PastDatetime, FutureDatetime), _held_datetime),
    ((dt.date, PastDate, FutureDate), lambda leaf: Held(pa.date32(), _date)),
    (dt.time, lambda leaf: Held(pa.time64("us"), _naive)),
    ((bytes, bytearray), lambda leaf: Held(pa.binary(), _exactly(bytes, bytearray))),
    (SecretStr, lambda leaf: Held(pa.string(), _secret)),
    (SecretBytes, lambda leaf: Held(pa.binary(), _secret)),
    (_TEXT_CLASSES, lambda leaf: Held(pa.string(), _text_of)),
)
