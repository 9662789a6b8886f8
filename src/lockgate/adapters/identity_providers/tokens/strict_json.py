"""JSON of strangers, read strictly: one object, no name twice, no NaN, bounded depth."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from lockgate.limits import DEFAULT_LIMITS

_TEXTS: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS: Final = re.compile(r"[\[\]{}]")


class NotStrict(ValueError):
    """It is no JSON object that is taken. Says nothing of what it was."""


def read_object(raw: bytes) -> dict[str, Any]:
    """The object that ``raw`` is: UTF-8 (RFC 8259, section 8.1), no byte order mark.

    A name that stands twice has two readings (RFC 7519, section 4; RFC 8725, section 2.7): refused.
    Raises NotStrict, away from the parser's exception, which quotes.
    """
    found: object = None
    try:
        text = raw.decode("utf-8")
        if _depth(text) <= DEFAULT_LIMITS.token_depth:
            found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotStrict
    return found


def _depth(text: str) -> int:
    """How deep brackets nest, counted before anything recurses."""
    deepest = depth = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict
    return found


def _no_number(_: str) -> NoReturn:
    raise NotStrict
