"""The figures as a picture: bars on a logarithmic scale, the C limit as a mark on each job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.figures import Figures, judges, peers_of

JOBS = {
    "tokenize_text_22": "tokenize an e-mail address",
    "encrypt_11": "encrypt a number of 11 characters",
    "hash_22": "keyed hash, AES-CMAC",
    "hmac_22": "keyed hash, HMAC-SHA256",
    "mask_12": "mask a phone number",
    "ff1_16": "FF1 of 16 digits",
}
NAMES = {
    "cryptography": "cryptography",
    "fernet": "Fernet",
    "polars_hash": "polars-hash",
    "polars": "Polars",
    "pydantic": "Pydantic loop",
    "python": "Python",
    "tink": "Tink",
    "tink_xaes": "Tink XAES",
    "lockgate": "Lockgate",
}
OURS, PORTABLE, OTHERS = "#0b7285", "#66a9b8", "#b8bfc6"
LIMIT, QUIET = "#e8590c", "#495057"


TIMES = {1: "1 ns", 10: "10 ns", 100: "100 ns", 1e3: "1 µs", 1e4: "10 µs", 1e5: "100 µs"}


class Bar(NamedTuple):
    """One bar: whose, how long, in which colour, and what stands behind it."""

    name: str
    value: float
    colour: str
    words: str


def draw(figures: Figures, folder: Path, name: str = "latest") -> list[Path]:
    """Write SVG and PNG. Raises ImportError where matplotlib is not installed."""
    plt = plotting()
    jobs = {title: _bars(figures, job) for job, title in JOBS.items()}
    panels = {title: bars for title, bars in jobs.items() if bars}
    verdicts = _judge_bars(figures)
    heights = [len(bars) + 1.2 for bars in (*panels.values(), verdicts) if bars]
    if not heights:
        return []
    size = (9, 0.27 * sum(heights) + 1.5)
    figure, axes = plt.subplots(len(heights), 1, figsize=size, height_ratios=heights, squeeze=False)
    every = [axis for row in axes for axis in row]
    _jobs(every, figures, panels)
    if verdicts:
        _verdicts(every[-1], verdicts)
    _words(figure, figures)
    return saved(plt, figure, folder, name)


def plotting() -> Any:
    """Matplotlib without a screen, writing the same bytes for the same figures."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "lockgate", "font.family": "DejaVu Sans"})
    import matplotlib.pyplot as plt

    return plt


def saved(plt: Any, figure: Any, folder: Path, name: str) -> list[Path]:
    """Write a figure as SVG and PNG, undated."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{name}.{kind}" for kind in ("svg", "png")]
    for path in written:
        dated = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, dpi=150, metadata=dated)
    plt.close(figure)
    return written


def _jobs(axes: Sequence[Any], figures: Figures, panels: Mapping[str, Sequence[Bar]]) -> None:
    """One panel a job, all on one scale; the limit's mark goes through all bars."""
    limits = {JOBS[job]: figures.get(f"kernel.{job}.limit_ns") for job in JOBS}
    shown = [limit for title, limit in limits.items() if limit and title in panels]
    values = [bar.value for bars in panels.values() for bar in bars]
    ends = (min([*values, *shown], default=1) / 1.6, max(values, default=10) * 5)
    for axis, (title, bars) in zip(axes, panels.items(), strict=False):
        _panel(axis, title, bars, ends)
        if limits[title]:
            axis.axvline(limits[title], color=LIMIT, linewidth=1.6)
    if panels:
        last = axes[len(panels) - 1]
        marks = [mark for mark in TIMES if ends[0] <= mark <= ends[1]]
        last.set_xticks(marks, [TIMES[mark] for mark in marks])
        last.tick_params(axis="x", labelbottom=True)


def _verdicts(axis: Any, bars: Sequence[Bar]) -> None:
    rates = [bar.value for bar in bars]
    title = "judge rows of 8 columns: rows a second, longer is better"
    _panel(axis, title, bars, (min(rates) / 3, max(rates) * 60))


def _bars(figures: Figures, job: str) -> list[Bar]:
    """Ours, then the peers, the quickest first."""
    bars = []
    for kernel, colour in (("native", OURS), ("portable", PORTABLE)):
        value = figures.get(f"kernel.{job}.{kernel}_ns")
        if value is not None:
            bars.append(Bar(f"Lockgate, {kernel}", value, colour, _time(value)))
    peers = peers_of(figures, job)
    bars += [Bar(NAMES.get(peer, peer), ns, OTHERS, _time(ns)) for peer, ns in peers.items()]
    return sorted(bars, key=lambda bar: bar.value)


def _judge_bars(figures: Figures) -> list[Bar]:
    compared = figures.get("judge.rows_compared", 0)
    bars = []
    for name, (rate, differ) in judges(figures).items():
        colour = OURS if name == "lockgate" else OTHERS
        words = f"{rate / 1e6:.2f} M" if rate >= 1e5 else f"{rate / 1e3:.0f} k"
        words += f"   not Pydantic\u2019s verdict on {differ:,} of {compared:,}" if differ else ""
        bars.append(Bar(NAMES.get(name, name), rate, colour, words))
    return bars


def _time(ns: float) -> str:
    if ns >= 10_000:
        return f"{ns / 1000:,.0f} µs"
    return f"{ns / 1000:,.1f} µs" if ns >= 1000 else f"{ns:,.0f} ns" if ns >= 10 else f"{ns:.1f} ns"


def _panel(axis: Any, title: str, bars: Sequence[Bar], ends: tuple[float, float]) -> None:
    places = range(len(bars))
    axis.barh(
        places,
        [bar.value for bar in bars],
        height=0.72,
        color=[bar.colour for bar in bars],
    )
    axis.set_yticks(places, [bar.name for bar in bars])
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.minorticks_off()
    axis.set_xlim(*ends)
    axis.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=3)
    for place, bar in zip(places, bars, strict=True):
        axis.text(bar.value * 1.08, place, bar.words, va="center", fontsize=8, color=QUIET)
    for side in ("top", "right", "left", "bottom"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0, labelsize=8.5)
    axis.tick_params(axis="x", which="both", length=0, labelbottom=False, labelsize=8)


def _words(figure: Any, figures: Figures) -> None:
    text = "Time a value on one thread, logarithmic, shorter is better. Orange: the C limit."
    figure.suptitle(text, x=0.02, ha="left", fontsize=10)
    machine = f"{figures.get('machine.cpu', '')}, {figures.get('machine.cores', '')} cores"
    figure.text(0.02, 0.006, f"{machine}. make bench", fontsize=7.5, color=QUIET)
    figure.tight_layout(rect=(0, 0.015, 1, 0.985))
