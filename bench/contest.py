"""Several ways to do one job, timed in turns, A B C, A B C, …: all meet the same weather."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LEAST_ROUNDS = 5


@dataclass(frozen=True)
class Entry:
    """One way: what a call does to so many values. What it returns is dropped."""

    name: str
    values: int
    run: Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Nanoseconds a value: the median of the rounds, the quickest, and how far they lie apart.

    ``spread`` is the distance between the quartiles as a share of the median. ``cpu`` is the
    median of the processor's time instead of the clock's: what is left where others run too.
    """

    name: str
    ns: float
    best: float
    cpu: float
    spread: float
    rounds: int


def contest(entries: Sequence[Entry], rounds: int, sample_seconds: float) -> dict[str, Timing]:
    """Warm up, then time every entry once a round; a sample repeats a call that is too short."""
    samples: dict[str, list[tuple[float, float]]] = {entry.name: [] for entry in entries}
    repeats = {entry.name: _repeats(entry, sample_seconds) for entry in entries}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(max(rounds, LEAST_ROUNDS)):
            for entry in entries:
                samples[entry.name].append(_sample(entry, repeats[entry.name]))
            gc.collect()
    finally:
        if collecting:
            gc.enable()
    return {name: _timing(name, found) for name, found in samples.items()}


def _repeats(entry: Entry, sample_seconds: float) -> int:
    entry.run()
    started = time.perf_counter()
    entry.run()
    once = max(time.perf_counter() - started, 1e-7)
    return max(1, round(sample_seconds / once))


def _sample(entry: Entry, repeats: int) -> tuple[float, float]:
    """Nanoseconds a value by the clock, and by the processor."""
    run = entry.run
    busy = time.process_time_ns()
    started = time.perf_counter_ns()
    for _ in range(repeats):
        run()
    elapsed = time.perf_counter_ns() - started
    busy = time.process_time_ns() - busy
    return elapsed / (repeats * entry.values), busy / (repeats * entry.values)


def _timing(name: str, samples: Sequence[tuple[float, float]]) -> Timing:
    times = [ns for ns, _ in samples]
    low, middle, high = statistics.quantiles(times, n=4, method="inclusive")
    cpu = statistics.median(ns for _, ns in samples)
    return Timing(name, middle, min(times), cpu, (high - low) / middle, len(times))
