"""``lockgate check``: the proof, before a byte is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from lockgate.assemble.workspace import CheckReport
    from lockgate.flow.explain import PlanRow
    from lockgate.flow.findings import Finding
    from lockgate.plan.checked_plan import CheckedPlan, PlannedSink

SHOWN_SINKS = 4


@click.command(
    "check",
    cls=LockgateCommand,
    short_help="Prove that no column reaches a zone unprotected.",
    examples=(
        "lockgate check",
        "lockgate check nightly --why",
        "lockgate check --fix",
        "lockgate check --probe --seed 7",
        "lockgate check --sarif > lockgate.sarif",
    ),
)
@click.argument("pipelines", nargs=-1)
@click.option("--why", is_flag=True, help="Show for every column and sink the rule that decided.")
@click.option("--fix", is_flag=True, help="List every unlabelled column once, with a proposal.")
@click.option("--probe", is_flag=True, help="Run steps on made-up rows, to refute the proof.")
@click.option("--seed", type=int, default=1, show_default=True, help="What the made-up rows are.")
@click.option("--sarif", is_flag=True, help="Findings as SARIF 2.1.0, for code hosts.")
@click.pass_obj
def command(
    face: Face,
    pipelines: tuple[str, ...],
    why: bool,
    fix: bool,
    probe: bool,
    seed: int,
    sarif: bool,
) -> int:
    """Check PIPELINES, or all of the project.

    No data is read: labels travel from every source column to every sink, and a
    pipeline is refused if one could arrive where its zone does not allow it. Each
    finding says column, label, zone, rule and the shortest fix. Ends with exit
    code 4 if anything was refused. With --probe the steps also run on made-up rows
    that differ in one column: an output that changes although the plan does not name
    that column is a finding.
    """
    with face.workspace() as workspace:
        report = workspace.check(pipelines, probe_seed=seed if probe else None)
    code = 0 if report.ok else int(ExitCode.REFUSED)
    if sarif:
        from lockgate.cli.failure import version
        from lockgate.cli.places import near
        from lockgate.flow.sarif import as_sarif

        face.emit(as_sarif(report.findings, version(), near))
    elif face.as_json:
        face.emit(as_document(report))
    elif fix:
        show_unlabelled(face, report)
    else:
        for finding in report.findings:
            show_finding(face, finding)
        if not face.quiet:
            for name, plan in report.plans.items():
                show_plan(face, name, plan, why)
            show_verdict(face, report)
    return code


def as_document(report: CheckReport) -> dict[str, Any]:
    """Findings and plans as plain JSON."""
    from dataclasses import asdict

    from lockgate.flow.explain import explain

    return {
        "ok": report.ok,
        "findings": [asdict(finding) for finding in report.findings],
        "plans": {
            name: {
                "digest": plan.digest,
                "purpose": plan.purpose,
                "columns": [asdict(row) for row in explain(plan)],
                "warnings": list(plan.warnings),
            }
            for name, plan in report.plans.items()
        },
    }


def show_finding(face: Face, finding: Finding) -> None:
    """One finding: where, rule, what, and how to mend it."""
    from rich.padding import Padding
    from rich.text import Text

    from lockgate.cli.places import near_position
    from lockgate.cli.screen import cell

    error = finding.severity.value == "error"
    head = Text.assemble(
        cell(finding.severity.value, "bold red" if error else "yellow"),
        "  ",
        cell(finding.rule.value, "bold"),
        "  ",
        cell(near_position(finding.where), "cyan"),
    )
    face.out.print(head)
    about = [("pipeline", finding.pipeline), ("step", finding.step), ("sink", finding.sink)]
    about += [("zone", finding.zone), ("column", finding.column), ("label", finding.label)]
    named = ", ".join(f"{word} {name}" for word, name in about if name)
    for text in (*([cell(named, "dim")] if named else []), cell(finding.message)):
        face.out.print(Padding(text, (0, 0, 0, 2), expand=False))
    for number, step in enumerate(finding.path):
        arrow = "from" if not number else "decides" if finding.path[number - 1].decides else "to"
        at = near_position(step.where)
        face.out.print(
            Text.assemble(cell(f"  {arrow:>7}  ", "dim"), cell(f"{step}  "), cell(at, "cyan"))
        )
    if finding.fix:
        fix = Text.assemble(cell("fix  ", "green"), cell(finding.fix))
        face.out.print(Padding(fix, (0, 0, 0, 2), expand=False))
    face.out.print()


def show_unlabelled(face: Face, report: CheckReport) -> None:
    """Each unlabelled column once, with the line that would label it."""
    from lockgate.cli.places import near_position
    from lockgate.cli.screen import cell, fill, make_table

    seen: dict[tuple[str, str], tuple[str, str, str]] = {}
    for finding in report.findings:
        if finding.rule.value == "unlabelled-column":
            where = near_position(finding.where) or finding.pipeline
            seen.setdefault((where, finding.column), (where, finding.column, finding.fix))
    if not seen:
        face.out.print(cell("Every column has a label.", "green"))
        return
    face.out.print(fill(make_table("where", "column", "put there"), seen.values()))


def show_plan(face: Face, name: str, plan: CheckedPlan, why: bool) -> None:
    """What each sink gets: a matrix of columns and sinks, or, with ``why``, every rule.

    Sinks that read different steps have a matrix each: columns of one name may be different ones.
    """
    from lockgate.cli.screen import cell
    from lockgate.flow.explain import explain

    groups: dict[str, list[PlannedSink]] = {}
    for sink in plan.sinks:
        groups.setdefault(sink.of, []).append(sink)
    face.out.print(cell(name, "bold"))
    rows = explain(plan)
    for of, sinks in groups.items():
        if len(groups) > 1:
            face.out.print(cell(f"of {of}", "dim"))
        of_these = [row for row in rows if row.sink in {sink.name for sink in sinks}]
        face.out.print(_every_rule(of_these) if why else _matrix(of_these, sinks))


def _every_rule(rows: Sequence[PlanRow]) -> Table:
    from lockgate.cli.screen import fill, make_table

    table = make_table("sink", "column", "label", "treatment", "domain", "because")
    return fill(table, ((r.sink, r.source, r.labels, r.treatment, r.domain, r.why) for r in rows))


def _matrix(rows: Sequence[PlanRow], sinks: Sequence[PlannedSink]) -> Table:
    from lockgate.cli.screen import cell, make_table, treatment_cell

    if len(sinks) > SHOWN_SINKS:
        return _every_rule(rows)
    heads = {
        sink.name: sink.name if sink.name == sink.zone else f"{sink.name} ({sink.zone})"
        for sink in sinks
    }
    table = make_table("column", "label", *heads.values())
    for source in dict.fromkeys(row.source for row in rows):
        of = {row.sink: row for row in rows if row.source == source}
        labels = next(iter(of.values())).labels
        table.add_row(
            cell(source),
            cell(labels),
            *(treatment_cell(of[s].treatment if s in of else "") for s in heads),
        )
    return table


def show_verdict(face: Face, report: CheckReport) -> None:
    """The last line: proven, or refused."""
    from lockgate.cli.screen import cell, plural

    errors = [finding for finding in report.findings if finding.severity.value == "error"]
    refused = {finding.pipeline for finding in errors if finding.pipeline}
    if report.ok:
        proven = plural(len(report.plans), "pipeline")
        face.out.print(cell(f"{proven} proven: no label reaches a zone unprotected.", "bold green"))
        return
    said = [f"{plural(len(refused), 'pipeline')} refused."] if refused else []
    in_files = sum(not finding.pipeline for finding in errors)
    said += [f"{plural(in_files, 'finding')} in the project's files."] if in_files else []
    face.out.print(cell(" ".join(said), "bold red"))
