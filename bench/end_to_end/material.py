"""The files that jobs are given: each made once a run, in bench/out, and removed after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.end_to_end.files import write_csv, write_parquet
from bench.end_to_end.job import Job


@dataclass(frozen=True)
class Material:
    """A folder of customers in files of several sizes."""

    folder: Path

    def source(self, job: Job, rows: int, *, bad: bool) -> Path:
        """The file a job reads; made if it is not there yet."""
        kind = job.task.split("_", maxsplit=1)[0]
        path = self.folder / f"{rows}-{'bad' if bad else 'good'}.{kind}"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(".half")
            (write_csv if kind == "csv" else write_parquet)(half, rows, bad=bad)
            half.rename(path)
        return path
