"""Plain scalars of the YAML 1.2 core schema, and syntax errors in words of our own."""

from __future__ import annotations

import math
import re

_NOT_FINITE = "infinity and not-a-number are no settings"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
_PREFIXED = re.compile(r"0o[0-7]{1,1000}|0x[0-9a-fA-F]{1,1000}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DIGITS = re.compile(r"[-+]?[0-9]+")


class BadScalar(ValueError):
    """A plain scalar that is a number but not one we take. The text is fixed, never the value."""


def read_scalar(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar (YAML 1.2.2, 10.3.2). Raises BadScalar."""
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if _INTEGER.fullmatch(text):
        return int(text)
    if _PREFIXED.fullmatch(text):
        return int(text, 0)
    if _DIGITS.fullmatch(text):
        raise BadScalar("this number has too many digits")
    if _FLOAT.fullmatch(text):
        return _finite(float(text))
    if _SPECIAL.fullmatch(text):
        raise BadScalar(_NOT_FINITE)
    return text


def _finite(number: float) -> float:
    if math.isinf(number):
        raise BadScalar(_NOT_FINITE)
    return number


_MESSAGES: tuple[tuple[str, str, str], ...] = (
    (r"\\t", "a tab stands where YAML wants spaces", "indent with spaces"),
    (r"cannot start any token", "this character starts nothing in YAML", "put the text in quotes"),
    (r"undefined alias", "aliases are not allowed", "write the value out"),
    (r"duplicate anchor", "anchors are not allowed", "write the value out"),
    (r"tag|handle", "tags are not allowed", "write plain values"),
    (r"expected <block end>", "the indentation does not fit what stands above", "align the keys"),
    (r"could not find expected ':'", "a key without a colon", "write key: value"),
    (
        r"mapping values are not allowed|nested mappings",
        "a second colon in one line",
        "put the value in quotes, or start a new line",
    ),
    (r"expected ',' or", "a bracket is not closed", "close it, or separate items by commas"),
    (r"end of stream|document separator", "the text ends in the middle", "close the quote"),
    (r"escape|unknown", "an escape that YAML does not know", "use single quotes"),
    (r"directive", "directives are not allowed", "remove the line that starts with %"),
    (r"sequence entries", "a list item does not fit here", "start the list on a new line"),
)


def syntax_message(problem: str | None) -> tuple[str, str]:
    """A fixed message and hint for the parser's complaint, which may quote the file."""
    for pattern, message, hint in _MESSAGES:
        if re.search(pattern, problem or ""):
            return message, hint
    return "this is not YAML", "check quotes, colons and indentation"
