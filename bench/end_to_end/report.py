"""What the part found: results, and what has to be said beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench.end_to_end.floors.settings import compressed_and_typed
from bench.end_to_end.job import TASKS
from bench.end_to_end.ours import NAME, PORTABLE
from bench.end_to_end.peers.registry import PEERS
from bench.end_to_end.turns import Result
from bench.figures import Figures

PEER_NAMES = frozenset(peer.name for peer in PEERS)
UNSTEADY = 0.10


@dataclass
class Report:
    """Results of every job that was timed, and sentences."""

    rows: int
    results: list[Result] = field(default_factory=list)
    tried: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    searched_mb: float = 0.0
    kernel: str = ""


def figures(report: Report) -> Figures:
    """Everything as one flat mapping."""
    found: Figures = {
        "end_to_end.rows": report.rows,
        "end_to_end.kernel": report.kernel,
        "end_to_end.searched_mb": round(report.searched_mb),
        "notes": [*report.notes, *_scaled(report)],
        "wrong": report.wrong,
        "warnings": list(_unsteady(report.results)),
    }
    for task in TASKS:
        mine = [result for result in report.results if result.contender.job.task == task]
        found |= dict(_task(task, mine))
        found[f"end_to_end.{task}.settings_tried"] = report.tried.get(task, 0)
    return found


def _task(task: str, results: Sequence[Result]) -> Iterator[tuple[str, object]]:
    """Ours beside the floors, the floors, and the peers."""
    floors = sorted((r for r in results if _is_floor(r)), key=lambda r: r.ns_a_row)
    floor = floors[0] if floors else None
    kept = next((r for r in floors if compressed_and_typed(r.contender.job)), None)
    for result in results:
        key = f"end_to_end.{_key(task, result)}"
        yield from _of(key, result)
        for name, copy in (("", floor), ("_to_typed_compressed", kept)):
            if copy is not None:
                yield f"{key}.ratio{name}", round(result.ns_a_row / copy.ns_a_row, 3)
                yield f"{key}.cpu_ratio{name}", _ratio(result.cpu_a_row, copy.cpu_a_row)
                yield f"{key}.size_ratio{name}", round(result.bytes_a_row / copy.bytes_a_row, 2)
    if floor is not None:
        yield f"end_to_end.{task}.floor", floor.contender.job.name
    if kept is not None:
        yield f"end_to_end.{task}.floor_typed_compressed", kept.contender.job.name


def _ratio(ours: float, theirs: float) -> float:
    """NaN where theirs was too short for the system's clock of processor time to tick."""
    return round(ours / theirs, 3) if theirs else math.nan


def _key(task: str, result: Result) -> str:
    """`csv_csv`, `portable`, `peer.dlt` or `csv_csv.copy.polars: text`."""
    who = result.contender.job.who
    if who == NAME:
        return task
    if who == PORTABLE:
        return "portable"
    return f"peer.{who}" if who in PEER_NAMES else f"{task}.copy.{result.contender.job.name}"


def _is_floor(result: Result) -> bool:
    job = result.contender.job
    return ".floors." in job.module


def _of(key: str, result: Result) -> Iterator[tuple[str, object]]:
    yield f"{key}.seconds", round(result.seconds, 4)
    yield f"{key}.best_seconds", round(result.best, 4)
    yield f"{key}.cpu_seconds", round(result.cpu, 3)
    yield f"{key}.spread", round(result.spread, 3)
    yield f"{key}.peak_mb", round(result.peak_mb)
    yield f"{key}.output_mb", round(result.bytes / 1e6, 1)
    yield f"{key}.files", result.files
    yield f"{key}.rows", result.contender.rows


def _scaled(report: Report) -> Iterator[str]:
    for result in report.results:
        if (rows := result.contender.rows) < report.rows:
            yield f"{result.contender.job.name} was timed on {rows:,} rows and scaled"


def _unsteady(results: Sequence[Result]) -> Iterator[str]:
    for task in TASKS:
        mine = [result for result in results if result.contender.job.task == task]
        shaky = [result.contender.job.name for result in mine if result.spread > UNSTEADY]
        if shaky:
            yield f"{task}: unsteady: {'; '.join(shaky)}"
