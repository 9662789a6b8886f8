r"""ECMA-262 patterns, as ODCS writes them, in the dialect that Pydantic's engine reads.

What both read alike is kept, what ECMA-262 reads as ASCII or by other line ends is
spelled out (``\\d`` becomes ``[0-9]``), and what has no equal meaning is refused. A
pattern is a search: it matches anywhere unless it is anchored.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic_core import SchemaError, SchemaValidator

from lockgate.errors import ContractError

_META: Final = frozenset("\\^$.|?*+()[]{}")
_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_"}
_CONTROLS: Final = frozenset("tnrfv")
_QUANTIFIER: Final = re.compile(r"\{\d{1,4}(,\d{0,4})?\}")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{2}")
_PROPERTY: Final = re.compile(r"[pP]\{[A-Za-z_]{1,40}(=[A-Za-z_]{1,40})?\}")
_DOT: Final = r"[^\n\r\x{2028}\x{2029}]"
_SET_OPERATORS: Final = ("&&", "--", "~~")
MAX_PATTERN: Final = 1_000


class PatternRefused(ContractError):
    """A pattern means something else, or nothing, in the engine that judges."""


def to_rust(pattern: str) -> str:
    """The pattern with ECMA-262's meaning in the Rust engine. Raises PatternRefused."""
    if len(pattern) > MAX_PATTERN:
        raise PatternRefused(f"the pattern is longer than {MAX_PATTERN} characters")
    translated = _Translation(pattern).run()
    try:
        SchemaValidator({"type": "str", "pattern": translated})
    except SchemaError:
        raise PatternRefused("the pattern is not a regular expression") from None
    return translated


class _Translation:
    """One pass over one pattern."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._out: list[str] = []

    def run(self) -> str:
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "\\":
                self._out.append(self._escape(inside=False))
            elif character == "[":
                self._class()
            elif character == "(":
                self._group()
            elif character == "{":
                self._quantifier()
            elif character == "}":
                raise PatternRefused("a } stands alone", hint=r"write \}")
            else:
                self._out.append(_DOT if character == "." else character)
                self._at += 1
        return "".join(self._out)

    def _escape(self, *, inside: bool) -> str:
        rest = self._text[self._at + 1 :]
        if not rest:
            raise PatternRefused("the pattern ends in a backslash")
        found = rest[0]
        self._at += 2
        if found.lower() in _CLASSES:
            return self._digit_or_word(found, inside=inside)
        if found in _CONTROLS:
            return "\\" + found
        if found in "pP" and (match := _PROPERTY.match(rest)):
            self._at += match.end() - 1
            return "\\" + match.group()
        if found == "x" and (match := _HEX.match(rest, 1)):
            self._at += 2
            return "\\x" + match.group()
        if found.isalnum() or not found.isascii():
            raise PatternRefused(*_why_not(found, inside=inside))
        return "\\" + found if found in _META or found in "-&~" else found

    def _digit_or_word(self, found: str, *, inside: bool) -> str:
        ranges = _CLASSES[found.lower()]
        if found.islower():
            return ranges if inside else f"[{ranges}]"
        if inside:
            raise PatternRefused(f"\\{found} inside a class", hint="write the ranges out")
        return f"[^{ranges}]"

    def _class(self) -> None:
        self._at += 1
        self._out.append("[")
        if self._text.startswith("^", self._at):
            self._out.append("^")
            self._at += 1
        if self._text.startswith("]", self._at):
            raise PatternRefused("an empty class", hint=r"a literal ] is written \]")
        while self._at < len(self._text) and self._text[self._at] != "]":
            if self._text.startswith("\\", self._at):
                self._out.append(self._escape(inside=True))
                continue
            if self._text.startswith(_SET_OPERATORS, self._at):
                raise PatternRefused("a class holds &&, -- or ~~", hint="put a backslash before it")
            character = self._text[self._at]
            self._out.append("\\[" if character == "[" else character)
            self._at += 1
        if self._at >= len(self._text):
            raise PatternRefused("a class is not closed")
        self._out.append("]")
        self._at += 1

    def _group(self) -> None:
        if self._text.startswith("(?", self._at):
            if not self._text.startswith("(?:", self._at):
                raise PatternRefused(
                    "look-around, named groups and flags are not supported",
                    hint="use plain groups, or (?: … )",
                )
            self._out.append("(?:")
            self._at += 3
            return
        self._out.append("(")
        self._at += 1

    def _quantifier(self) -> None:
        match = _QUANTIFIER.match(self._text, self._at)
        if match is None:
            raise PatternRefused("a { that counts nothing", hint=r"write \{, or {2} or {2,5}")
        self._out.append(match.group())
        self._at = match.end()


def _why_not(found: str, *, inside: bool) -> tuple[str]:
    if found.isdigit() or found == "k":
        return ("back-references and octal escapes are not supported",)
    if found in "bB":
        return ("a word boundary means another thing for letters beyond ASCII",)
    if found in "sS":
        return (r"\s means other characters in each engine: write the ones you mean, as [ \t]",)
    return (f"escape \\{found} has no equal meaning in the engine that judges",)
