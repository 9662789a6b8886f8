"""``lockgate access roles``: what each role is for and may."""

from __future__ import annotations

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand


@click.command(
    "roles",
    cls=LockgateCommand,
    short_help="What each role may, in words.",
    examples=("lockgate access roles", "lockgate access roles --json"),
)
@click.pass_obj
def command(face: Face) -> None:
    """List every role: what it is for, what it extends, who holds it by group, what it may.

    An action in brackets depends on something: a purpose, a time, an approval, or on
    what it is done to.
    """
    from lockgate.assemble.access_summary import summaries
    from lockgate.cli.access_asking import asking

    with asking(face) as (questions, _):
        found = summaries(questions)
    if face.as_json:
        from dataclasses import asdict

        face.emit({"roles": [asdict(one) for one in found]})
        return
    from rich.padding import Padding

    from lockgate.cli.screen import cell

    for role in found:
        face.out.print(cell(role.name, "bold") + cell(f"  {role.description}"))
        said = [("extends", role.extends), ("groups", role.groups)]
        said += [("not with", role.not_with)]
        lines = [f"{word} {', '.join(names)}" for word, names in said if names]
        may = [*role.may, *(f"[{name}]" for name in role.depends)]
        lines.append(f"may {', '.join(may)}" if may else "may nothing yet")
        for line in lines:
            face.out.print(Padding(cell(line), (0, 0, 0, 4), expand=False))
    if any(role.depends for role in found):
        face.say("[in brackets]: depends on a purpose, a time, an approval, or what it is done to.")
