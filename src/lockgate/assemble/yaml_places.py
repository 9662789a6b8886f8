"""Where things stand in a YAML file: lines and columns from 1."""

from __future__ import annotations

from collections.abc import Sequence

from ruamel.yaml.events import Event, ScalarEvent


def event_start(event: Event) -> tuple[int, int]:
    """Line and column of an event; (0, 0) if it has none."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


def last_place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows this text."""
    line = before.count("\n") + 1
    return line, len(before) - (before.rfind("\n") + 1) + 1


def with_place(message: tuple[str, str], line: int, column: int) -> tuple[str, int, int, str]:
    """What a problem takes, of a message and its hint."""
    return message[0], line, column, message[1]


def block_start(event: ScalarEvent, lines: Sequence[str]) -> tuple[int, int]:
    """Line and column of a literal block's first character; ``lines`` are the document's."""
    first = event.start_mark.line + 1
    written = next((line for line in lines[first:] if line.strip()), "")
    return first + 1, len(written) - len(written.lstrip(" ")) + 1
