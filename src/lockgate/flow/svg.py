"""A plan as an SVG picture: boxes by rank, curves from column to column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from lockgate.flow.condense import condensed
from lockgate.flow.picture import Box, Line, Picture, Row

WIDTH, GAP, ROW, HEAD, MARGIN = 330, 130, 20, 40, 24
_BETWEEN = 28
_LETTERS = 46
_FILL = {"source": "#eef3f8", "select": "#f5f5f1", "step": "#f5f5f1", "sink": "#eef7ee"}
_DOT = {
    "public": "#9aa7b3",
    "sensitive": "#c77d0a",
    "protected": "#2e7d4f",
    "dropped": "#c9c9c9",
    "refused": "#b3261e",
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
    placed = {one.box.id: one for one in _place(small)}
    width = max((one.x + WIDTH for one in placed.values()), default=0) + MARGIN
    height = max((one.y + one.height for one in placed.values()), default=0) + MARGIN
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" '
            f'font-family="ui-sans-serif, system-ui, sans-serif" font-size="12">'
        ),
        f"<title>{escape(small.title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_curve(line, placed) for line in small.lines),
        *(part for one in placed.values() for part in _box(one)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(picture: Picture) -> Iterator[_Placed]:
    bottoms: dict[int, int] = {}
    for box in picture.boxes:
        y = bottoms.get(box.rank, MARGIN)
        placed = _Placed(box, MARGIN + box.rank * (WIDTH + GAP), y)
        bottoms[box.rank] = y + placed.height + _BETWEEN
        yield placed


def _curve(line: Line, placed: Mapping[str, _Placed]) -> str:
    start, end = placed[line.start[0]], placed[line.end[0]]
    x1, y1 = start.x + WIDTH, start.row(line.start[1])
    x2, y2 = end.x, end.row(line.end[1])
    middle = (x1 + x2) // 2
    row = start.box.rows[line.start[1]]
    colour = "#8a8a8a" if line.decides else _DOT[row.mood]
    dashes = ' stroke-dasharray="3 4"' if line.decides else ""
    return (
        f'<path d="M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}" fill="none" '
        f'stroke="{colour}" stroke-opacity="0.55"{dashes}/>'
    )


def _box(one: _Placed) -> Iterator[str]:
    box = one.box
    yield (
        f'<rect x="{one.x}" y="{one.y}" width="{WIDTH}" height="{one.height}" rx="6" '
        f'fill="{_FILL[box.kind]}" stroke="#5b6670"/>'
    )
    yield _text(one.x + 12, one.y + 18, box.title, _LETTERS, 'font-weight="600" font-size="13"')
    yield _text(one.x + 12, one.y + 33, box.subtitle, _LETTERS, 'fill="#5b6670" font-size="11"')
    for number, row in enumerate(box.rows):
        yield from _row(one, number, row)


def _row(one: _Placed, number: int, row: Row) -> Iterator[str]:
    y = one.row(number)
    words = [row.labels, row.treatment and f"-> {row.treatment}", row.state, row.why]
    words += [row.influence and f"decided by {row.influence}", row.note]
    title = "; ".join(word for word in words if word)
    yield f"<g><title>{escape(f'{row.column}: {title}')}</title>"
    yield f'<circle cx="{one.x + 14}" cy="{y}" r="4" fill="{_DOT[row.mood]}"/>'
    yield _text(one.x + 26, y + 4, row.column, 24, 'fill="#1b1b1b"')
    said = row.note or row.treatment or row.labels
    yield _text(one.x + 178, y + 4, said, 23, 'fill="#5b6670" font-size="11"')
    yield "</g>"


def _text(x: int, y: int, text: str, most: int, style: str) -> str:
    short = text if len(text) <= most else text[: most - 1] + "…"
    return f'<text x="{x}" y="{y}" {style}>{escape(short)}</text>'
