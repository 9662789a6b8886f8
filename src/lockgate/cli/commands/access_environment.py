"""``lockgate access environment``: the way out of production."""

from __future__ import annotations

import click

from lockgate.access.settings import PRODUCTION
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand


@click.command(
    "environment",
    cls=LockgateCommand,
    short_help="Let the project leave production.",
    examples=(
        "lockgate access environment development --reason 'system retired, ticket 7'",
        "lockgate access environment production --reason 'the ticket was not ours'",
    ),
)
@click.argument("environment", metavar="NAME")
@click.option("--reason", required=True, metavar="TEXT", help="Why; in the ledger.")
@click.pass_obj
def command(face: Face, environment: str, reason: str) -> None:
    """Let lockgate.yaml say `environment: NAME` instead of production, for a day.

    A project that was opened in production refuses every other environment until this was done.
    The other person's word comes first: without it the error says the line that asks for it.
    Change the file afterwards; the next opening leaves production. Entering needs no command.
    With NAME production, whoever may approve takes such a permission back, alone.
    """
    if environment == PRODUCTION:
        with face.workspace() as workspace:
            workspace.grants.stay_in_production(reason=reason)
        face.tell({"environment": PRODUCTION, "leaving_for": ""}, "It stays in production.")
        return
    with face.workspace() as workspace:
        kept = workspace.grants.leave_production(environment, reason=reason)
    if face.as_json:
        until = kept.until.isoformat() if kept.until else None
        face.emit({"environment": kept.environment, "leaving_for": environment, "until": until})
        return
    until = f"{kept.until:%Y-%m-%d %H:%M} UTC"
    face.say(f"lockgate.yaml may say `environment: {environment}` until {until}.")
    face.say("Change it there: the next opening leaves production, and records that.")
