"""YAML 1.2 read strictly: plain data, the position of every key, and every problem.

Only what a configuration needs is taken: one document of mappings, lists and
scalars of the core schema (YAML 1.2.2, section 10.3). Anchors, aliases, merge
keys, tags, duplicate keys and keys that are not text are refused. The text is
parsed as a stream of events, so depth, key count and size are bounded while
reading, and nothing of the file is ever repeated in an error.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lockgate.assemble.yaml_places import block_start, event_start, last_place, with_place
from lockgate.assemble.yaml_scalar import BadScalar, read_scalar, syntax_message
from lockgate.errors import ConfigurationError, Position, Problem
from lockgate.limits import DEFAULT_LIMITS, Limits

Key = str | int
CODE = ConfigurationError.code
MOST_PROBLEMS = 100  # of one file: who has that many reads on after mending some
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufeff\uff00-\ufffd\U00010000-\U0010ffff]"
)


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. ``data`` is dicts, lists, str, int, float, bool and None.

    ``texts`` is where the first character of a text stands whose lines are those of the file.
    """

    file: str
    data: Any
    places: Mapping[tuple[Key, ...], Position] = field(repr=False)
    texts: Mapping[tuple[Key, ...], Position] = field(repr=False, default_factory=dict)

    def locate(self, path: Sequence[Key] = ()) -> Position:
        """Where a key (or list item) stands; of what is absent, where its parent stands."""
        here = tuple(path)
        while here not in self.places and here:
            here = here[:-1]
        return self.places.get(here, Position(self.file))

    def part(self, *path: Key) -> Document:
        """A subtree as a document of its own, positions kept."""
        data = self.data
        for key in path:
            data = data[key]
        size = len(path)
        inside = {k[size:]: at for k, at in self.places.items() if k[:size] == path}
        texts = {k[size:]: at for k, at in self.texts.items() if k[:size] == path}
        return Document(self.file, data, inside, texts)


def read_document(path: Path, shown: str = "", limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a YAML file. ``shown`` is its name in positions.

    Raises ConfigurationError with every problem in ``problems``.
    """
    name = shown or path.name
    return parse_document(read_bytes(path, name, limits), name, limits)


def parse_document(content: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Parse the bytes of a YAML file. Raises ConfigurationError with every problem."""
    if len(content) > limits.config_bytes:
        raise _failed(name, [_too_large(name, limits)])
    reader = _Reader(name, limits)
    data: Any = None
    text = reader.decode(content)
    if text is not None:
        data = reader.build(text)
    if reader.problems:
        raise _failed(name, reader.problems)
    return Document(name, data, reader.places, reader.texts)


def read_bytes(path: Path, name: str, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """At most the limit's bytes of a plain file; nothing else is opened for long.

    Raises ConfigurationError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _failed(name, [Problem(CODE, "it is not a plain file", Position(name))])
            content = file.read(limits.config_bytes + 1)
    except FileNotFoundError:
        problem = Problem(CODE, "the file does not exist", Position(name))
        raise _failed(name, [problem]) from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unreadable"
        problem = Problem(CODE, f"the file cannot be read: {reason}", Position(name))
        raise _failed(name, [problem]) from None
    if len(content) > limits.config_bytes:
        raise _failed(name, [_too_large(name, limits)])
    return content


def _too_large(name: str, limits: Limits) -> Problem:
    message = f"the file is larger than {limits.config_bytes} bytes (limit config_bytes)"
    return Problem(CODE, message, Position(name))


def _failed(name: str, problems: list[Problem]) -> ConfigurationError:
    first = problems[0]
    count = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return ConfigurationError(
        f"{first.message}{count}", where=first.where, hint=first.hint, problems=problems
    )


class _Stop(Exception):
    """Reading on makes no sense."""


class _Reader:
    """Builds data from events, collecting problems and places."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.problems: list[Problem] = []
        self.places: dict[tuple[Key, ...], Position] = {}
        self.texts: dict[tuple[Key, ...], Position] = {}
        self.lines: list[str] = []
        self.keys = 0

    def problem(self, message: str, line: int, column: int, hint: str = "") -> None:
        self.problems.append(Problem(CODE, message, Position(self.name, line, column), hint))

    def decode(self, content: bytes) -> str | None:
        """UTF-8 text, or None and a problem with the first bad byte's place."""
        body = content.removeprefix(b"\xef\xbb\xbf")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            before = body[: error.start].decode("utf-8", "replace")
            self.problem("the file is not UTF-8 text", *last_place(before), hint="save it as UTF-8")
            return None
        bad = _UNPRINTABLE.search(text)
        if bad is None:
            return text
        self.problem("a control character does not belong here", *last_place(text[: bad.start()]))
        return None

    def build(self, text: str) -> Any:
        """The document's data; problems are collected."""
        self.lines = text.split("\n")
        try:
            events = iter(YAML(typ="safe", pure=True).parse(text))
            return self._document(events)
        except _Stop:
            return None
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            self.problem(*with_place(syntax_message(error.problem), line, column))
        except (YAMLError, ValueError, RecursionError, AttributeError, IndexError, KeyError):
            # ruamel raises these on some malformed directives and tags, without a mark
            self.problem("this is not YAML", 1, 1)
        return None

    def _document(self, events: Iterator[Event]) -> Any:
        data: Any = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.problem("a file holds one document", *event_start(event))
                    raise _Stop
                if event.version not in (None, (1, 2)):
                    self.problem("only YAML 1.2 is read", *event_start(event))
                if event.tags:
                    self.problem("tags are not allowed", *event_start(event))
            elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent):
                self.places[()] = Position(self.name, *event_start(event))
                data = self._value(event, events, ())
            elif isinstance(event, AliasEvent):
                self._refuse_alias(event)
        return data

    def _value(self, event: Event, events: Iterator[Event], path: tuple[Key, ...]) -> Any:
        if isinstance(event, AliasEvent):
            self._refuse_alias(event)
            return None
        if getattr(event, "anchor", None):
            self.problem("anchors are not allowed", *event_start(event), hint="write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.problem("tags are not allowed", *event_start(event), hint="write plain values")
        if isinstance(event, ScalarEvent):
            if event.style == "|":
                self.texts[path] = Position(self.name, *block_start(event, self.lines))
            return self._scalar(event)
        if len(path) >= self.limits.config_depth:
            message = f"nested deeper than {self.limits.config_depth} (limit config_depth)"
            self.problem(message, *event_start(event))
            raise _Stop
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, path)
        return self._sequence(events, path)

    def _scalar(self, event: ScalarEvent) -> Any:
        if event.style is not None:
            return event.value
        try:
            return read_scalar(event.value)
        except BadScalar as error:
            self.problem(str(error), *event_start(event))
            return None

    def _mapping(self, events: Iterator[Event], path: tuple[Key, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            at = event_start(event)
            key = self._key(event, events, path)
            value = next(events)
            if key is None or key in data:
                if key is not None:
                    first = self.places[(*path, key)].line
                    self.problem(
                        f"this key stands here twice, first in line {first}", *at, "remove one"
                    )
                self._value(value, events, (*path, "?", self.keys))
                continue
            self.places[(*path, key)] = Position(self.name, *at)
            data[key] = self._value(value, events, (*path, key))
        return data

    def _key(self, event: Event, events: Iterator[Event], path: tuple[Key, ...]) -> str | None:
        self._count(event)
        value = self._value(event, events, (*path, "?"))
        if isinstance(event, AliasEvent):
            return None
        if value == "<<" and getattr(event, "style", None) is None:
            self.problem(
                "merge keys are not allowed", *event_start(event), hint="write the keys out"
            )
            return None
        if isinstance(value, str):
            return value
        self.problem("a key is text", *event_start(event), hint="put it in quotes")
        return None

    def _sequence(self, events: Iterator[Event], path: tuple[Key, ...]) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            self._count(event)
            here = (*path, len(items))
            self.places[here] = Position(self.name, *event_start(event))
            items.append(self._value(event, events, here))
        return items

    def _count(self, event: Event) -> None:
        self.keys += 1
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Stop
        if self.keys > self.limits.config_keys:
            message = f"more than {self.limits.config_keys} keys and items (limit config_keys)"
            self.problem(message, *event_start(event))
            raise _Stop

    def _refuse_alias(self, event: AliasEvent) -> None:
        self.problem("aliases are not allowed", *event_start(event), hint="write the value out")
