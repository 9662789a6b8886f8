"""One way to do one task, as it is handed to a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TASKS = {
    "csv_parquet": "CSV to Parquet, two files",
    "csv_parquet_single": "CSV to Parquet, one file",
    "csv_csv": "CSV to CSV",
    "parquet_parquet": "Parquet to Parquet",
}
"""What is timed: from what, into what, into how many files."""


@dataclass(frozen=True)
class Job:
    """``module.function(source, target, **options)`` does the whole task.

    ``who`` is the library, ``setting`` what it was told, ``environment`` what it wants to find;
    ``leaves`` is where below the target its data files are.
    """

    who: str
    setting: str
    task: str
    module: str
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    function: str = "copy"
    leaves: str = ""

    @property
    def name(self) -> str:
        """Whose, and at which setting."""
        return f"{self.who}: {self.setting}" if self.setting else self.who


@dataclass(frozen=True)
class Ran:
    """What a job took: seconds by the clock and of all cores, the most memory, bytes it left."""

    seconds: float
    cpu: float
    peak_mb: float
    bytes: int = 0
    files: int = 0


class JobFailed(Exception):
    """The process ended badly; the text is the last line it wrote."""


def perform(job: Job, source: Path, target: Path, log: Path) -> Ran:
    """Run a job in a process of its own; what it prints goes to ``log``. Raises JobFailed.

    What earlier jobs left to be written is written first: nobody pays for another's output.
    """
    os.sync()
    words = {**asdict(job), "source": str(source), "target": str(target)}
    report = log.with_suffix(".json")
    report.unlink(missing_ok=True)
    with log.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "bench.end_to_end.child", json.dumps(words), str(report)],
            env={**os.environ, **job.environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode or not report.exists():
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise JobFailed(lines[-1][:300] if lines else f"ended with {done.returncode}")
    ran = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    left = data_files(target / job.leaves)
    return Ran(**ran, bytes=sum(path.stat().st_size for path in left), files=len(left))


def data_files(target: Path) -> list[Path]:
    """The CSV and Parquet files under a folder, or the file itself; names with _ are not data."""
    if target.is_file():
        return [target]
    return sorted(
        path
        for path in target.rglob("*")
        if path.suffix in {".csv", ".parquet"}
        and not any(part.startswith("_") for part in path.relative_to(target).parts)
    )
