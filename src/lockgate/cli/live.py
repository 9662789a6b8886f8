"""Progress of a run: a live line on a terminal, log records elsewhere, nothing when quiet."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lockgate.cli.face import Face
from lockgate.cli.screen import number
from lockgate.printable import printable

LOG_EVERY_SECONDS = 5.0
log = logging.getLogger("lockgate.cli.run")

Progress = Callable[[int, int], None]


@contextmanager
def live_progress(face: Face, title: str) -> Iterator[Progress]:
    """A callback taking (rows judged, rows rejected), shown as long as the block runs."""
    if face.quiet:
        yield lambda rows, rejected: None
    elif face.err.is_terminal and not face.err.is_dumb_terminal and not face.as_json:
        with _bar(face, title) as callback:
            yield callback
    else:
        with _records(title) as callback:
            yield callback


@contextmanager
def live_secrets(face: Face) -> Iterator[Progress]:
    """A callback taking (secrets asked for, all of them): a store may take its time to refuse."""
    if face.quiet or face.as_json or not face.err.is_terminal or face.err.is_dumb_terminal:
        yield lambda asked, of: None
        return
    with _counting(face, "secrets") as told:
        yield lambda asked, of: told(f"{number(asked)} of {number(of)} asked for")


@contextmanager
def _records(title: str) -> Iterator[Progress]:
    started = last = time.monotonic()

    def callback(rows: int, rejected: int) -> None:
        nonlocal last
        if time.monotonic() - last >= LOG_EVERY_SECONDS:
            last = time.monotonic()
            log.info("run.progress", extra=_counts(title, rows, rejected, last - started))

    yield callback


def _counts(title: str, rows: int, rejected: int, seconds: float) -> dict[str, object]:
    return {
        "pipeline": title,
        "rows": rows,
        "rejected": rejected,
        "seconds": round(seconds, 3),
        "rows_per_second": round(rows / seconds) if seconds > 0 else None,
    }


@contextmanager
def _bar(face: Face, title: str) -> Iterator[Progress]:
    with _counting(face, title) as told:
        started = time.monotonic()

        def callback(rows: int, rejected: int) -> None:
            seconds = max(time.monotonic() - started, 1e-3)
            told(
                f"{number(rows)} rows  {number(rows / seconds)} rows/s  {number(rejected)} rejected"
            )

        yield callback


@contextmanager
def _counting(face: Face, title: str) -> Iterator[Callable[[str], None]]:
    """A live line with what it is told."""
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}", markup=False),
        TimeElapsedColumn(),
        console=face.err,
        transient=True,
        refresh_per_second=8,
    )
    with bars:
        task = bars.add_task(printable(title), total=None, counts="reading")

        def told(counts: str) -> None:
            bars.update(task, counts=counts)

        yield told


Rewrapped = Callable[[str, int], None]


@contextmanager
def live_rewrap(face: Face) -> Iterator[Rewrapped]:
    """A callback taking (what is being done, rows so far), shown as long as the block runs."""
    if face.quiet:
        yield lambda doing, rows: None
    elif face.err.is_terminal and not face.err.is_dumb_terminal and not face.as_json:
        with _counting(face, "rewrap") as told:
            yield lambda doing, rows: told(f"{doing}  {number(rows)} rows")
    else:
        yield _rewrap_records()


def _rewrap_records() -> Rewrapped:
    started = last = time.monotonic()

    def callback(doing: str, rows: int) -> None:
        nonlocal last
        if time.monotonic() - last >= LOG_EVERY_SECONDS:
            last = time.monotonic()
            extra = {"doing": doing, "rows": rows, "seconds": round(last - started, 3)}
            log.info("rewrap.progress", extra=extra)

    return callback
