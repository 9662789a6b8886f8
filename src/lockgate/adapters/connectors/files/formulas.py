"""Spreadsheet formulas in CSV cells: made harmless on the way out, exactly undone on the way in.

A spreadsheet runs a cell that begins with ``= + - @``, a tab or a line end (or
the full-width forms of these signs), so such a cell gets one apostrophe in
front, as does one that already has apostrophes before such a sign: undoing
takes exactly one away from every cell of that shape. A plain number is not
touched: ``-1`` cannot do anything.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

STARTS: Final = "=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20"
_RISKY = f"\\A'*[{STARTS}]"
_NUMBER = r"\A[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\z"
_WRITTEN = f"\\A'('*[{STARTS}])"


def neutralise(cells: pa.Array) -> pa.Array:
    """utf8 in, utf8 out: an apostrophe before what a spreadsheet would run. Null stays null."""
    risky = pc.match_substring_regex(cells, _RISKY)
    if not pc.any(risky, min_count=0).as_py():
        return cells
    risky = pc.and_not(risky, pc.match_substring_regex(cells, _NUMBER))
    return pc.if_else(risky, pc.binary_join_element_wise("'", cells, ""), cells)


def undo(cells: pa.Array) -> pa.Array:
    """utf8 in, utf8 out: the reverse of ``neutralise``, for files our manifest lists."""
    if not pc.any(pc.starts_with(cells, "'"), min_count=0).as_py():
        return cells
    return pc.replace_substring_regex(cells, _WRITTEN, r"\1", max_replacements=1)
