"""A plan as an SVG picture: boxes by rank, curves from column to column, what colours say below.

A line over several ranks goes below the boxes between, never behind one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from lockgate.flow.condense import LETTERS, condensed
from lockgate.flow.picture import Box, Line, Picture, Row
from lockgate.printable import printable, shortened

WIDTH, GAP, ROW, HEAD, MARGIN = 360, 120, 20, 40, 24
_BETWEEN, _LANE, _LEGEND = 28, 4, 44
_SAID_AT = 200
_TITLE_LETTERS = 46
_FILL = {"source": "#eef3f8", "select": "#f5f5f1", "step": "#f5f5f1", "sink": "#eef7ee"}
_DOT = {
    "public": "#9aa7b3",
    "sensitive": "#c77d0a",
    "protected": "#2e7d4f",
    "dropped": "#c9c9c9",
    "refused": "#b3261e",
}
_DECIDES = "#8a8a8a"
_SAYS = {
    "public": "public",
    "sensitive": "sensitive, in clear",
    "protected": "protected",
    "dropped": "left out",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True)
class _Placed:
    box: Box
    x: int
    y: int

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.box.rows) + 8

    def row(self, number: int) -> int:
        """The middle of a row; the head's for -1."""
        return self.y + (HEAD // 2 if number < 0 else HEAD + ROW * number + ROW // 2)


def as_svg(picture: Picture) -> str:
    """One self-contained picture without scripts; boxes of many columns are condensed."""
    small = condensed(picture)
    placed, lanes, bottom = _place(small)
    width = max((one.x + WIDTH for one in placed.values()), default=700) + MARGIN
    height = bottom + _LEGEND
    # What is refused is drawn last, over the others.
    lines = sorted(small.lines, key=lambda line: line.refused)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" '
            f'font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">'
        ),
        f"<title>{escape(printable(small.title))}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_curve(line, placed, lanes) for line in lines),
        *(part for one in placed.values() for part in _box(one)),
        *_legend(small, bottom + _LEGEND // 2),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(picture: Picture) -> tuple[dict[str, _Placed], dict[Line, list[int]], int]:
    """Where boxes are, where long lines pass the ranks between, and how far down all of it goes."""
    bottoms: dict[int, int] = {}
    placed: dict[str, _Placed] = {}
    for box in picture.boxes:
        y = bottoms.get(box.rank, MARGIN)
        placed[box.id] = _Placed(box, MARGIN + box.rank * (WIDTH + GAP), y)
        bottoms[box.rank] = y + placed[box.id].height + _BETWEEN
    lanes: dict[Line, list[int]] = {}
    for line in picture.lines:
        first, last = placed[line.start[0]].box.rank, placed[line.end[0]].box.rank
        for rank in range(first + 1, last):
            lanes.setdefault(line, []).append(bottoms[rank])
            bottoms[rank] += _LANE
    return placed, lanes, max(bottoms.values(), default=MARGIN)


def _curve(line: Line, placed: Mapping[str, _Placed], lanes: Mapping[Line, list[int]]) -> str:
    start, end = placed[line.start[0]], placed[line.end[0]]
    row = start.box.rows[line.start[1]]
    x, y = start.x + WIDTH, start.row(line.start[1])
    path = f"M{x},{y}"
    for lane in lanes.get(line, []):
        path += f" C{x + GAP // 2},{y} {x + GAP // 2},{lane} {x + GAP},{lane} h{WIDTH}"
        x, y = x + GAP + WIDTH, lane
    to = end.row(line.end[1])
    path += f" C{x + GAP // 2},{y} {x + GAP // 2},{to} {end.x},{to}"
    colour = _DECIDES if line.decides else _DOT[row.mood]
    style = f'stroke="{colour}" stroke-opacity="0.55"'
    if line.refused:
        style = f'stroke="{_DOT["refused"]}" stroke-width="2"'
    dashes = ' stroke-dasharray="3 4"' if line.decides else ""
    return f'<path d="{path}" fill="none" {style}{dashes}/>'


def _legend(picture: Picture, y: int) -> Iterator[str]:
    """What colours and lines say, as far as they are in the picture."""
    moods = {row.mood for box in picture.boxes for row in box.rows}
    x = MARGIN
    for mood in (mood for mood in _SAYS if mood in moods):
        yield f'<circle cx="{x + 4}" cy="{y}" r="4" fill="{_DOT[mood]}"/>'
        yield _text(x + 14, y + 4, _SAYS[mood], LETTERS, 'fill="#5b6670" font-size="11"')
        x += 36 + 6 * len(_SAYS[mood])
    for dashes, says in (("", "values"), (' stroke-dasharray="3 4"', "only decides")):
        if dashes and not any(line.decides for line in picture.lines):
            continue
        yield f'<line x1="{x}" y1="{y}" x2="{x + 24}" y2="{y}" stroke="{_DECIDES}"{dashes}/>'
        yield _text(x + 32, y + 4, says, LETTERS, 'fill="#5b6670" font-size="11"')
        x += 54 + 6 * len(says)


def _box(one: _Placed) -> Iterator[str]:
    box = one.box
    yield (
        f'<rect x="{one.x}" y="{one.y}" width="{WIDTH}" height="{one.height}" rx="6" '
        f'fill="{_FILL[box.kind]}" stroke="#5b6670"/>'
    )
    yield _text(
        one.x + 12, one.y + 18, box.title, _TITLE_LETTERS, 'font-weight="600" font-size="13"'
    )
    yield _text(
        one.x + 12, one.y + 33, box.subtitle, _TITLE_LETTERS, 'fill="#5b6670" font-size="11"'
    )
    for number, row in enumerate(box.rows):
        yield from _row(one, number, row)


def _row(one: _Placed, number: int, row: Row) -> Iterator[str]:
    y = one.row(number)
    words = [row.labels, row.treatment and f"-> {row.treatment}", row.state, row.why]
    words += [row.influence and f"decided by {row.influence}", row.note]
    title = "; ".join(word for word in words if word)
    yield f"<g><title>{escape(printable(f'{row.column}: {title}'))}</title>"
    yield f'<circle cx="{one.x + 14}" cy="{y}" r="4" fill="{_DOT[row.mood]}"/>'
    yield _text(one.x + 26, y + 4, row.column, LETTERS, 'fill="#1b1b1b"')
    said = row.note or row.treatment or row.labels
    colour = _DOT["refused"] if row.mood == "refused" else "#5b6670"
    yield _text(one.x + _SAID_AT, y + 4, said, LETTERS, f'fill="{colour}" font-size="11"')
    yield "</g>"


def _text(x: int, y: int, text: str, most: int, style: str) -> str:
    short = shortened(text, most)
    return f'<text x="{x}" y="{y}" {style}>{escape(short)}</text>'
