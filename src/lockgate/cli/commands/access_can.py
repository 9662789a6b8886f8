"""``lockgate access can``: all that one principal may."""

from __future__ import annotations

from typing import Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError


@click.command(
    "can",
    cls=LockgateCommand,
    short_help="All that one principal may.",
    examples=(
        "lockgate access can user:anna",
        "lockgate access can corp/7f2c --group corp/data-stewards",
        "lockgate access can service:nightly --json",
    ),
)
@click.argument("principal")
@click.option("--group", "groups", multiple=True, help="A group its token names; repeatable.")
@click.option("--purpose", help="What for; without it, answers may depend on it.")
@click.option("--at", help="When: a time with its zone; grants are looked at as of then.")
@click.pass_obj
def command(
    face: Face, principal: str, groups: tuple[str, ...], purpose: str | None, at: str | None
) -> None:
    """All that PRINCIPAL may: user:NAME, service:NAME, PROVIDER/SUBJECT or group:PROVIDER/NAME.

    Groups of a provider are known when somebody logs in; say them with --group.
    """
    from lockgate.assemble.access_abilities import abilities
    from lockgate.cli.access_asking import answer_cell, as_document, asking, moment
    from lockgate.cli.screen import cell, make_table

    if not {":", "/"} & set(principal):
        raise UsageError(
            "that names no principal",
            hint="write user:NAME, service:NAME, PROVIDER/SUBJECT or group:PROVIDER/GROUP",
        )
    with asking(face) as (questions, now):
        found = abilities(questions, principal, groups, purpose, moment(at), now)
    if face.as_json:
        documents = [
            {
                "action": one.action,
                "kind": one.kind,
                "names": list(one.names),
                "every": one.every,
                **as_document(one.forecast),
                "by": list(one.by),
            }
            for one in found
        ]
        face.emit({"principal": principal, "can": documents})
        return
    if not found:
        face.say("Nothing: it holds no role that is permitted anything now.")
        return
    table = make_table(("action", "whole"), "on", "answer", "by")
    lines: dict[tuple[Any, ...], list[str]] = {}
    for one in found:
        names = one.kind if one.every else f"{one.kind} {', '.join(one.names)}"
        lines.setdefault((one.action, one.forecast, one.by, one.every), []).append(names)
    for (action, forecast, by, every), kinds in lines.items():
        on = ("every " if every else "") + ", ".join(kinds)
        table.add_row(cell(action), cell(on), answer_cell(forecast), cell(", ".join(by)))
    face.out.print(table)
