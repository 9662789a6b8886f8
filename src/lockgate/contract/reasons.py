"""Reasons of a rejection: an allow-listed error type and a declared column, never a value.

A custom error type or the name of an extra key can carry a value, so whatever is
not known beforehand becomes ``custom`` or the row as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from pydantic import ValidationError
from pydantic_core import core_schema

from lockgate.errors import ContractError

CUSTOM: Final = "custom"
OVERFLOW: Final = "overflow"
TIMEZONE: Final = "timezone_naive"
KNOWN_TYPES: Final[frozenset[str]] = frozenset(get_args(core_schema.ErrorType)) | {OVERFLOW}
_ABOUT_THE_ROW: Final = frozenset(("extra_forbidden", "invalid_key"))

Reason = tuple[str, str]
"""(column, type); column "" is the row as a whole."""


def reason_type(kind: str) -> str:
    """The type if Pydantic or the judge knows it, else ``custom``."""
    return kind if kind in KNOWN_TYPES else CUSTOM


def reasons_of(error: Exception, columns: Mapping[str, str]) -> tuple[Reason, ...]:
    """The reasons in a validator's error, each once, in Pydantic's order.

    ``columns`` maps declared field names and keys to column names. An exception
    that is not Pydantic's own denies as ``custom`` of the row.
    """
    if not isinstance(error, ValidationError):
        return (("", CUSTOM),)
    found: dict[Reason, None] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        kind = reason_type(item["type"])
        place = item["loc"][0] if item["loc"] else ""
        declared = isinstance(place, str) and kind not in _ABOUT_THE_ROW
        found[columns.get(place, "") if declared else "", kind] = None  # type: ignore[arg-type]  # str
    return tuple(found)


def validator_left() -> ContractError:
    """A validator tried to end the process instead of judging: the run is refused.

    Raise it outside the handler, so that the exception, whose text may hold a value,
    is not in its context.
    """
    return ContractError(
        "a validator of the contract raised what is no Exception, such as SystemExit",
        hint="a validator denies a value with ValueError and never ends the process",
    )
