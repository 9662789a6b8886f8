"""``lockgate access break-glass``: a role for an emergency, and its review."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.durations import DURATION
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand, LockgateGroup
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.access.grant_rows import BreakGlass


class _Glass(LockgateGroup):
    """``break-glass --role …`` opens; ``close`` and ``review`` follow."""

    examples = (
        "lockgate access break-glass --role privacy_officer --reason 'patient in danger'",
        "lockgate access break-glass close b0123456789ab --reason 'done'",
        "lockgate access break-glass review b0123456789ab --reason 'looked at all three'",
    )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they would be typed."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


@click.group(
    "break-glass",
    cls=_Glass,
    invoke_without_command=True,
    short_help="Take a role for an hour; reviewed afterwards.",
)
@click.option("--role", metavar="ROLE", help="The role that is needed.")
@click.option("--reason", metavar="TEXT", help="Why; in the ledger, and for who reviews.")
@click.option("--for", "lasts", type=DURATION, help="At most, and by default, 60m.")
@click.pass_context
def command(
    ctx: click.Context, role: str | None, reason: str | None, lasts: timedelta | None
) -> None:
    """Take a ROLE that you do not hold, for an hour at most, in an emergency.

    The access policies say who may, just logged in. It is recorded apart and told at once; what is
    done under it carries its id in the ledger, and another person reviews it.
    """
    if ctx.invoked_subcommand is not None:
        if role or reason or lasts:
            raise UsageError("--role, --reason and --for go without a further command")
        return
    if not role or not reason:
        raise UsageError("give --role ROLE and --reason TEXT")
    face = ctx.ensure_object(Face)
    with face.workspace() as workspace:
        opened = workspace.grants.break_glass(role, reason=reason, lasts=lasts)
    _loud(face, opened)
    if face.as_json:
        face.emit({"opened": glass_document(opened)})


@command.command(
    "close",
    cls=LockgateCommand,
    short_help="End it before its time.",
    examples=("lockgate access break-glass close b0123456789ab --reason 'done'",),
)
@click.argument("glass_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="What was done; in the ledger.")
@click.pass_obj
def close(face: Face, glass_id: str, reason: str) -> None:
    """End the break-glass ID: your own, or anybody's as an administrator."""
    with face.workspace() as workspace:
        row = workspace.grants.close_break_glass(glass_id, reason=reason)
    if face.as_json:
        face.emit({"closed": glass_document(row)})
        return
    face.say(f"{row.principal} no longer holds {row.role}. Another person reviews it:")
    face.say(f"  lockgate access break-glass review {row.id} --reason '…'{face.project_words}")


@command.command(
    "review",
    cls=LockgateCommand,
    short_help="Say that you looked at what was done.",
    examples=("lockgate access break-glass review b0123456789ab --reason 'three reveals, fine'",),
)
@click.argument("glass_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="What you found; in the ledger.")
@click.pass_obj
def review(face: Face, glass_id: str, reason: str) -> None:
    """Record that another person looked at what was done under the break-glass ID."""
    with face.workspace() as workspace:
        row = workspace.grants.review_break_glass(glass_id, reason=reason)
    face.tell({"reviewed": glass_document(row)}, f"Reviewed: {row.role} of {row.principal}.")


def glass_document(row: BreakGlass) -> dict[str, Any]:
    """A break-glass as JSON."""
    return {
        "id": row.id,
        "principal": row.principal,
        "role": row.role,
        "reason": row.reason,
        "at": row.at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "closed_by": row.closed_by,
        "reviewed_at": row.reviewed_at.isoformat() if row.reviewed_at else None,
        "reviewed_by": row.reviewed_by,
    }


def _loud(face: Face, row: BreakGlass) -> None:
    """On standard error, whatever was asked to be quiet."""
    from lockgate.cli.screen import cell

    until = f"{row.expires_at:%H:%M} UTC"
    face.err.print(cell(f"BREAK-GLASS {row.id}: you hold {row.role} until {until}.", "bold red"))
    face.err.print(cell("It is recorded, and another person will review what you do."))
    face.err.print(cell(f"End it sooner: lockgate access break-glass close {row.id} --reason '…'"))
