"""A plan as one HTML page: the picture, and a table of every column that can be searched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape

from lockgate.flow.picture import Box, Picture, Row
from lockgate.flow.svg import as_svg
from lockgate.printable import printable

_STYLE = """
body{font:14px/1.45 ui-sans-serif,system-ui,sans-serif;color:#1b1b1b;margin:2rem;max-width:none}
h1{font-size:1.3rem;margin:0 0 .2rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
.verdict{font-weight:600}.proven{color:#2e7d4f}.refused{color:#b3261e}
.picture{overflow:auto;border:1px solid #d6dbe0;border-radius:6px;max-height:75vh}
table{border-collapse:collapse;width:100%}th{position:sticky;top:0;background:#fff}
th,td{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid #e4e7ea;
vertical-align:top;overflow-wrap:anywhere}
tr.dropped td{color:#8a8a8a}tr.refused td{color:#b3261e}tr.protected td.what{color:#2e7d4f}
input{font:inherit;padding:.3rem .5rem;width:22rem;max-width:100%;margin:.2rem 0 .6rem}
"""
_SCRIPT = """
const box=document.getElementById("search"),rows=[...document.querySelectorAll("tbody tr")];
box.addEventListener("input",()=>{const wanted=box.value.toLowerCase();
for(const row of rows)row.hidden=!row.textContent.toLowerCase().includes(wanted)});
"""
_HEADS = ("column", "labels", "decided by", "treatment", "becomes", "because")
_TREATMENT = _HEADS.index("treatment")


def as_html(picture: Picture) -> str:
    """One file that needs nothing else; its one script may do nothing but hide rows."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    rules = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    verdict = ("refused", "refused") if picture.refused else ("proven", "proven")
    name = _text(picture.title)
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{rules}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>Plan of {name}</title><style>{_STYLE}</style></head><body>",
            f'<h1>{name} <span class="verdict {verdict[0]}">{verdict[1]}</span></h1>',
            (
                "<p>Every column on its way. A line carries values; where it is dashed, they only "
                "decide what appears. Point at a column to read why.</p>"
            ),
            f'<div class="picture">{as_svg(picture)}</div>',
            (
                '<h2>Every column</h2><input id="search" type="search" aria-label="Search columns" '
                'placeholder="a column, label, treatment, ...">'
            ),
            *(part for box in reversed(picture.boxes) for part in _table(box)),
            f"<script>{_SCRIPT}</script></body></html>",
        ]
    )


def _table(box: Box) -> Iterator[str]:
    """A table of a box's columns, without what none of them has."""
    lines = [_cells(row) for row in box.rows]
    shown = [n for n in range(len(_HEADS)) if n < 2 or any(line[n] for line in lines)]
    yield f"<h2>{_text(box.title)} ({_text(box.subtitle)})</h2>"
    heads = "".join(f"<th>{_HEADS[number]}</th>" for number in shown)
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for row, cells in zip(box.rows, lines, strict=True):
        filled = "".join(
            f"<td{' class=what' if number == _TREATMENT else ''}>{_text(cells[number])}</td>"
            for number in shown
        )
        yield f'<tr class="{row.mood}">{filled}</tr>'
    yield "</tbody></table>"


def _cells(row: Row) -> tuple[str, ...]:
    return (row.column, row.labels, row.influence, row.treatment, row.state, row.why or row.note)


def _text(text: str) -> str:
    """Text as text: no markup, and nothing invisible or that reorders what is read."""
    return escape(printable(text))
