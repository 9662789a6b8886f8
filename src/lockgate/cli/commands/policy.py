"""``lockgate policy``: what a change of policy or labels shows to whom, and who answers for it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand, LockgateGroup
from lockgate.errors import ExitCode


@click.group("policy", cls=LockgateGroup, short_help="Compare policies, and answer for one.")
def command() -> None:
    """What zones show of labelled columns, and how a change would alter that."""


@command.command(
    "diff",
    cls=LockgateCommand,
    short_help="Which columns become more visible where.",
    examples=(
        "lockgate policy diff ../main .",
        "lockgate policy diff ../main . --fail-on-expansion",
    ),
)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--fail-on-expansion", is_flag=True, help="End with exit code 4 if anything may show more."
)
@click.pass_obj
def diff(face: Face, old: Path, new: Path, fail_on_expansion: bool) -> int:
    """Compare the project in OLD with the one in NEW (folders, or their lockgate.yaml).

    Every column of every contract is looked at in every zone: what it became before, and
    what it becomes after. A change of labels counts like one of rules. "more" and "other"
    are expansions: of another treatment nobody can say that it shows no more.
    """
    from lockgate.assemble.project_file import load_project
    from lockgate.cli.screen import cell, fill, make_table, plural
    from lockgate.policy.diff import difference

    before, after = load_project(old), load_project(new)
    found = difference((before.policy, before.contracts), (after.policy, after.contracts))
    expansions = sum(one.expansion for one in found)
    if face.as_json:
        face.emit({"expansions": expansions, "differences": [asdict(one) for one in found]})
    elif found:
        table = make_table("shows", "contract", "column", "zone", "before", "after", "labels")
        styles = {"more": "bold red", "other": "yellow", "less": "green"}
        rows = (
            (
                cell(one.change.value, styles[one.change.value]),
                one.contract,
                one.column,
                one.zone,
                one.before,
                one.after,
                _labels(one.labels_before, one.labels_after),
            )
            for one in found
        )
        face.out.print(fill(table, rows))
    if not face.as_json and not face.quiet:
        verdict = f"{plural(expansions, 'expansion')} in {plural(len(found), 'difference')}."
        face.out.print(cell(verdict, "bold red" if expansions else "bold green"))
    return int(ExitCode.REFUSED) if expansions and fail_on_expansion else 0


@command.command(
    "approve",
    cls=LockgateCommand,
    short_help="Let runs be held against the policy as it is now.",
    examples=("lockgate policy approve --reason 'zone partner for the study of May'",),
)
@click.option("--reason", required=True, metavar="TEXT", help="Why; in the ledger.")
@click.pass_obj
def approve(face: Face, reason: str) -> None:
    """Answer for what zones show now, where two persons decide on expand-policy.

    A run is refused while a zone shows more of any column than when this was done last. The
    other person's word comes first: without it the error says the line that asks for it.
    """
    with face.workspace() as workspace:
        kept = workspace.grants.approve_policy(reason=reason)
    face.tell(
        {"approved": kept.id, "by": kept.approved_by, "at": kept.at.isoformat()},
        f"Runs are held against this policy from now on ({kept.id[:16]}).",
    )


def _labels(before: str, after: str) -> str:
    return after if before == after or not before else f"{before} -> {after or 'none'}"
