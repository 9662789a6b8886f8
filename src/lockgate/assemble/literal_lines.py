"""Names and values as lines show them, in a file that its own language's parser refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lockgate.secrets.literal import harmless, named_secret

_GAP: Final = r"[ \t]{0,8}"
_QUOTE: Final = r"[\"']?"
_NAME: Final = r"(?P<name>[\w.-]{1,60})"
_YAML: Final = re.compile(
    rf"(?<![\w.-]){_NAME}{_QUOTE}{_GAP}[:=][ \t]{{1,8}}(?:[!&][^\s,]{{0,60}}[ \t]{{1,8}}){{0,2}}"
    rf"(?:[|>][+-]?\n[ \t]{{1,40}}|\[{_GAP})?{_QUOTE}"
    r"(?P<value>\$\{\{?[^{}\n]{0,60}\}?\}|[^\s\"',#\[\]{}|>&!][^\s\"',\]}]{0,200})"
)
_LISTED: Final = re.compile(
    rf"(?:name|key|property){_QUOTE}{_GAP}:{_GAP}{_QUOTE}{_NAME}{_QUOTE}{_GAP}[,\n]"
    rf"[ \t]{{0,40}}{_QUOTE}value{_QUOTE}{_GAP}:{_GAP}{_QUOTE}(?P<value>[^\s\"',#]{{1,200}})"
)
_PYTHON: Final = re.compile(
    rf"(?<!\w)(?P<name>\w{{1,60}}){_QUOTE}\]?{_GAP}(?::{_GAP}\w{{1,20}}{_GAP})?"
    rf"[:=]{_GAP}[rbfuRBFU]{{0,2}}[\"'](?P<value>[^\"'\n]{{1,200}})[\"']"
)


def said_in_lines(text: str, kind: str) -> Iterator[tuple[int, int, int, str]]:
    """Values of names that say secret, by line, column from 1 and end; comments are left out."""
    bare = re.sub(r"(?m)(?:^|(?<=[ \t]))#.*", lambda said: " " * len(said.group()), text)
    for pattern in (_PYTHON,) if kind == "python" else (_YAML, _LISTED):
        for match in pattern.finditer(bare):
            name, value = match["name"], match["value"]
            a_number = value.isdigit() and "pass" not in name.lower()
            if named_secret(name) and not a_number and not harmless(value, name):
                yield place_of(text, match)


def place_of(text: str, match: re.Match[str]) -> tuple[int, int, int, str]:
    """Line and column, from 1, of the group ``value``, its end, and whose value it is."""
    start = match.start("value")
    line_start = text.rfind("\n", 0, start) + 1
    return (
        text.count("\n", 0, start) + 1,
        start - line_start + 1,
        match.end("value") - line_start,
        f"a value of {match['name']}",
    )
