"""``lockgate access review`` and ``verify``: a look at who may, and whether that is genuine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import ExitCode

if TYPE_CHECKING:
    from lockgate.run.access_review import AccessReview


@click.command(
    "review",
    cls=LockgateCommand,
    short_help="What somebody should look at.",
    examples=("lockgate access review", "lockgate access review --json"),
)
@click.pass_obj
def review(face: Face) -> None:
    """Show what a reviewer looks at.

    Roles unused for 90 days, grants that end within 14 days, who administers, roles that exclude
    each other, break-glass that nobody reviewed, open requests, and where the state is not what
    the ledger says.

    Unused means: of no use in any decision that the ledger has. Reads the whole ledger.
    """
    with face.workspace() as workspace:
        found = workspace.grants.review()
    if face.as_json:
        _emit(face, found)
    else:
        _show(face, found)


@click.command(
    "verify",
    cls=LockgateCommand,
    short_help="Compare grants with the ledger.",
    examples=("lockgate access verify", "lockgate access verify --json"),
)
@click.pass_obj
def verify(face: Face) -> int:
    """Check every grant, request and break-glass: its seal, and what the ledger says of it.

    Finds rows that were edited, put back from earlier, removed, or that nobody recorded. Ends
    with exit code 8 if there is one. `lockgate ledger verify` checks the ledger itself.
    """
    from lockgate.cli.screen import cell

    with face.workspace() as workspace:
        found = workspace.grants.verify()
    if face.as_json:
        face.emit({"ok": not found, "differences": list(found)})
    elif found:
        for one in found:
            face.out.print(cell(one, "bold red"))
    else:
        face.say("Who may is what the ledger says.", "bold green")
    return int(ExitCode.INTEGRITY) if found else 0


def _emit(face: Face, found: AccessReview) -> None:
    from lockgate.cli.commands.access_break_glass import glass_document
    from lockgate.cli.commands.access_grants import grant_document
    from lockgate.cli.commands.access_requests import request_document

    face.emit(
        {
            "unused": [grant_document(one) for one in found.unused],
            "expiring": [grant_document(one) for one in found.expiring],
            "admins": [grant_document(one) for one in found.admins],
            "toxic": [{"to": to, "roles": [one, two]} for to, one, two in found.toxic],
            "unreviewed": [
                {**glass_document(row), "decisions": count}
                for row, count in zip(found.unreviewed, found.used, strict=True)
            ],
            "requests": [request_document(one) for one in found.requests],
            "differences": list(found.differences),
        }
    )


def _show(face: Face, found: AccessReview) -> None:
    from lockgate.cli.commands.access_grants import show_grants
    from lockgate.cli.commands.access_requests import show_requests
    from lockgate.cli.screen import cell, fill, make_table

    for title, grants in (
        ("Administrators", found.admins),
        ("Not used in 90 days", found.unused),
        ("Ends within 14 days", found.expiring),
    ):
        if grants:
            show_grants(face, grants, title)
    for to, one, two in found.toxic:
        face.out.print(cell(f"{to} holds {one} and {two}: neither counts", "bold red"))
    if found.unreviewed:
        table = make_table(
            "who",
            "role",
            "reason",
            ("from (UTC)", "whole"),
            ("decisions", "right"),
            ("id", "whole"),
            title="Break-glass that nobody reviewed",
        )
        rows = (
            (row.principal, row.role, row.reason, f"{row.at:%Y-%m-%d %H:%M}", count, row.id)
            for row, count in zip(found.unreviewed, found.used, strict=True)
        )
        face.out.print(fill(table, rows))
    if found.requests:
        show_requests(face, found.requests, "Open requests")
    for one in found.differences:
        face.out.print(cell(f"differs from the ledger: {one}", "bold red"))
    if not any((found.admins, found.unused, found.expiring, found.toxic, found.unreviewed)):
        face.say("Nothing is granted that somebody should look at.")
