"""Texts of policies: shipped and a project's, and where in a text each policy begins.

Cedar numbers the policies of a text in their order and keeps no positions. A policy ends at the
first semicolon outside of comments and strings; Cedar has no other use for one
(https://docs.cedarpolicy.com/policies/syntax-grammar.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lockgate.access.settings import PolicyText
from lockgate.errors import Position

SHIPPED_FILE = "shipped.cedar"
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|[^\s\w]', re.S)
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_TOKEN = re.compile(r'//[^\n]*|"(?:[^"\\]|\\.)*"|;|[^\s;"/]+|/|\s+|"', re.S)


@dataclass(frozen=True, slots=True)
class PlacedPolicy:
    """One policy's own text, and where it begins."""

    where: Position
    text: str

    def at(self, name: str) -> Position:
        """Where a name first stands in it; where it begins if that is not found."""
        found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.text)
        if found is None or not name:
            return self.where
        before = self.text[: found.start()]
        lines = before.count("\n")
        column = found.start() - (before.rfind("\n") + 1) + (1 if lines else self.where.column)
        return Position(self.where.file, self.where.line + lines, column)

    @property
    def words(self) -> int:
        """Words, signs and literals."""
        return sum(1 for _ in _words(self.text))

    @property
    def depth(self) -> int:
        """How deep parentheses, brackets and braces nest."""
        deepest = depth = 0
        for word in _words(self.text):
            depth += (word in _OPEN) - (word in _CLOSE)
            deepest = max(deepest, depth)
        return deepest


@cache
def shipped_policies() -> PolicyText:
    """The policies that come with the product."""
    text = files(__package__).joinpath(SHIPPED_FILE).read_text("utf-8")
    return PolicyText(SHIPPED_FILE, text)


def placed(text: PolicyText) -> tuple[PlacedPolicy, ...]:
    """Every policy of a text in order; what is no policy yet is one too."""
    return tuple(
        PlacedPolicy(_position(text, start), text.text[start:end])
        for start, end in _spans(text.text)
    )


def together(texts: Sequence[PolicyText]) -> str:
    """Texts that each stand on their own, as one; numbered as ``placed`` of each in turn."""
    return "\n".join(text.text for text in texts)


def _words(text: str) -> Iterator[str]:
    for token in _TOKEN.finditer(text):
        if not token.group().startswith("//"):
            yield from _WORD.findall(token.group())


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = None
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word.isspace() or word.startswith("//"):
            continue
        if start is None:
            start = token.start()
        if word == ";":
            yield start, token.end()
            start = None
    if start is not None:
        yield start, len(text)


def _position(text: PolicyText, offset: int) -> Position:
    before = text.text[:offset]
    return Position(text.file, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)
