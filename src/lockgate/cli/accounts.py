"""Accounts as commands show them: people with a password, and jobs with keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lockgate.assemble.local_accounts import AccountReport
    from lockgate.cli.face import Face

PURPOSE = click.option(
    "--purpose",
    default="access administration",
    show_default=True,
    metavar="TEXT",
    help="Why; stands in the ledger.",
)


def disabled(face: Face, principal: str, purpose: str) -> None:
    """Disable an account, and say so."""
    with face.workspace() as workspace:
        ended = workspace.accounts.disable(principal, purpose)
    tell_ended(face, "disabled", principal, ended)


def enabled(face: Face, principal: str, purpose: str) -> None:
    """Enable an account again, and say so."""
    with face.workspace() as workspace:
        workspace.accounts.enable(principal, purpose)
    face.tell({"enabled": principal}, f"Enabled and recorded: {principal}.")


def tell_ended(face: Face, what: str, principal: str, ended: int) -> None:
    """Say that an account was stopped, and how many sessions that ended."""
    sessions = "1 session" if ended == 1 else f"{ended} sessions"
    document = {what.replace(" ", "_"): principal, "sessions_ended": ended}
    face.tell(document, f"{what.capitalize()} and recorded: {principal}; {sessions} ended.")


def as_document(report: AccountReport) -> dict[str, Any]:
    """An account as JSON: no password, no key, no session's id."""
    account, until = report.account, report.locked_until
    return {
        "principal": account.principal,
        "state": "disabled" if account.disabled_at else "locked" if until else "enabled",
        "created_at": account.created_at.isoformat(),
        "locked_until": until.isoformat() if until else None,
        "sessions": len(report.sessions),
    }


def show(face: Face, what: str, documents: list[dict[str, Any]]) -> None:
    """A table of accounts, or JSON."""
    from lockgate.cli.screen import fill, make_table

    if face.as_json or not documents:
        face.tell({what: documents}, "There are none yet.")
        return
    table = make_table(
        "account", ("state", "whole"), ("since (UTC)", "whole"), ("sessions", "right"), "note"
    )
    rows = (
        (d["principal"], d["state"], d["created_at"][:10], d["sessions"], _note(d))
        for d in documents
    )
    face.out.print(fill(table, rows))


def _note(document: dict[str, Any]) -> str:
    until = document["locked_until"]
    if until is not None:
        return "until unlocked" if until.startswith("9999") else f"until {until[11:19]} UTC"
    keys = document.get("keys")
    return "" if keys is None else _counted(sum(key["state"] == "usable" for key in keys))


def _counted(usable: int) -> str:
    return "1 usable key" if usable == 1 else f"{usable} usable keys"
