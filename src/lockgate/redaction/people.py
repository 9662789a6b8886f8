"""Identifiers of people that have a shape: e-mail, US social security, card numbers."""

from __future__ import annotations

import re
from typing import Final

from lockgate.redaction.credentials import Rule


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit)
        if place % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0


def _card(match: re.Match[str]) -> str:
    digits = "".join(character for character in match.group() if character.isdigit())
    return "[redacted:card]" if _luhn(digits) else match.group()


PEOPLE: Final[tuple[Rule, ...]] = (
    Rule(
        re.compile(r"[^\s@<>\"'(),:;=\[\]{}|]{1,64}(?:@|%40)[^\s@<>\"'(),:;=\[\]{}|]{1,255}"),
        "[redacted:email]",
        ("@", "%40"),
    ),
    Rule(
        re.compile(r"(?<!\d)\d{3}[-\u2010-\u2015 .]\d{2}[-\u2010-\u2015 .]\d{4}(?!\d)"),
        "[redacted:ssn]",
    ),
    Rule(re.compile(r"(?<![\d.])[2-6](?:[ -]?\d){12,18}(?!\d)"), _card),
)
