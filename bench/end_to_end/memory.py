"""The most memory a run of ours holds, and that it hardly grows with the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.end_to_end import ours
from bench.end_to_end.job import JobFailed, Ran
from bench.end_to_end.material import Material
from bench.end_to_end.turns import Contender, Track
from bench.figures import Figures


@dataclass
class Growth:
    """Runs by task and rows; what failed."""

    few: int
    many: int
    ran: dict[tuple[str, int], Ran] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def measure(few: int, many: int, folder: Path, tell: Callable[[str], None]) -> Growth:
    """CSV to Parquet over few and many rows, CSV to CSV over many; a process each."""
    growth = Growth(few, many)
    shutil.rmtree(folder, ignore_errors=True)
    material, project = Material(folder / "files"), folder / "project"
    ours.new_project(project)
    track = Track(folder / "track", project)
    for task, rows in (("csv_parquet", few), ("csv_parquet", many), ("csv_csv", many)):
        job = ours.job(task, module=ours.LEAN)
        tell(f"{task}, {rows:,} rows")
        contender = Contender(job, material.source(job, rows, bad=True), rows)
        try:
            growth.ran[task, rows] = track.run(contender)
        except JobFailed as error:
            growth.wrong.append(f"{task}, {rows:,} rows: {error}")
    track.clear()
    return growth


def figures(growth: Growth) -> Figures:
    """The promised ones, and each run's."""
    found: Figures = {"wrong": growth.wrong, "notes": [], "warnings": []}
    for (task, rows), ran in growth.ran.items():
        size = "many" if rows == growth.many else "few"
        found[f"memory.{task}.{size}_mb"] = round(ran.peak_mb)
        found[f"memory.{task}.{size}_seconds"] = round(ran.seconds, 2)
    found["memory.rows_few"], found["memory.rows_many"] = growth.few, growth.many
    small, large = (growth.ran.get(("csv_parquet", rows)) for rows in (growth.few, growth.many))
    text = growth.ran.get(("csv_csv", growth.many))
    if small and large:
        found["memory.ratio_8m_to_1m"] = round(large.peak_mb / small.peak_mb, 3)
        found["memory.peak_mb"] = round(large.peak_mb)
    if text:
        found["memory.csv_csv_mb"] = round(text.peak_mb)
    return found
