"""How long the static check of a large pipeline takes: 50 steps, 510 columns of steps and source.

Each step joins the one before with the source, filters, and computes every column.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from bench.figures import Figures
from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace

STEPS = 50
COLUMNS = 9
TIMES = 7


def measure() -> Figures:
    """Medians of seven, by the wall and by the processor, after one that imports everything."""
    with tempfile.TemporaryDirectory() as folder:
        project = _project(Path(folder) / "large")
        columns, _, _ = _once(project)
        times = [_once(project) for _ in range(TIMES)]
    return {
        "proving.steps": STEPS,
        "proving.columns": columns,
        "proving.check_ms": round(statistics.median(wall for _, wall, _ in times) * 1000, 1),
        "proving.cpu_ms": round(statistics.median(cpu for _, _, cpu in times) * 1000, 1),
    }


def _once(project: Path) -> tuple[int, float, float]:
    """How many columns were traced, and the seconds from opening the project to its plan."""
    began, processor = time.perf_counter(), time.process_time()
    with Workspace.open(project) as workspace:
        report = workspace.check()
    seconds, used = time.perf_counter() - began, time.process_time() - processor
    if not report.ok:
        raise RuntimeError("the pipeline that is timed is refused")
    return sum(map(len, report.examined["large"].schemas.values())), seconds, used


def _project(folder: Path) -> Path:
    create_project(folder, "large")
    names = [f"c{number}" for number in range(COLUMNS)]
    fields = "".join(f"    {name}: Annotated[str, Labelled('pii.email')]\n" for name in names)
    (folder / "models.py").write_text(
        "from typing import Annotated\nfrom pydantic import BaseModel\n"
        "from lockgate import Labelled\n"
        "class Row(BaseModel):\n    id: Annotated[int, Labelled('pii.id', subject=True)]\n" + fields
    )
    made = ", ".join(f"upper(a.{name}) AS {name}" for name in names)
    lines, before = [], "rows"
    for number in range(STEPS):
        join = f"FROM {before} a JOIN rows b USING (id) WHERE a.id > {number}"
        before = f"s{number}"
        lines.append(f"      {before}: {{sql: 'SELECT a.id, {made} {join}'}}\n")
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("\ncontracts:\n  rows: {python: 'models:Row', id: rows}\n")
        file.write("pipelines:\n  large:\n    purpose: x\n    sources:\n")
        file.write("      rows: {contract: rows, path: a.csv, format: csv}\n    steps:\n")
        file.write("".join(lines))
        file.write("    sinks:\n      out: {zone: analytics, path: out, format: csv}\n")
    return folder
