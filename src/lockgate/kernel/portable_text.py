"""What is canonicalised one value at a time: text beyond ASCII, floats with an exponent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from math import isnan

from lockgate.kernel.code_points import CodePoints
from lockgate.kernel.interface import Normaliser
from lockgate.kernel.unicode_14 import UNASSIGNED

# The Unicode property White_Space (PropList.txt). str.split() would also take U+001C to U+001F.
WHITE_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_RUN = re.compile(f"[{WHITE_SPACE}]+")
_EDGES = re.compile(rf"\A[{WHITE_SPACE}]+|[{WHITE_SPACE}]+\Z")
_NOT_ALPHANUMERIC = re.compile("[^0-9A-Za-z]+")


def normalised(texts: Sequence[str | None], normaliser: Normaliser) -> list[bytes | None]:
    """UTF-8 of each normalised text; None for null and for what has no canonical form.

    Takes ``nfc``, ``text``, ``email`` and ``alphanumeric``
    (docs/reference/canonical-encoding.md, Normalisers).
    """
    step = _STEPS[normaliser]
    return [
        _nfc(step(_nfc(text))).encode() if text is not None and _assigned(text) else None
        for text in texts
    ]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _lower(text: str) -> str:
    """Simple_Lowercase_Mapping: str.lower() but for its two context or length changing cases."""
    return text.replace("\u0130", "i").replace("\u03a3", "\u03c3").lower()


_STEPS: dict[Normaliser, Callable[[str], str]] = {
    Normaliser.NFC: lambda text: text,
    Normaliser.TEXT: lambda text: _lower(_RUN.sub(" ", text).strip(" ")),
    Normaliser.EMAIL: lambda text: _lower(_EDGES.sub("", text)),
    Normaliser.ALPHANUMERIC: lambda text: _NOT_ALPHANUMERIC.sub("", text).upper(),
}


def _assigned(text: str) -> bool:
    """Whether Unicode 14.0.0 assigns every code point. Characters once seen are remembered."""
    if _SEEN.issuperset(text):
        return True
    unassigned = _unassigned()
    for character in set(text) - _SEEN:
        if character in unassigned:
            return False
        _SEEN.add(character)
    return True


_SEEN: set[str] = set()


@cache
def _unassigned() -> CodePoints:
    return CodePoints(UNASSIGNED)


def ecmascript(value: float) -> str:
    """ECMAScript Number::toString (RFC 8785, 3.2.2.3), plus -0, NaN and the infinities."""
    if isnan(value):
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digit_tuple, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, digit_tuple)).lstrip("0")
    point = len(digits) + int(exponent)
    digits = digits.rstrip("0") or "0"
    return ("-" if sign else "") + _placed(digits, point if digits != "0" else 1)


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after ``point`` of them, as ECMAScript places it."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits[0] + (f".{digits[1:]}" if digits[1:] else "")
    return f"{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"
