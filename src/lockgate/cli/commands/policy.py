"""``lockgate policy``: what a change of policy or labels shows to whom, and who answers for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand, LockgateGroup
from lockgate.errors import ExitCode

if TYPE_CHECKING:
    from lockgate.policy.diff import Difference
    from lockgate.policy.reveal_diff import RevealDifference


@click.group("policy", cls=LockgateGroup, short_help="Compare policies, and answer for one.")
def command() -> None:
    """What zones show of labelled columns, and how a change would alter that."""


@command.command(
    "diff",
    cls=LockgateCommand,
    short_help="Which columns become more visible where, and what more is revealed.",
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

    Then what `reveal:` lets through of every label, and of columns and key domains whose
    labels changed:
    for which purposes, how many values at once and within a day. "other" is a label that is
    counted apart from those that it was counted with, and may be had as often as before.
    """
    from lockgate.assemble.domains import domain_labels
    from lockgate.assemble.project_file import load_project
    from lockgate.cli.screen import cell, plural
    from lockgate.policy.diff import difference
    from lockgate.policy.reveal_diff import reveal_differences, reveal_sight

    before, after = load_project(old), load_project(new)
    shown = difference((before.policy, before.contracts), (after.policy, after.contracts))
    revealed = reveal_differences(
        reveal_sight(before.reveal_rules, before.contracts, domain_labels(before)),
        reveal_sight(after.reveal_rules, after.contracts, domain_labels(after)),
    )
    expansions = sum(one.expansion for one in shown) + sum(one.expansion for one in revealed)
    if face.as_json:
        lines = {"differences": [asdict(one) for one in shown]}
        lines |= {"reveals": [asdict(one) for one in revealed]}
        face.emit({"expansions": expansions, **lines})
    else:
        _tell_shown(face, shown)
        _tell_revealed(face, revealed)
    if not face.as_json and not face.quiet:
        found = plural(len(shown) + len(revealed), "difference")
        verdict = f"{plural(expansions, 'expansion')} in {found}."
        face.out.print(cell(verdict, "bold red" if expansions else "bold green"))
    return int(ExitCode.REFUSED) if expansions and fail_on_expansion else 0


@command.command(
    "approve",
    cls=LockgateCommand,
    short_help="Let runs and reveals be held against the policy as it is now.",
    examples=("lockgate policy approve --reason 'zone partner for the study of May'",),
)
@click.option("--reason", required=True, metavar="TEXT", help="Why; in the ledger.")
@click.pass_obj
def approve(face: Face, reason: str) -> None:
    """Answer for what is shown and turned back now, where two persons decide on expand-policy.

    A run is refused while a zone shows more of any column than when this was done last, and
    a reveal while `reveal:` lets more through of any label. The
    other person's word comes first: without it the error says the line that asks for it.
    """
    with face.workspace() as workspace:
        kept = workspace.grants.approve_policy(reason=reason)
    face.tell(
        {"approved": kept.id, "by": kept.approved_by, "at": kept.at.isoformat()},
        f"Runs and reveals are held against this policy from now on ({kept.id[:16]}).",
    )


_STYLES = {"more": "bold red", "other": "yellow", "less": "green"}


def _tell_shown(face: Face, found: Sequence[Difference]) -> None:
    from lockgate.cli.screen import cell, fill, make_table

    if found:
        table = make_table("shows", "contract", "column", "zone", "before", "after", "labels")
        rows = (
            (
                cell(one.change.value, _STYLES[one.change.value]),
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


def _tell_revealed(face: Face, found: Sequence[RevealDifference]) -> None:
    from lockgate.cli.screen import cell, fill, make_table

    if found:
        table = make_table("reveals", "label, column or key domain", "before", "after")
        rows = (
            (
                cell(one.change.value, _STYLES[one.change.value]),
                one.what,
                one.before,
                one.after,
            )
            for one in found
        )
        face.out.print(fill(table, rows))


def _labels(before: str, after: str) -> str:
    return after if before == after or not before else f"{before} -> {after or 'none'}"
