"""``lockgate access request``, ``requests``, ``approve``, ``refuse``, ``withdraw``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.access.action import Action
    from lockgate.access.grant_rows import Approval
    from lockgate.access.resource import Resource

WORD = click.option("--reason", default="", metavar="TEXT", help="Why; in the ledger.")
_EXACT = {
    "destroy-key": "keys destroy",
    "shred": "keys shred",
    "resurrect-keys": "keys import --unsafe-resurrect",
}
_ID = click.argument("approval_id", metavar="ID")


@click.command(
    "request",
    cls=LockgateCommand,
    short_help="Ask for a second person's word.",
    examples=(
        "lockgate access request export-keys key-domain:all --purpose backup --reason yearly",
    ),
)
@click.argument("action")
@click.argument("resource")
@click.option("--purpose", required=True, metavar="TEXT", help="The very purpose of the act.")
@click.option("--reason", required=True, metavar="TEXT", help="For who decides; in the ledger.")
@click.pass_obj
def request(face: Face, action: str, resource: str, purpose: str, reason: str) -> None:
    """Ask another person to approve ACTION on RESOURCE, for exactly that purpose.

    RESOURCE is KIND:NAME, with ;dataset=… ;label=… ;zone=… ;detail=… where they matter: a command
    that was refused for want of an approval says the whole line. The approval stands for one use
    within a day, by who asked, under the policies as they are.
    """
    wanted = _action(action)
    about = _resource(wanted, resource)
    if wanted.value in _EXACT and not about.detail:
        raise UsageError(
            f"{wanted.value} is approved for exactly what it does: {resource};detail=…",
            hint=f"the command itself, `lockgate {_EXACT[wanted.value]}`, says the whole line",
        )
    with face.workspace() as workspace:
        made = workspace.grants.ask(wanted, about, purpose=purpose, reason=reason)
    if face.as_json:
        face.emit({"requested": request_document(made)})
        return
    face.say(f"Asked, until {made.expires_at:%Y-%m-%d %H:%M} UTC. Another person decides:")
    face.say(f"  lockgate access approve {made.id}{face.project_words}")


@click.command(
    "requests",
    cls=LockgateCommand,
    short_help="List what was asked for.",
    examples=("lockgate access requests", "lockgate access requests --all --json"),
)
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@click.pass_obj
def requests(face: Face, everything: bool) -> None:
    """List requests that somebody may decide on, or use. Unreviewed break-glass: access review.

    Who may not read all that is said about access sees their own, and what they may approve.
    """
    with face.workspace() as workspace:
        found = workspace.grants.requests(everything=everything)
    if found and not face.as_json:
        show_requests(face, found)
    else:
        face.tell({"requests": [request_document(one) for one in found]}, "No request waits.")


@click.command(
    "approve",
    cls=LockgateCommand,
    short_help="Approve a request of another.",
    examples=(
        "lockgate access approve a0123456789ab --reason 'agreed with legal'",
        "lockgate access approve a0123456789ab --yes --json",
    ),
)
@_ID
@WORD
@click.option("--yes", is_flag=True, help="Do not ask: it was read.")
@click.pass_obj
def approve(face: Face, approval_id: str, reason: str, yes: bool) -> None:
    """Approve the request ID, as another person in another session than who asked.

    It is shown first: who asks for what, for which purpose and reason. Without a terminal --yes
    says that it was read, for instance by `lockgate access requests`.
    """
    with face.workspace() as workspace:
        _read(face, workspace.grants.requested(approval_id), yes)
        row = workspace.grants.approve(approval_id, reason=reason)
    _told(face, row, f"Approved: {row.requester} may {row.action} {row.resource} once.")


@click.command(
    "refuse",
    cls=LockgateCommand,
    short_help="Refuse a request, approved or not.",
    examples=("lockgate access refuse a0123456789ab --reason 'still needed'",),
)
@_ID
@WORD
@click.pass_obj
def refuse(face: Face, approval_id: str, reason: str) -> None:
    """Refuse the request ID, or end the approval that it has, as long as that serves."""
    with face.workspace() as workspace:
        row = workspace.grants.refuse(approval_id, reason=reason)
    _told(face, row, f"Refused: {row.requester} may not {row.action} {row.resource}.")


@click.command(
    "withdraw",
    cls=LockgateCommand,
    short_help="Take a request of yours back.",
    examples=("lockgate access withdraw a0123456789ab",),
)
@_ID
@click.pass_obj
def withdraw(face: Face, approval_id: str) -> None:
    """Take the request ID back, approved or not."""
    with face.workspace() as workspace:
        row = workspace.grants.withdraw(approval_id)
    _told(face, row, f"Withdrawn: {row.action} {row.resource}.")


def _read(face: Face, row: Approval, yes: bool) -> None:
    """Show what is decided on, and have somebody say yes. Raises UsageError if nobody is there."""
    from lockgate.printable import printable

    if not (face.as_json or (yes and face.quiet)):
        until = f"{row.expires_at:%Y-%m-%d %H:%M} UTC"
        told = {"asked by": row.requester, "action": row.action, "resource": row.resource}
        told |= {"purpose": row.purpose, "reason": row.reason, "until": until}
        for name, value in told.items():
            face.err.print(f"{name:>9}  {printable(value)}", soft_wrap=True)
    if yes or row.state.value != "requested":  # who decides too late is told so
        return
    if not face.interactive:
        raise UsageError(
            "nobody is there to confirm what is approved",
            hint="read it, here or by `lockgate access requests`; then add --yes",
        )
    click.confirm("Approve exactly this?", abort=True, err=True)


def show_requests(face: Face, found: tuple[Approval, ...], title: str = "") -> None:
    """A table of requests."""
    from lockgate.cli.screen import fill, make_table

    table = make_table(
        "action",
        "resource",
        "purpose",
        "asked by",
        "reason",
        "state",
        ("until (UTC)", "whole"),
        ("id", "whole"),
        title=title,
    )
    rows = (
        (
            r.action,
            r.resource,
            r.purpose,
            r.requester,
            r.reason,
            r.state.value,
            f"{r.expires_at:%Y-%m-%d %H:%M}",
            r.id,
        )
        for r in found
    )
    face.out.print(fill(table, rows))


def request_document(row: Approval) -> dict[str, Any]:
    """A request as JSON."""
    return {
        "id": row.id,
        "action": row.action,
        "resource": row.resource,
        "purpose": row.purpose,
        "reason": row.reason,
        "requester": row.requester,
        "state": row.state.value,
        "at": row.at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "approver": row.approver,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "used_at": row.used_at.isoformat() if row.used_at else None,
    }


def _told(face: Face, row: Approval, words: str) -> None:
    face.tell({row.state.value: request_document(row)}, words)


def _resource(action: Action, text: str) -> Resource:
    """The resource; for a name alone, the error says how it is written."""
    from lockgate.access.applies import APPLIES
    from lockgate.access.request_digest import parse_resource

    if ":" in text:
        return parse_resource(text)
    forms = " or ".join(f"{kind.value}:{text}" for kind in sorted(APPLIES[action]))
    raise UsageError("a resource is KIND:NAME", hint=f"write {forms}")


def _action(word: str) -> Action:
    from lockgate.access.action import TWO_PERSON, Action

    try:
        return Action(word)
    except ValueError:
        known = ", ".join(sorted(TWO_PERSON))
        raise UsageError("no such action", hint=f"two persons may be asked for: {known}") from None
