"""Whole jobs timed in turns, A B C, A B C, …, each in a process of its own."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.end_to_end import ours
from bench.end_to_end.job import Job, JobFailed, Ran, perform


@dataclass(frozen=True)
class Contender:
    """A job, the file it is given and how many rows that has."""

    job: Job
    source: Path
    rows: int


@dataclass(frozen=True)
class Result:
    """Medians of the rounds, and the most memory of any; ``spread`` as in `contest.Timing`."""

    contender: Contender
    seconds: float
    best: float
    cpu: float
    spread: float
    peak_mb: float
    bytes: int
    files: int
    rounds: int

    @property
    def ns_a_row(self) -> float:
        """What lets jobs over different numbers of rows be compared."""
        return self.seconds / self.contender.rows * 1e9

    @property
    def cpu_a_row(self) -> float:
        """Seconds of all cores together for a row."""
        return self.cpu / self.contender.rows

    @property
    def bytes_a_row(self) -> float:
        """How large the output is."""
        return self.bytes / self.contender.rows


class Track:
    """A folder where one job at a time runs, from a prepared project if it is one of ours."""

    def __init__(self, folder: Path, project: Path) -> None:
        self._folder = folder
        self._project = project
        self._target = folder
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, contender: Contender) -> Ran:
        """Run it on an empty place; what the one before left is removed. Raises JobFailed."""
        self.clear()
        job = contender.job
        kind = "csv" if job.task.endswith("_csv") else "parquet"
        self._target = self._folder / (f"output.{kind}" if not ours.is_ours(job) else "project")
        if ours.is_ours(job):
            ours.stage(self._project, contender.source, self._target)
        return perform(job, contender.source, self._target, self._folder / "log.txt")

    @property
    def target(self) -> Path:
        """What the last job left."""
        return self._target

    def keep(self, place: Path) -> None:
        """Move what the last job left, and what it printed, to a place of its own."""
        place.mkdir(parents=True)
        self._target.rename(place / self._target.name)
        (self._folder / "log.txt").rename(place / "log.txt")

    def clear(self) -> None:
        """Remove what there is."""
        shutil.rmtree(self._folder)
        self._folder.mkdir()


def race(
    contenders: Sequence[Contender],
    rounds: int,
    track: Track,
    after: Callable[[Contender, int], None],
) -> tuple[list[Result], list[str]]:
    """Every contender once a round; ``after`` sees each output of each round.

    Returns the results, and what has to be said of those that failed: they end where they failed.
    """
    found: dict[int, list[Ran]] = {place: [] for place in range(len(contenders))}
    failed: dict[int, str] = {}
    for number in range(rounds):
        for place, contender in enumerate(contenders):
            if place in failed:
                continue
            try:
                found[place].append(track.run(contender))
            except JobFailed as error:
                failed[place] = f"{contender.job.name}, {contender.job.task}: {error}"
                continue
            after(contender, number)
    track.clear()
    done = [_result(c, found[p]) for p, c in enumerate(contenders) if p not in failed]
    return done, list(failed.values())


def _result(contender: Contender, rans: Sequence[Ran]) -> Result:
    times = [ran.seconds for ran in rans]
    several = times if len(times) > 1 else times * 2
    low, middle, high = statistics.quantiles(several, n=4, method="inclusive")
    return Result(
        contender=contender,
        seconds=middle,
        best=min(times),
        cpu=statistics.median(ran.cpu for ran in rans),
        spread=(high - low) / middle,
        peak_mb=max(ran.peak_mb for ran in rans),
        bytes=rans[-1].bytes,
        files=rans[-1].files,
        rounds=len(rans),
    )
