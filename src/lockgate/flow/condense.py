"""A picture with so many columns that nobody would read them: alike ones become one row."""

from __future__ import annotations

from dataclasses import replace

from lockgate.flow.picture import Box, Picture, Row

MOST_ROWS = 24
LETTERS = 24
"""How long a row's text may be to be read whole."""
_NAMED = 3


def condensed(picture: Picture) -> Picture:
    """Boxes of more than ``MOST_ROWS`` columns with alike columns (labels, treatment) together."""
    places: dict[tuple[str, int], tuple[str, int]] = {}
    boxes = []
    for box in picture.boxes:
        groups = _groups(box)
        boxes.append(replace(box, rows=tuple(_row([box.rows[i] for i in g]) for g in groups)))
        for number, members in enumerate(groups):
            places.update({(box.id, member): (box.id, number) for member in members})
        places[box.id, -1] = (box.id, -1)
    lines = dict.fromkeys(
        replace(line, start=places[line.start], end=places[line.end]) for line in picture.lines
    )
    return replace(picture, boxes=tuple(boxes), lines=tuple(lines))


def _groups(box: Box) -> list[list[int]]:
    if len(box.rows) <= MOST_ROWS:
        return [[number] for number in range(len(box.rows))]
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(box.rows):
        key = (row.mood, row.labels, row.influence, row.treatment, row.note)
        groups.setdefault(key, []).append(number)
    return list(groups.values())


def _row(rows: list[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    for named in range(_NAMED, 0, -1):
        more = f" and {len(rows) - named} more" if len(rows) > named else ""
        names = ", ".join(row.column for row in rows[:named]) + more
        if len(names) <= LETTERS:
            return replace(rows[0], column=names)
    first = rows[0].column[: LETTERS - len(more) - 1]
    return replace(rows[0], column=f"{first}…{more}")
