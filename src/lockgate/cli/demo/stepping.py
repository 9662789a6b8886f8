"""Steps between sources and sinks: what is folded over many leaves, what leaks is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq

from lockgate.assemble.workspace import RunResult, Workspace
from lockgate.cli.commands.check import show_finding, show_plan
from lockgate.cli.demo.stage import Stage
from lockgate.cli.live import live_progress
from lockgate.cli.screen import fill, make_table, number, plural
from lockgate.errors import Position
from lockgate.flow.findings import Finding, Severity

PIPELINE, AGGREGATION = "spending", "by_diagnosis"
LEAK = "partner_feed"
SHOWN = 5


def fold(stage: Stage, workspace: Workspace, purpose: str) -> None:
    """Join two tables in SQL, and release what is true of many people only."""
    stage.scene("Or join them first, and let nobody's row out")
    report = workspace.check([PIPELINE])
    plan = report.plans[PIPELINE]
    aggregation = next(step.aggregation for step in plan.steps if step.name == AGGREGATION)
    k = aggregation.k if aggregation is not None else 0
    stage.tell(
        "Steps in SQL or Python stand between sources and sinks. Lockgate reads the SQL, so labels "
        f"follow every column through it. This one joins in memory and tells groups of at least "
        f"{k} patients:"
    )
    if stage.seen:
        show_plan(stage.face, PIPELINE, plan, why=False)
    stage.command(f"lockgate run {PIPELINE}")
    with live_progress(stage.face, PIPELINE) as progress:
        result = workspace.run(PIPELINE, purpose=purpose, progress=progress)
    rows = _released(result)
    table = make_table("diagnosis", ("visits", "right"), ("mean charge", "right"))
    shown = [(name, number(count), f"{mean:,.2f}") for name, count, mean in rows[:SHOWN]]
    stage.show(fill(table, shown))
    held_back = next(s.groups_held_back or 0 for s in result.receipt.steps if s.name == AGGREGATION)
    why = f", because fewer than {k} patients have them" if held_back else ""
    groups = plural(len(rows), "diagnosis", "diagnoses")
    stage.tell(f"{groups} released, {number(held_back)} held back{why}.")
    stage.facts[PIPELINE] = {
        "proven": report.ok,
        "rows_read": result.receipt.rows_read,
        "steps": {step.name: step.rows for step in result.receipt.steps},
        "k": k,
        "groups": len(rows),
        "groups_held_back": held_back,
        "visits": sum(count for _, count, _ in rows),
        "seconds": round(result.seconds, 2),
    }


def _released(result: RunResult) -> list[tuple[str, int, float]]:
    """The rows in zone analytics: diagnosis, visits, mean charge."""
    (part,) = result.sinks["analytics"].glob("part-*.parquet")
    columns = pq.read_table(part).to_pydict()
    return list(zip(columns["diagnosis"], columns["visits"], columns["mean_charge"], strict=True))


def leak(stage: Stage, folder: Path) -> None:
    """Write a pipeline that leaks into the project, see it refused, and take it out again."""
    stage.scene("Somebody leaks, in a step")
    stage.tell(
        "A partner may see charges, and no diagnosis. Somebody packs one into a struct, takes its "
        "first letters out again in a CASE, and calls it a rate:"
    )
    with _written(folder) as path, Workspace.open(folder) as workspace:
        stage.command(f"lockgate check {LEAK}")
        report = workspace.check([LEAK])
    found = [_from_here(one, folder) for one in report.findings if one.severity is Severity.ERROR]
    if stage.seen:
        for one in found:
            show_finding(stage.face, one)
    stage.facts["leak"] = {
        "refused": not report.ok,
        "removed": not path.exists(),
        "findings": [
            {
                "rule": one.rule.value,
                "zone": one.zone,
                "label": one.label,
                "path": [str(step) for step in one.path],
                "places": [str(step.where) for step in one.path],
            }
            for one in found
        ],
    }
    if not stage.facts["leak"]["refused"]:
        stage.tell("The leak was NOT refused: this is a defect in Lockgate.", "bold red")


@contextmanager
def _written(folder: Path) -> Iterator[Path]:
    """The pipeline that leaks, as a file of the project for as long as the block lasts."""
    path = folder / "pipelines" / f"{LEAK}.yaml"
    path.write_bytes((files("lockgate.cli.demo") / "leak.yaml").read_bytes())
    try:
        yield path
    finally:
        path.unlink()


def _from_here(finding: Finding, folder: Path) -> Finding:
    """The finding with places as somebody in the project's folder sees them."""

    def near(where: Position | None) -> Position | None:
        if where is None or not Path(where.file).is_relative_to(folder):
            return where
        return replace(where, file=str(Path(where.file).relative_to(folder)))

    path = tuple(replace(step, where=near(step.where)) for step in finding.path)
    return replace(finding, where=near(finding.where), path=path)
