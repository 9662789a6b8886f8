"""Our side: a project as anybody would have it, and one run of one of its pipelines."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lockgate
from bench.end_to_end.job import Job

LEAN, READY = "bench.end_to_end.ours", "bench.end_to_end.ours_ready"
SHIPPED = Path(__file__).parent / "project"
CONTRACT = {"python": "models:Customer", "id": "customers", "version": "1.0.0"}
PURPOSE = "benchmark"
NAME = "lockgate"
PORTABLE = "lockgate_portable"
OUT = "out"


def new_project(folder: Path) -> None:
    """Contract, zone, pipelines and keys, none of which is timed."""
    from lockgate.assemble.create import create_project

    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    create_project(
        folder,
        "bench",
        contracts={"customers": CONTRACT},
        pipelines={
            "csv_parquet": _pipeline("csv", "parquet", parts=2),
            "csv_parquet_single": _pipeline("csv", "parquet"),
            "csv_csv": _pipeline("csv", "csv"),
            "parquet_parquet": _pipeline("parquet", "parquet"),
        },
    )
    with lockgate.open(folder) as workspace:
        workspace.create_domains()


def _pipeline(source: str, sink: str, **options: Any) -> dict[str, Any]:
    path = f"customers.{source}"
    return {
        "purpose": PURPOSE,
        "source": {"contract": "customers", "path": path, "format": source},
        "sinks": {"bench": {"zone": "bench", "path": OUT, "format": sink, **options}},
    }


def job(task: str, environment: Mapping[str, str] | None = None, *, module: str = READY) -> Job:
    """One of the pipelines, as a job; the target is a copy of the project.

    LEAN imports what the run needs, as the command does; READY has it all before the clock.
    """
    who = PORTABLE if environment else NAME
    return Job(who, "", task, module, {"pipeline": task}, environment or {}, "run", OUT)


def is_ours(job: Job) -> bool:
    """Whether a job is one of these."""
    return job.who in (NAME, PORTABLE)


def stage(project: Path, source: Path, target: Path) -> None:
    """A project of its own for one run, with its input: a second run would have nothing to do."""
    shutil.copytree(project, target)
    os.link(source, target / f"customers{source.suffix}")


def run(_source: Path, target: Path, *, pipeline: str) -> None:
    """What `lockgate run` does, in this process: rows are published and on record when it ends.

    Raises RuntimeError if the command would end with an error.
    """
    from lockgate.cli.main import invoke

    code = invoke(["run", pipeline, "--project", str(target)])
    if code:
        raise RuntimeError(f"lockgate run ended with {code}")
