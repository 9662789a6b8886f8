r"""Which patterns RE2 (in Arrow) reads exactly as the Rust engine (in Pydantic) does.

Both search, both anchor ``$`` at the very end. They differ in what ``\d \w \s \b`` mean
beyond ASCII, in ``\s`` and the vertical tab, in ``\<``, in set operations inside
classes and in flags. A pattern outside the part read alike is left to Pydantic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_QUANTIFIER: Final = re.compile(r"\{(\d{1,4})(?:,(\d{0,4}))?\}")
_HEX: Final = re.compile(r"x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,4}\})")
_SPACES: Final = r"\t\n\x0b\f\r "
_ASCII_WORDS: Final = frozenset("dDwWbB")
_PUNCTUATION: Final = frozenset("!\"#$%&'()*+,-./:;=?@[\\]^_`{|}~")
_LONGEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class SamePattern:
    """The pattern for RE2; ``ascii_only`` if only ASCII values are read alike."""

    re2: str
    ascii_only: bool


def same_pattern(pattern: str) -> SamePattern | None:
    """The pattern as RE2 reads it alike, or None if that is not known."""
    if len(pattern) > _LONGEST:
        return None
    try:
        found = _Reading(pattern).run()
        pc.match_substring_regex(pa.array([""]), pattern=found.re2)
    except (_Differs, pa.ArrowInvalid):
        return None
    return found


class _Differs(Exception):  # not an error: an answer
    """The pattern is not of the part that both read alike."""


class _Reading:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._ascii_only = False

    def run(self) -> SamePattern:
        out: list[str] = []
        while self._at < len(self._text):
            out.append(self._one())
        return SamePattern("".join(out), self._ascii_only)

    def _one(self) -> str:
        character = self._text[self._at]
        if character == "\\":
            return self._escape(inside=False)
        if character == "[":
            return self._class()
        if character == "{":
            return self._quantifier()
        if character in "}]" or self._text.startswith("(?", self._at):
            if not self._text.startswith("(?:", self._at):
                raise _Differs
            self._at += 3
            return "(?:"
        self._at += 1
        return character

    def _escape(self, *, inside: bool) -> str:
        rest = self._text[self._at + 1 :]
        found = rest[:1]
        if match := _HEX.match(rest):
            self._at += 1 + match.end()
            return "\\" + match.group()
        self._at += 2
        if found in ("s", "S"):
            self._ascii_only = True
            return self._space(found, inside=inside)
        if found in _ASCII_WORDS and not (inside and found in "bB"):
            self._ascii_only = True
            return "\\" + found
        if found and (found in "tnrf" or found in _PUNCTUATION or (found in "Az" and not inside)):
            return "\\" + found
        raise _Differs

    @staticmethod
    def _space(found: str, *, inside: bool) -> str:
        if not inside:
            return f"[^{_SPACES}]" if found == "S" else f"[{_SPACES}]"
        if found == "S":
            raise _Differs
        return _SPACES

    def _class(self) -> str:
        out = ["["]
        self._at += 1
        if self._text.startswith("^", self._at):
            out.append("^")
            self._at += 1
        first = True
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "]":
                if first:
                    raise _Differs
                self._at += 1
                return "".join(out) + "]"
            if character == "[" or self._text.startswith(("&&", "--", "~~"), self._at):
                raise _Differs
            if character == "\\":
                out.append(self._escape(inside=True))
            else:
                out.append(character)
                self._at += 1
            first = False
        raise _Differs

    def _quantifier(self) -> str:
        match = _QUANTIFIER.match(self._text, self._at)
        if match is None or any(int(part) > 1000 for part in match.groups() if part):
            raise _Differs
        self._at = match.end()
        return match.group()
