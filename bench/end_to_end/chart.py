"""The part as a picture: time over the quickest unprotected copy's, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.chart import OTHERS, OURS, PORTABLE, QUIET, plotting, saved
from bench.end_to_end import shown
from bench.end_to_end.job import TASKS
from bench.end_to_end.shown import Row, rows, tasks
from bench.figures import Figures

PEER = "#e8590c"
COLOURS = {shown.OURS: OURS, shown.PORTABLE: PORTABLE, shown.COPY: OTHERS, shown.PEER: PEER}
TICKS = (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
COLUMNS = ((1.14, "time"), (1.35, "output"), (1.56, "memory"))
"""Where the numbers beside the bars end, in widths of a panel."""


def draw(figures: Figures, folder: Path, name: str) -> list[Path]:
    """Write SVG and PNG, nothing if nothing was measured. Raises ImportError without matplotlib."""
    plt = plotting()
    panels = {task: rows(figures, task) for task in tasks(figures)}
    if not panels:
        return []
    heights = [len(bars) + 1.3 for bars in panels.values()]
    size = (10.5, 0.235 * sum(heights) + 1.9)
    figure, axes = plt.subplots(
        len(panels), 1, figsize=size, height_ratios=heights, squeeze=False, sharex=True
    )
    every = [axis for line in axes for axis in line]
    ratios = [bar.ratio for bars in panels.values() for bar in bars]
    ends = (min(0.25, *ratios) * 0.8, max(4.0, *ratios) * 2.6)
    for axis, (task, bars) in zip(every, panels.items(), strict=True):
        _panel(axis, TASKS[task], bars, ends, figures["end_to_end.rows"])
    _columns(every[0])
    _scale(every[-1], ends)
    _words(figure, figures, size[1])
    return saved(plt, figure, folder, name)


def _panel(
    axis: Any, title: str, bars: Sequence[Row], ends: tuple[float, float], all_: int
) -> None:
    places = range(len(bars))
    axis.barh(
        places,
        [bar.ratio for bar in bars],
        height=0.72,
        color=[COLOURS[bar.kind] for bar in bars],
        zorder=2,
    )
    axis.axvline(1, color=QUIET, linewidth=0.9, zorder=3)
    axis.set_yticks(places, [bar.who for bar in bars])
    axis.set_ylim(len(bars) - 0.5, -0.5)
    axis.set_xscale("log")
    axis.set_xlim(*ends)
    axis.minorticks_off()
    axis.grid(visible=True, axis="x", color="#e9ecef", linewidth=0.7, zorder=0)
    axis.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=3)
    for side in ("top", "right", "left", "bottom"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0, labelsize=8.5)
    axis.tick_params(axis="x", which="both", length=0, labelbottom=False)
    for place, (bar, label) in enumerate(zip(bars, axis.get_yticklabels(), strict=True)):
        mine = bar.kind == shown.OURS
        label.set_fontweight("bold" if mine else "normal")
        weight = {"fontsize": 8, "va": "center", "fontweight": "bold" if mine else "normal"}
        axis.text(bar.ratio * 1.06, place, _times(bar.ratio), color="#212529", **weight)
        for (x, _), words in zip(COLUMNS, _cells(bar, all_), strict=True):
            _beside(axis, x, place, words, weight)


def _beside(axis: Any, x: float, y: float, words: str, weight: dict[str, Any]) -> None:
    where = axis.get_yaxis_transform()
    axis.text(x, y, words, transform=where, ha="right", color=QUIET, clip_on=False, **weight)


def _cells(bar: Row, all_: int) -> tuple[str, str, str]:
    scale = all_ / bar.rows
    seconds = bar.seconds * scale
    took = f"{seconds:,.1f} s" if seconds < 100 else f"{seconds:,.0f} s"
    mark = "" if scale == 1 else "*"
    return f"{took}{mark}", f"{bar.output_mb * scale:,.0f} MB{mark}", f"{bar.peak_mb:,.0f} MB{mark}"


def _columns(axis: Any) -> None:
    for x, name in COLUMNS:
        axis.text(
            x, 1.0, name, transform=axis.transAxes, ha="right", va="bottom", fontsize=8, color=QUIET
        )


def _scale(axis: Any, ends: tuple[float, float]) -> None:
    marks = [mark for mark in TICKS if ends[0] <= mark <= ends[1]]
    axis.set_xticks(marks, [f"{mark:g}×" for mark in marks])
    axis.tick_params(axis="x", labelbottom=True, labelsize=8, pad=5)


def _times(ratio: float) -> str:
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:,.0f}×"


def _words(figure: Any, figures: Figures, height: float) -> None:
    title = "How long a protected copy takes, beside the quickest unprotected one"
    figure.suptitle(title, x=0.012, y=1 - 0.1 / height, ha="left", va="top", fontsize=12)
    figure.text(0.012, 1 - 0.38 / height, _under(figures), fontsize=8.5, color=QUIET, va="top")
    lines = [
        *_sizes(figures),
        f"{figures.get('machine.cpu', '')}, {figures.get('machine.cores', '')} cores. make bench",
    ]
    figure.text(0.012, 0.08 / height, "\n".join(lines), fontsize=8, color=QUIET, va="bottom")
    bottom, top = (0.45 + 0.15 * len(lines)) / height, 1 - 1.05 / height
    figure.subplots_adjust(left=0.325, right=0.695, bottom=bottom, top=top, hspace=0.26)


def _under(figures: Figures) -> str:
    count = figures["end_to_end.rows"]
    return (
        f"{count:,} customers of 15 columns; e-mail tokenized, ssn encrypted, phone masked, "
        "last name hashed. Blue: ours, every row judged,\n1% bad ones kept aside, a ledger, "
        "all of it durable. Grey: copies that protect nothing. Orange: others that protect. "
        "Logarithmic."
    )


def _sizes(figures: Figures) -> list[str]:
    """What has to be said beside the bars."""
    key = "end_to_end.csv_parquet"
    said = []
    if f"{key}.size_ratio_to_typed_compressed" in figures:
        kept = figures[f"{key}.size_ratio_to_typed_compressed"]
        said.append(
            f"Ciphertext does not compress: our Parquet is {kept:.1f}× as large as the quickest "
            "typed and compressed copy. Two files keep no order across them."
        )
    if any(figures["end_to_end.rows"] != row.rows for row in rows(figures, "csv_parquet_single")):
        said.append("* timed on fewer rows and scaled; memory is for those fewer rows.")
    return said
