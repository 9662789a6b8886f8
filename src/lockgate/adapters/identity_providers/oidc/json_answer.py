"""A provider's answers as JSON objects, read strictly: nothing twice, nothing deep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.printable import printable
from lockgate.secret import SecretText

_TEXT = 32 << 10
_SECONDS = 10 * 365 * 86_400


def read_object(body: bytes, service: str) -> Mapping[str, Any]:
    """The object that ``body`` is. Raises RemoteFailed for anything else, or a key twice."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RemoteFailed(service, FaultKind.STRANGE)
    return found


def text_of(answer: Mapping[str, Any], name: str, service: str, *, needed: bool = False) -> str:
    """A text of it, "" where it has none. Raises RemoteFailed if that is no plain line of text."""
    value = answer.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or not value or len(value) > _TEXT or printable(value) != value:
        raise RemoteFailed(service, FaultKind.STRANGE)
    return value


def secret_of(answer: Mapping[str, Any], name: str, service: str) -> SecretText | None:
    """A token or code of it; None where it has none."""
    found = text_of(answer, name, service)
    return SecretText(found) if found else None


def seconds_of(answer: Mapping[str, Any], name: str, service: str, otherwise: int) -> int:
    """A number of whole seconds of it. Some providers write it as text."""
    value = answer.get(name, otherwise)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _SECONDS:
        raise RemoteFailed(service, FaultKind.STRANGE)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _never(_: str) -> Any:
    raise ValueError
