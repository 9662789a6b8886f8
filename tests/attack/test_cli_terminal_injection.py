"""Data that tries to drive the terminal of whoever looks at it."""

from __future__ import annotations

import io
from dataclasses import replace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lockgate.cli.commands.check import show_finding
from lockgate.cli.face import Face
from lockgate.cli.failure import block
from lockgate.cli.live import live_progress
from lockgate.cli.screen import cell, fill, make_console, make_table, shortened_cell
from lockgate.errors import Position, Problem, SourceError
from lockgate.flow.findings import Finding, FindingRule
from lockgate.flow.paths import PathStep
from lockgate.printable import printable, shortened

ATTACKS = {
    "clear the screen": "\x1b[2J",
    "set the title": "\x1b]0;owned\x07",
    "eight-bit control sequence": "\x9b31m",
    "carriage return over the line": "harmless\rreleased",
    "backspaces": "denied\b\b\b\b\b\ballowed",
    "forged line": "x\nLG-000 all is well",
    "right-to-left override": "\u202etxt.exe",
    "isolates": "\u2066\u2067\u2069",
    "invisible letters": "a\u200bb\u2060c\ufeff",
    "unicode line end": "x\u2028y\u2029z\x85",
    "tag characters": "\U000e0041\U000e007f",
    "hyperlink": "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
    "delete": "\x7f",
    "lone surrogate": "\ud800",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_control_in_data(name: str) -> None:
    assert printable(ATTACKS[name]).isprintable()


@given(st.text(st.characters()))
def test_printable_is_printable_and_stable(text: str) -> None:
    shown = printable(text)
    unassigned = {c for c in shown if not c.isprintable()}
    assert not unassigned & set("\x00\x07\x08\x1b\n\r\x7f\x9b\u202e\u200b\u2028")
    assert printable(shown) == shown


@given(st.text(), st.integers(1, 40))
def test_shortened_keeps_to_its_limit(text: str, limit: int) -> None:
    assert len(shortened(text, limit)) <= limit


@pytest.mark.parametrize("name", ATTACKS)
def test_control_in_a_table(name: str) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system=None, width=200)
    table = fill(make_table("column"), [(ATTACKS[name],), (shortened_cell(ATTACKS[name], 80),)])
    console.print(table)
    for line in stream.getvalue().splitlines():
        assert line.isprintable()


def test_markup_in_data_is_text() -> None:
    stream = io.StringIO()
    console = make_console(stream)
    console.print(cell("[bold red]x[/] [link=http://evil]y[/link] :smile:"))
    console.print("[bold]z[/bold]")
    assert (
        stream.getvalue() == "[bold red]x[/] [link=http://evil]y[/link] :smile:\n[bold]z[/bold]\n"
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_control_in_an_error(name: str) -> None:
    attack = ATTACKS[name]
    error = SourceError(
        f"column {attack}",
        where=Position(attack, 1),
        hint=attack,
        problems=[Problem("LG-301", attack, Position(attack), attack)],
    )
    for line in click.unstyle(block(error)).split("\n"):
        assert line.isprintable()


@pytest.mark.parametrize("name", ATTACKS)
def test_control_in_names_on_the_way_of_a_finding(name: str) -> None:
    stream, attack = io.StringIO(), ATTACKS[name]
    face = Face()
    face._out = make_console(stream)
    face._out.width = 2_000
    way = tuple(
        PathStep(attack, attack, decides, Position(attack, 1)) for decides in (False, True, False)
    )
    rule = FindingRule.ZONE_DENIES_LABEL
    finding = Finding(rule, attack, attack, attack, attack, attack, attack, attack)
    show_finding(face, replace(finding, step=attack, path=way, where=Position(attack, 1)))
    lines = stream.getvalue().split("\n")
    assert len(lines) == 9
    assert all(line.isprintable() for line in lines)
    assert [line.split()[0] for line in lines[3:6]] == ["from", "to", "decides"]


@pytest.mark.parametrize("name", ATTACKS)
def test_control_in_a_file_name_on_the_live_line(name: str) -> None:
    stream = io.StringIO()
    face = Face()
    face._err = Console(file=stream, force_terminal=True, color_system=None, width=200)
    with live_progress(face, f"data/{ATTACKS[name]}.csv") as progress:
        progress(10, 1)
    written = stream.getvalue()
    assert printable(ATTACKS[name]) in written
    if name != "forged line":  # a line end is what the bar itself writes
        assert ATTACKS[name] not in written
