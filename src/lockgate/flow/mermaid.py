"""A plan as a Mermaid flowchart, which code hosts draw in documents."""

from __future__ import annotations

from collections.abc import Iterator

from lockgate.flow.picture import Box, Picture
from lockgate.printable import printable

SHOWN_COLUMNS = 12
_COLOURS = {
    "source": "fill:#eef3f8,stroke:#4a6785",
    "select": "fill:#f6f6f2,stroke:#8a8a7a",
    "step": "fill:#f6f6f2,stroke:#8a8a7a",
    "sink": "fill:#eef7ee,stroke:#3c7a4a",
    "refused": "fill:#fbeceb,stroke:#b3261e",
}


def as_mermaid(picture: Picture) -> str:
    """Boxes and the flows between them; columns as lines of text, the first twelve of each box."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    numbers = {box.id: f"n{number}" for number, box in enumerate(picture.boxes)}
    yield "flowchart LR"
    for box in picture.boxes:
        stopped = any(row.mood == "refused" for row in box.rows)
        yield f'  {numbers[box.id]}["{_label(box)}"]:::{"refused" if stopped else box.kind}'
    drawn: set[tuple[str, str, bool]] = set()
    for line in picture.lines:
        drawn.add((line.start[0], line.end[0], line.decides))
    for start, end, decides in sorted(drawn):
        if not decides:
            yield f"  {numbers[start]} --> {numbers[end]}"
        elif (start, end, False) not in drawn:
            yield f"  {numbers[start]} -. decides .-> {numbers[end]}"
    for kind, colours in _COLOURS.items():
        yield f"  classDef {kind} {colours},color:#1b1b1b,text-align:left"


def _label(box: Box) -> str:
    lines = [f"<b>{_plain(box.title)}</b> ({_plain(box.subtitle)})"]
    for row in box.rows[:SHOWN_COLUMNS]:
        what = row.treatment or row.labels
        lines.append(f"{_plain(row.column)}: {_plain(what)}")
    if len(box.rows) > SHOWN_COLUMNS:
        lines.append(f"and {len(box.rows) - SHOWN_COLUMNS} more")
    return "<br/>".join(lines)


def _plain(text: str) -> str:
    """Text without what Mermaid or HTML would take for its own."""
    return "".join(
        c if c.isalnum() or c in " _.,:()=+-" else f"#{ord(c)};" for c in printable(text)
    )
