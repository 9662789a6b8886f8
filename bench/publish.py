"""`make bench BENCH=--publish`: the last figures into the README, its picture into the docs.

No figure there is typed by hand: it was measured, or it is not there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.end_to_end.shown import REACHES, floor, tasks
from bench.figures import Figures

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "pictures" / "end_to_end.svg"
START, END = "<!-- figures: make bench BENCH=--publish -->", "<!-- end of figures -->"


class NotFit(Exception):
    """Figures that must not be shown to anybody; the text says why."""


def publish(figures: Figures, drawn: Path) -> list[Path]:
    """Write README and picture. Raises NotFit for figures of a run that was wrong or not whole."""
    lacking = [key for key in REACHES if key not in figures]
    if figures.get("wrong") or lacking:
        raise NotFit("an output was wrong" if figures.get("wrong") else f"no {lacking[0]}")
    shutil.copyfile(drawn, PICTURE)
    before, found, rest = README.read_text(encoding="utf-8").partition(START + "\n")
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise NotFit("the README has no place for figures")
    body = "\n".join(lines(figures))
    README.write_text(f"{before}{START}\n{body}\n{END}{after}", encoding="utf-8")
    return [README, PICTURE]


def lines(figures: Figures) -> Iterator[str]:
    """A Markdown table of what is aimed at, and a sentence on what it was measured with."""
    yield "| | measured | aimed at, at most | beside typed and compressed copies |"
    yield "| --- | --- | --- | --- |"
    for key, (what, most, unit) in REACHES.items():
        found = figures[key]
        mark = "" if found <= most else " (missed)"
        kept = figures.get(f"{key}_to_typed_compressed")
        beside = "" if kept is None else f"{kept:.2f}×"
        yield f"| {what} | {_short(found)}{unit}{mark} | {most:,g}{unit} | {beside} |"
    quickest = ", ".join(dict.fromkeys(floor(figures, task) for task in tasks(figures)))
    yield ""
    yield (
        f"{figures['end_to_end.rows']:,} rows on {figures['machine.cores']} cores of a "
        f"{figures['machine.cpu']}, against the quickest of {_tried(figures)} unprotected copies "
        f"({quickest})."
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2f}"


def _tried(figures: Figures) -> int:
    return sum(int(figures[f"end_to_end.{task}.settings_tried"]) for task in tasks(figures))
