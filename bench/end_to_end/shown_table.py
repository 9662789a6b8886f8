"""The part as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from bench.end_to_end.job import TASKS
from bench.end_to_end.shown import OURS, REACHES, rows, tasks
from bench.figures import Figures


def tables(figures: Figures) -> Iterator[Table]:
    """One a task, and what was aimed at."""
    for task in tasks(figures):
        yield _task(figures, task)
    if any(key in figures for key in REACHES):
        yield _reaches(figures)


def _task(figures: Figures, task: str) -> Table:
    title = f"{TASKS[task]}: {figures['end_to_end.rows']:,} customers, medians"
    table = Table(title=title, title_justify="left")
    table.add_column("who")
    for name in ("× quickest copy", "seconds", "× its CPU", "output MB", "× its size", "peak MB"):
        table.add_column(name, justify="right")
    for row in rows(figures, task):
        table.add_row(
            Text(row.who, style="bold" if row.kind == OURS else ""),
            f"{row.ratio:.2f}",
            f"{row.seconds:.2f}" + ("" if row.rows == figures["end_to_end.rows"] else "*"),
            f"{row.cpu_ratio:.2f}",
            f"{row.output_mb:,.0f}",
            f"{row.size_ratio:.2f}",
            f"{row.peak_mb:,.0f}",
        )
    return table


def _reaches(figures: Figures) -> Table:
    table = Table(title="What is aimed at", title_justify="left")
    table.add_column("figure")
    for name in ("measured", "at most"):
        table.add_column(name, justify="right")
    for key, (what, most, unit) in REACHES.items():
        if key in figures:
            met = figures[key] <= most
            found = Text(f"{figures[key]:,.2f}{unit}", style="green" if met else "yellow")
            table.add_row(what, found, f"{most:,g}{unit}")
    return table
