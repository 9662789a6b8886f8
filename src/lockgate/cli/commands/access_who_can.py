"""``lockgate access who-can``: who may do one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand

if TYPE_CHECKING:
    from lockgate.assemble.access_questions import Holder


@click.command(
    "who-can",
    cls=LockgateCommand,
    short_help="Who may do one thing, and by what.",
    examples=(
        "lockgate access who-can reveal pii.ssn",
        'lockgate access who-can reveal pii.ssn --purpose "fraud: case 7"',
        "lockgate access who-can publish analytics --dataset patients --label phi.diagnosis",
        "lockgate access who-can run pipeline:nightly --at 2030-06-03T22:00+00:00",
    ),
)
@click.argument("action")
@click.argument("resource")
@click.option("--purpose", help="What for; without it, answers may depend on it.")
@click.option("--at", help="When: a time with its zone; grants are looked at as of then.")
@click.option("--dataset", default="", help="Of which dataset.")
@click.option("--zone", default="", help="In which zone.")
@click.option("--label", "labels", multiple=True, help="With which labels; repeatable.")
@click.pass_obj
def command(
    face: Face,
    action: str,
    resource: str,
    purpose: str | None,
    at: str | None,
    dataset: str,
    zone: str,
    labels: tuple[str, ...],
) -> None:
    """Who may do ACTION to RESOURCE: label:pii.ssn, zone:analytics, pipeline:nightly, ledger.

    KIND: may be left out where the action has one kind of resource. Shown are principals
    with a grant or an open break-glass, groups of identity providers, and outside
    production the folder's owner. "depends" says on what; who may not is not shown.
    """
    from lockgate.access.resource_text import action_from_text, resource_from_text
    from lockgate.assemble.access_questions import Question
    from lockgate.cli.access_asking import answer_cell, asking, moment, warn_of_unknown
    from lockgate.cli.screen import cell, make_table

    wanted = action_from_text(action)
    what = resource_from_text(resource, wanted, dataset=dataset, zone=zone, labels=labels)
    question = Question(wanted, what, purpose, moment(at))
    with asking(face) as (questions, now):
        found = questions.who_can(question, now)
        warn_of_unknown(face, questions, what)
    if face.as_json:
        face.emit(
            {"action": action, "resource": resource, "holders": [_document(h) for h in found]}
        )
        return
    if not found:
        face.say(f"Nobody may {wanted.value} {what} now.")
        return
    table = make_table("who", ("answer", "whole"), "roles", "by", ("until", "whole"))
    for one in found:
        table.add_row(
            cell(one.who + (" (break-glass)" if one.break_glass else "")),
            answer_cell(one.forecast),
            cell(", ".join(one.roles)),
            cell(", ".join(one.by)),
            cell(f"{one.until:%Y-%m-%d %H:%M}Z" if one.until else ""),
        )
    face.out.print(table)


def _document(one: Holder) -> dict[str, Any]:
    from lockgate.cli.access_asking import as_document

    return {
        "who": one.who,
        **as_document(one.forecast),
        "roles": list(one.roles),
        "by": list(one.by),
        "until": one.until.isoformat() if one.until else None,
        "break_glass": one.break_glass,
    }
