"""Rich consoles, tables and cells in one look. Text from data is never markup here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lockgate.printable import printable, shortened

PIPE_WIDTH = 200


class _PipedConsole(Console):
    """A console that leaves it to the command line what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        """Raise it again, where Rich would end the process as if something were wrong."""
        raise BrokenPipeError


def make_console(stream: TextIO) -> Console:
    """A console that takes text literally: no markup, no highlighting, no emoji codes."""
    console = _PipedConsole(
        file=stream, markup=False, highlight=False, emoji=False, soft_wrap=False
    )
    if not console.is_terminal and "COLUMNS" not in os.environ:
        # Nobody measures a pipe: do not fold paths in it.
        console.width = max(console.width, PIPE_WIDTH)
    return console


def cell(value: object, style: str = "") -> Text:
    """Anything as one harmless line of text."""
    if isinstance(value, Text):
        return value
    return Text("" if value is None else printable(str(value)), style=style)


def shortened_cell(value: object, limit: int, style: str = "") -> Text:
    """A value from data as one harmless line of at most ``limit`` characters."""
    if isinstance(value, bytes):
        value = value[: limit + 1].decode("utf-8", "backslashreplace")
    return Text(shortened(str(value), limit), style=style)


def make_table(*columns: str | tuple[str, str], title: str = "") -> Table:
    """A table with thin lines; a column given as (name, "right") is right-aligned."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title=cell(title) if title else None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        border_style="dim",
        pad_edge=False,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    for column in columns:
        name, justify = column if isinstance(column, tuple) else (column, "left")
        right = justify == "right"
        table.add_column(
            cell(name),
            justify="right" if right else "left",
            no_wrap=justify in ("right", "whole"),
            overflow="fold",
        )
    return table


def fill(table: Table, rows: Iterable[Sequence[Any]]) -> Table:
    """Add rows of anything."""
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    return table


def treatment_cell(treatment: str) -> Text:
    """A treatment in the colour of what it leaves: nothing, something protected, the value."""
    word = treatment.partition(" ")[0]
    style = {"refused": "bold red", "drop": "dim", "allow": "yellow"}.get(word, "green")
    return cell(treatment.replace("(to: ", "(").replace("cap_age: 90", "90+"), style)


def number(value: int | float) -> str:
    """A count as people read it."""
    return f"{value:,.0f}"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
