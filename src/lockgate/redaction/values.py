"""Fields of a record as plain JSON, without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from lockgate.redaction.beside import TELLTALE
from lockgate.redaction.raised import describe_exception
from lockgate.redaction.text import redact

MAX_ITEMS: Final = 64
MAX_DEPTH: Final = 4
_SECRET_NAME: Final = re.compile(
    rf"(?:^|_|-|\b|[a-z0-9](?=[A-Z])){TELLTALE}$|^(?:proxy-)?authorization$", re.I
)


def redact_value(value: object, depth: int = 0) -> Any:
    """An extra field of a record as plain JSON: text redacted, unknown types named only."""
    if value is None or isinstance(value, bool | int | float):
        return _redact_number(value)
    if isinstance(value, str):
        return redact(value)
    if depth < MAX_DEPTH:
        if isinstance(value, Mapping):
            items = list(value.items())[:MAX_ITEMS]
            return {redact(str(k)): redact_named(str(k), v, depth + 1) for k, v in items}
        if isinstance(value, list | tuple | set | frozenset):
            return _redact_items(list(value)[:MAX_ITEMS], depth)
    if isinstance(value, BaseException):
        return describe_exception(value)
    return f"<{type(value).__name__}>"


def redact_named(name: str, value: object, depth: int = 0) -> Any:
    """``redact_value``, but a field whose name says secret shows nothing."""
    return "[redacted]" if _SECRET_NAME.search(name) else redact_value(value, depth)


def _redact_items(items: list[object], depth: int) -> list[Any]:
    """A pair may be a name and its value, as headers are."""
    if len(items) == 2 and isinstance(items[0], str):
        return [redact(items[0]), redact_named(items[0], items[1], depth + 1)]
    return [redact_value(item, depth + 1) for item in items]


def _redact_number(value: bool | int | float | None) -> Any:
    # A card number is as much of one when it is an int.
    if isinstance(value, int) and not isinstance(value, bool) and 10**12 <= value < 10**19:
        return value if redact(str(value)) == str(value) else "[redacted:card]"
    return value
