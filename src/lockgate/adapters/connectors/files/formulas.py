"""Spreadsheet formulas in CSV cells: made harmless on the way out, exactly undone on the way in.

A spreadsheet runs a cell that begins with a sign: ``= + - @`` or their full-width
forms. Which text begins a cell is the spreadsheet's choice: one that splits at
``;``, a tab or ``|``, or that loses the quotes around a line break, begins a cell in
the middle of ours; many drop spaces and invisible characters in front. So a sign
is risky at the beginning of the text or after a separator, whatever spaces,
quotes and apostrophes lie between, and every risky sign gets one apostrophe.

Separators, fillers and signs share no character. An apostrophe is a filler, so
adding or removing one makes no other sign risky or safe: undoing takes exactly
one away from before each risky sign, and finds exactly those that were added.

A cell that begins with a tab or a line end gets one more in front of everything.
A plain number is not touched: ``-1`` cannot do anything.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

SIGNS: Final = r"=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}"
# comma, semicolon, bar, tab, and every line break of Unicode
SEPARATORS: Final = r",;|\t\n\x{0b}\x{0c}\r\x{85}\x{2028}\x{2029}"
# quotes, control characters, spaces, what is invisible, byte order marks
FILLERS: Final = (
    r"'\"\x{00}-\x{08}\x{0e}-\x{20}\x{7f}-\x{84}\x{86}-\x{a0}\x{ad}\x{34f}\x{61c}\x{1680}\x{180e}"
    r"\x{2000}-\x{200f}\x{202a}-\x{202f}\x{205f}-\x{206f}\x{3000}\x{feff}"
)
_BEFORE: Final = f"((?:\\A|[{SEPARATORS}])[{FILLERS}]*)"
_RISKY: Final = f"{_BEFORE}([{SIGNS}])"
_WRITTEN: Final = f"{_BEFORE}'([{SIGNS}])"
_BREAK: Final = r"\A('*[\t\r\n])"
_WRITTEN_BREAK: Final = r"\A'('*[\t\r\n])"
_NUMBER: Final = r"\A[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\z"


def neutralise(cells: pa.Array) -> pa.Array:
    """utf8 in, utf8 out: an apostrophe before what a spreadsheet would run. Null stays null."""
    if _some(cells, _RISKY):
        safe = pc.replace_substring_regex(cells, _RISKY, r"\1'\2")
        cells = pc.if_else(pc.match_substring_regex(cells, _NUMBER), cells, safe)
    if _some(cells, _BREAK):
        cells = pc.replace_substring_regex(cells, _BREAK, r"'\1")
    return cells


def undo(cells: pa.Array) -> pa.Array:
    """utf8 in, utf8 out: the reverse of ``neutralise``, for files our manifest lists."""
    if not pc.any(pc.match_substring(cells, "'"), min_count=0).as_py():
        return cells
    cells = pc.replace_substring_regex(cells, _WRITTEN_BREAK, r"\1")
    return pc.replace_substring_regex(cells, _WRITTEN, r"\1\2")


def _some(cells: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, pattern), min_count=0).as_py())
