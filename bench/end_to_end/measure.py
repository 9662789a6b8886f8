"""End to end: check every way on few rows, try all copies, time the best, search what we wrote."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.end_to_end import leaks, ours, outputs
from bench.end_to_end.floors.settings import compressed_and_typed, floors
from bench.end_to_end.footers import telling
from bench.end_to_end.job import TASKS, Job, JobFailed
from bench.end_to_end.material import Material
from bench.end_to_end.peers.registry import PEERS, present
from bench.end_to_end.report import Report
from bench.end_to_end.turns import Contender, Track, race
from bench.kernels.case import WrongOutput
from lockgate.kernel.choice import choose

CHECKED = 20_000
TRIED = 16
"""Every copy is tried on one row in so many."""
QUICKEST = 3
"""So many of each task's copies are timed on all rows, and the quickest of each library."""
LEAST_ROUNDS = 3
PORTABLE = {"LOCKGATE_KERNEL": "portable"}
PORTABLE_TASK = "csv_parquet"

Tell = Callable[[str], None]


def measure(rows: int, rounds: int, folder: Path, tell: Tell, *, every: bool = True) -> Report:
    """Time ``rows`` customers, three rounds at least.

    Without ``every`` it only shows that all runs: one copy a library, slow peers are not timed,
    any number of rounds will do.
    """
    kernel = choose()
    report = Report(rows, kernel=kernel.kernel.name)
    if not kernel.is_native:
        report.notes.append(f"ours is without the native kernel: {kernel.why}")
    rounds = max(rounds, LEAST_ROUNDS) if every else rounds
    shutil.rmtree(folder, ignore_errors=True)
    material, project = Material(folder / "files"), folder / "project"
    ours.new_project(project)
    track = Track(folder / "track", project)
    jobs = [*(ours.job(task) for task in TASKS), ours.job(PORTABLE_TASK, PORTABLE)]
    tell(f"ours and the peers on {CHECKED:,} rows: is every output right?")
    peers = [*_right(_peers(rows, report), material, track, report)]
    if not every:
        peers = [(job, size) for job, size in peers if size == rows]
    ready = [*_right([(job, rows) for job in jobs], material, track, report)]
    tell(f"unprotected copies at every setting, on {max(rows // TRIED, 1):,} rows")
    for task in TASKS:
        ready += [(job, rows) for job in _best_copies(task, rows, every, material, track, report)]
    contenders = [
        Contender(job, material.source(job, size, bad=ours.is_ours(job)), size)
        for job, size in (*ready, *peers)
    ]
    tell(f"timing {len(contenders)} jobs, {rounds} rounds: " + _names(contenders))
    kept = folder / "kept"

    def after(contender: Contender, number: int) -> None:
        if ours.is_ours(contender.job) and number == 0:
            track.keep(kept / f"{contender.job.who}-{contender.job.task}")

    report.results, failed = race(contenders, rounds, track, after)
    report.wrong += [line for line in failed if line.startswith(ours.NAME)]
    report.notes += [line for line in failed if not line.startswith(ours.NAME)]
    tell("searching everything we wrote for clear values")
    search(kept, report)
    return report


def search(folder: Path, report: Report) -> None:
    """Whatever is in a folder of ours: no clear value, no telling footer."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_nlink > 1:  # the input is linked, not written
            continue
        report.searched_mb += path.stat().st_size / 1e6
        shown = path.relative_to(folder)
        for kind, count in leaks.search_file(path).items():
            report.wrong.append(f"{shown} holds {count:,} clear values: {kind}")
        if path.suffix == ".parquet":
            report.wrong += [f"{shown}: {what}" for what in sorted(set(telling(path)))]


def _peers(rows: int, report: Report) -> Iterator[tuple[Job, int]]:
    """The peers that are here, and on how many rows each is timed."""
    here = {peer.name for peer in present()}
    for peer in PEERS:
        size = max(round(rows * peer.share), 1_000)
        if peer.name not in here:
            report.notes.append(f"{peer.name} is left out: {peer.needs} is not installed")
        else:
            yield peer.job, size


def _right(
    jobs: Sequence[tuple[Job, int]] | Iterator[tuple[Job, int]],
    material: Material,
    track: Track,
    report: Report,
) -> Iterator[tuple[Job, int]]:
    """Those whose output is right on a few rows; the others are named."""
    for job, size in jobs:
        is_ours = ours.is_ours(job)
        try:
            _checked(job, min(CHECKED, size), material, track, bad=is_ours)
        except (JobFailed, WrongOutput) as error:
            line = f"{job.name}, {job.task}: {error}"
            (report.wrong if is_ours else report.notes).append(line)
        else:
            yield job, size


def _checked(job: Job, size: int, material: Material, track: Track, *, bad: bool) -> float:
    """Run once and look at the output; the seconds it took. Raises JobFailed, WrongOutput."""
    ran = track.run(Contender(job, material.source(job, size, bad=bad), size))
    outputs.check(job, track.target, size)
    return ran.seconds


def _best_copies(
    task: str, rows: int, every: bool, material: Material, track: Track, report: Report
) -> list[Job]:
    """Of all settings: the quickest, each library's quickest, and the quickest of those kept."""
    size = max(rows // TRIED, 1)
    took: dict[int, float] = {}
    tried = [job for job in floors(task, size) if every or _plain(job)]
    for place, job in enumerate(tried):
        try:
            took[place] = _checked(job, size, material, track, bad=False)
        except (JobFailed, WrongOutput) as error:
            report.notes.append(f"{job.name}, {task}: {error}")
    report.tried[task] = len(took)
    order = sorted(took, key=lambda place: took[place])
    chosen = set(order[: QUICKEST if every else 1])
    for who in ("polars", "duckdb", "pyarrow") if every else ():
        chosen.update([place for place in order if tried[place].who == who][:1])
    chosen.update([place for place in order if compressed_and_typed(tried[place])][: 1 + every])
    names = {tried[place].name for place in chosen}
    return [job for job in floors(task, rows) if job.name in names]


def _plain(job: Job) -> bool:
    """One setting a library: enough to see that it runs."""
    return job.setting in ("typed", "typed, snappy")


def _names(contenders: Sequence[Contender]) -> str:
    return ", ".join(dict.fromkeys(contender.job.name for contender in contenders))
