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
_TOKEN = re.compile(r'//[^\n]*|"(?:[^"\\]|\\.)*"|;|[^\s;"/]+|/|\s+|"', re.S)


@dataclass(frozen=True, slots=True)
class PlacedPolicy:
    """One policy's own text, and where it begins."""

    where: Position
    text: str


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
