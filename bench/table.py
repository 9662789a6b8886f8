"""The figures as tables on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.end_to_end.shown_table import tables as end_to_end
from bench.figures import Figures, case_names, judges, peers_of


def show(figures: Figures, console: Console) -> None:
    """Print everything a reader wants to know, warnings last so that they are seen."""
    facts = [f"{figures.get('machine.cpu')}, {figures.get('machine.cores')} cores"]
    facts += [
        f"{key}: {figures[key]}"
        for key in ("kernel.aes", "limit.units", "git.commit")
        if key in figures
    ]
    console.print(Text("; ".join(facts), style="dim"))
    if case_names(figures):
        console.print(_kernels(figures))
    if "judge.rows_per_s" in figures:
        console.print(_judges(figures))
    for table in end_to_end(figures):
        console.print(table)
    for kind, style in (("notes", "dim"), ("warnings", "yellow"), ("wrong", "bold red")):
        for line in figures.get(kind, []):
            console.print(Text(f"{kind.removesuffix('s')}: {line}", style=style))


def _kernels(figures: Figures) -> Table:
    values = figures.get("values", 0)
    table = Table(
        title=f"Nanoseconds a value: one thread, batches of {values:,}, medians",
        title_justify="left",
    )
    table.add_column("job")
    for name in ("native", "portable", "C limit", "× limit", "by CPU time"):
        table.add_column(name, justify="right")
    table.add_column("peers")
    for case in case_names(figures):
        peers = peers_of(figures, case)
        table.add_row(
            case,
            *(_number(figures, f"kernel.{case}.{key}") for key in _KEYS),
            ", ".join(f"{peer} {ns:,.0f}" for peer, ns in peers.items()),
        )
    return table


_KEYS = ("native_ns", "portable_ns", "limit_ns", "ratio_to_limit", "ratio_to_limit_cpu")


def _number(figures: Figures, key: str) -> str:
    value = figures.get(key)
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _judges(figures: Figures) -> Table:
    title = f"Judging {figures['judge.rows']:,} rows of 8 columns"
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column("who")
    table.add_column("rows/s", justify="right")
    compared = figures["judge.rows_compared"]
    table.add_column(f"not Pydantic's verdict (of {compared:,})", justify="right")
    for name, (rate, differ) in judges(figures).items():
        table.add_row(_NAMES.get(name, name), f"{rate:,.0f}", f"{differ:,}")
    for key, name in _OTHERS.items():
        if key in figures:
            table.add_row(Text(name, style="dim"), Text(f"{figures[key]:,.0f}", style="dim"), "")
    table.caption = f"Lockgate is {figures['judge.ratio_to_pydantic']:,.0f} times the Pydantic loop"
    return table


_NAMES = {"lockgate": "Lockgate, two threads", "pydantic": "Pydantic, a loop"}
_OTHERS = {
    "judge.rows_per_s_one_thread": "Lockgate, one thread",
    "judge.strings.rows_per_s": "Lockgate on text, two threads",
    "judge.strings.rows_per_s_one_thread": "Lockgate on text, one thread",
}
