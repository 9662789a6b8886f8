"""Our side: a project as anybody would have it, and one run of one of its pipelines."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import lockgate
from bench.end_to_end.job import Job
from lockgate.assemble.create import create_project

MODULE = "bench.end_to_end.ours"
SHIPPED = Path(__file__).parent / "project"
CONTRACT = {"python": "models:Customer", "id": "customers", "version": "1.0.0"}
PURPOSE = "benchmark"
NAME = "lockgate"
PORTABLE = "lockgate_portable"
OUT = "out"

# Every module that a run imports on its way: like everybody's, ours are there before the clock.
for _name in (
    "blake3",
    "email_validator",
    "lockgate.assemble.api",
    "lockgate.assemble.pipelines",
    "lockgate.assemble.revealing",
    "lockgate.contract.judge.native_rules",
    "lockgate.kernel.native",
    "lockgate.kernel.portable",
    "lockgate.labels.vocabulary",
    "lockgate.policy.choose",
):
    with suppress(ImportError):  # no native kernel here: that is said elsewhere
        importlib.import_module(_name)


def new_project(folder: Path) -> None:
    """Contract, zone, pipelines and keys, none of which is timed."""
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


def job(task: str, environment: Mapping[str, str] | None = None) -> Job:
    """One of the pipelines, as a job; the target is a copy of the project."""
    who = PORTABLE if environment else NAME
    return Job(who, "", task, MODULE, {"pipeline": task}, environment or {}, "run", OUT)


def stage(project: Path, source: Path, target: Path) -> None:
    """A project of its own for one run, with its input: a second run would have nothing to do."""
    shutil.copytree(project, target)
    os.link(source, target / f"customers{source.suffix}")


def run(_source: Path, target: Path, *, pipeline: str) -> None:
    """Open the project, run the pipeline, close it: rows released are published and on record.

    Raises what `lockgate run` would show, and RuntimeError unless rows were released.
    """
    with lockgate.open(target) as workspace:
        result = workspace.run(pipeline)
    if result.status != "released":
        raise RuntimeError(f"the run ended as {result.status}")
