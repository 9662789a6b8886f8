"""Secrets that stand in clear in a project's files, each with the place and what to write instead.

Every line is searched for what has the form of a secret. Where a file's own structure says what is
a name and what is a value, names that say ``password`` are looked at too: keys of YAML, and in
Python assignments, arguments and keys of dictionaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lockgate.adapters.secret_scan.known_formats import known_formats, worth_a_look
from lockgate.assemble.literal_lines import place_of, said_in_lines
from lockgate.assemble.literal_python import literals_in_python
from lockgate.assemble.literal_yaml import named_values
from lockgate.assemble.project_texts import ProjectText
from lockgate.assemble.yaml_document import Document, Key, parse_document
from lockgate.errors import ConfigurationError
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.literal import harmless, named_secret, secrets_in

INSTEAD: Final = {
    "yaml": "write secret://env/NAME, or another store of secrets:, and change the secret",
    "python": 'ask workspace.secret("secret://env/NAME") where it is used, and change the secret',
    "cedar": "a policy knows who somebody is by roles, not by secrets: take it out, and change it",
    "sql": "a step reads its inputs only and needs no credential: take it out, and change it",
}
_COMMENT: Final = re.compile(r"(?:^|\s)(?:#|--|/\*)")
_COMMENT_OF_CEDAR: Final = re.compile(r"//")
_CEDAR: Final = re.compile(
    r"(?<!\w)(?P<name>\w{1,60})\"?\s{0,8}(?:[=!]=|:)\s{0,8}\"(?P<value>[^\"\n]{1,200})\""
)
_BLOCK: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_SAID: Final = re.compile(
    r"(?<!\w)(?P<name>\w{0,40}(?:passw(?:or)?d|secret|token|api_?key|pwd|(?<![a-z])pw))(?!://)[\"']?\s{0,3}[:=]\s{0,3}"
    r"[\"']?(?P<value>(?=[^\s\"']{0,60}\d)(?=[^\s\"']{0,60}[A-Za-z])[^\s\"',]{6,200})",
    re.I,
)
_SPOKEN: Final = re.compile(
    r"\b(?P<name>passw(?:or)?d|pwd|pw|passphrase)\s{1,4}(?:is\s{1,4})?[\"']?"
    r"(?P<value>(?=\S{0,60}\d)(?=\S{0,60}[A-Z])(?=\S{0,60}[a-z])[^\s\"',;]{8,200})"
)
_SQL: Final = re.compile(
    r"\b(?P<name>\w{0,40}password|identified\s{1,4}by|secret|key_id|api_?key|token"
    r"|\w{0,40}_(?:secret_access_key|secret_key|api_key|session_token))\s{0,40}=?\s{0,40}"
    r"e?'(?P<value>[^'\n]{1,500})'",
    re.I,
)
_SQL_FORMS: Final = (
    _SQL,
    re.compile(
        r"\b(?P<name>\w{0,40}password|identified\s{1,4}by|secret)\s{0,40}=?\s{0,40}"
        r"\$(?P<tag>\w{0,20})\$(?P<value>[^$\n]{1,500})\$(?P=tag)\$",
        re.I,
    ),
    re.compile(
        r"\b(?P<name>add_parquet_key)\s{0,8}\(\s{0,8}'[^'\n]{0,100}'\s{0,8},\s{0,8}'(?P<value>[^'\n]{1,500})'",
        re.I,
    ),
)
_NAMED_KEY: Final = re.compile(
    r"(?:pass(?:words?|wd|wort|phrases?)?|pwd|pw|kennwort|secret|token|keys?|credentials?)[\"']?\s{0,8}:"
    r"|[\"']?--?[\w-]{0,40}(?:pass|pwd|secret|token|key)\w{0,8}[\"']?\s{0,8}[,\n]"
    r"|(?:property|key|name)[\"']?\s{0,8}:\s{0,8}[\"']?[\w.-]{0,60}(?:pass|pwd|secret|token|key|credential)",
    re.I,
)
_COLUMN: Final = re.compile(r"[a-z]{1,16}\.[a-z_]{1,40}")
_LEDGER_KEY: Final = re.compile(r"\bpublic_key[\"']?\s*:\s*[\"']?[A-Za-z0-9+/]{43}=")
_ACCESS_KEY_ID: Final = re.compile(r"\bid[\"']?\s*:\s*[\"']?$")

Found = tuple[int, int, str]
"""Line and column, from 1, and what is there."""


def literal_secrets(
    one: ProjectText, limits: Limits = DEFAULT_LIMITS, *, own_rules: bool = False
) -> Iterator[Found]:
    """Every secret in clear of a file, once a place. No value is given out.

    ``own_rules``: by them alone, without the detectors of detect-secrets, which take long to load.
    """
    one = replace(one, text=one.text.replace("\r\n", "\n").replace("\r", "\n"))
    found: dict[tuple[int, int], str] = {}
    reach: dict[int, int] = {}
    for line, column, end, what in sorted(_all(one, limits, own_rules), key=lambda each: each[:2]):
        if column > reach.get(line, 0):  # one secret may have two forms
            found[line, column] = what
            reach[line] = end
    yield from ((line, column, what) for (line, column), what in sorted(found.items()))


def _all(one: ProjectText, limits: Limits, own_rules: bool) -> Iterator[tuple[int, int, int, str]]:
    for number, line in enumerate(one.text.split("\n"), 1):
        for start, end, what in _in_line(line, one.kind, own_rules):
            yield number, start + 1, end, what
    if one.kind == "yaml":
        yield from _yaml(one, limits)
    elif one.kind == "python":
        yield from literals_in_python(one.text)
    else:
        for found in _in_cedar(one.text) if one.kind == "cedar" else _in_sql(one.text):
            if not harmless(found["value"], found["name"]):
                yield place_of(one.text, found)


def _in_sql(text: str) -> Iterator[re.Match[str]]:
    for form in _SQL_FORMS:
        yield from form.finditer(text)
    for block in _BLOCK.finditer(text):
        yield from _SAID.finditer(text, *block.span())


def _in_cedar(text: str) -> Iterator[re.Match[str]]:
    yield from (found for found in _CEDAR.finditer(text) if named_secret(found["name"]))


def _in_line(line: str, kind: str, own_rules: bool) -> Iterator[Found]:
    """Start, end and form of what one line shows by itself."""
    for found in secrets_in(line, pairs=kind != "python"):
        compared = kind == "sql" and _COLUMN.fullmatch(line, found.start, found.end)
        if not compared and not _identifier(line, found.start, found.looks_like):
            yield found.start, found.end, found.looks_like
    shown = _LEDGER_KEY.sub(lambda key: " " * len(key.group()), line)
    if not own_rules and worth_a_look(shown):
        for start, end, name in known_formats(shown):
            if not _identifier(line, start, name):
                yield start, end, name
    comment = (_COMMENT_OF_CEDAR if kind == "cedar" else _COMMENT).search(line)
    said = [] if comment is None else list(_SAID.finditer(line, comment.end()))
    for match in [*said, *(() if comment is None else _SPOKEN.finditer(line, comment.end()))]:
        if not harmless(match["value"], match["name"]):
            yield match.start("value"), match.end("value"), f"a value of {match['name']}"


def _identifier(line: str, start: int, looks_like: str) -> bool:
    """An AWS key's id says which key it is; what opens is the secret beside it."""
    return "AWS" in looks_like and _ACCESS_KEY_ID.search(line[:start]) is not None


def _yaml(one: ProjectText, limits: Limits) -> Iterator[tuple[int, int, int, str]]:
    if not _NAMED_KEY.search(one.text):
        return  # parsing takes longer than looking
    try:
        document = parse_document(one.text.encode(), one.file.name, limits)
    except ConfigurationError:
        yield from said_in_lines(one.text, "yaml")
        return  # who reads the project tells what is wrong with it
    for path, name, value in named_values(document.data):
        text = str(value)
        if not harmless(text, name):
            yield _place(document, path, text, one.text)


def _place(
    document: Document, path: tuple[Key, ...], value: str, text: str
) -> tuple[int, int, int, str]:
    at = document.locate(path)
    lines = text.split("\n")
    line = lines[at.line - 1] if 0 < at.line <= len(lines) else ""
    start = line.find(value, max(at.column - 1, 0))
    start = start if start >= 0 else max(at.column - 1, 0)
    name = next((key for key in reversed(path) if isinstance(key, str)), "")
    return at.line, start + 1, start + len(value), f"a value of {name}"
