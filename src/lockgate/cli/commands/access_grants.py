"""``lockgate access grant``, ``revoke``, ``grants``, ``init``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.durations import DURATION
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand

if TYPE_CHECKING:
    from lockgate.access.grant_rows import Grant

REASON = click.option("--reason", required=True, metavar="TEXT", help="Why; in the ledger.")


@click.command(
    "init",
    cls=LockgateCommand,
    short_help="Name the first administrator.",
    examples=("lockgate access init --admin user:ada",),
)
@click.option(
    "--admin",
    "to",
    required=True,
    metavar="PRINCIPAL",
    help="user:NAME, PROVIDER/SUBJECT or group:PROVIDER/GROUP.",
)
@click.pass_obj
def init(face: Face, to: str) -> None:
    """Give a project that nobody administers yet its first administrator.

    By the user who owns the project's private folder, and once: never again after the ledger
    knows of a grant of admin, also when that has ended. The policy in force is kept as the one
    that later policies are compared with.
    """
    with face.workspace() as workspace:
        given = workspace.grants.first_admin(to)
    _told(face, given)


@click.command(
    "grant",
    cls=LockgateCommand,
    short_help="Give a role, for a scope and a time.",
    examples=(
        "lockgate access grant user:ada data_engineer --for 90d --reason 'joins the team'",
        "lockgate access grant group:corp/privacy privacy_officer --label pii --reason 'audit'",
    ),
)
@click.argument("principal")
@click.argument("role")
@click.option(
    "--dataset", "datasets", multiple=True, metavar="PATTERN", help="Only there; * for any run."
)
@click.option(
    "--label", "labels", multiple=True, metavar="LABEL", help="Only it and what is below it."
)
@click.option(
    "--zone", "zones", multiple=True, metavar="PATTERN", help="Only there; * for any run."
)
@click.option("--for", "lasts", type=DURATION, help="30d, 12h, 90m; must be said in production.")
@REASON
@click.pass_obj
def grant(
    face: Face,
    principal: str,
    role: str,
    datasets: tuple[str, ...],
    labels: tuple[str, ...],
    zones: tuple[str, ...],
    lasts: timedelta | None,
    reason: str,
) -> None:
    """Give PRINCIPAL a ROLE.

    PRINCIPAL is user:NAME, service:NAME, PROVIDER/SUBJECT, or group:PROVIDER/GROUP. A grant with
    --dataset, --label or --zone counts only for what says so and is inside all of them. Two roles
    that nobody holds together are refused; in production nobody grants to themselves.
    """
    from lockgate.access.scope import Scope

    with face.workspace() as workspace:
        given = workspace.grants.grant(
            principal, role, reason=reason, scope=Scope(datasets, labels, zones), lasts=lasts
        )
    _told(face, given)


@click.command(
    "revoke",
    cls=LockgateCommand,
    short_help="End a grant now.",
    examples=("lockgate access revoke g0123456789ab --reason 'left the team'",),
)
@click.argument("grant_id", metavar="ID")
@REASON
@click.pass_obj
def revoke(face: Face, grant_id: str, reason: str) -> None:
    """End the grant ID. What its holder starts from now on is decided without it."""
    with face.workspace() as workspace:
        ended = workspace.grants.revoke(grant_id, reason=reason)
    face.tell(
        {"revoked": grant_document(ended)},
        f"{ended.to} no longer holds {ended.role} by grant {ended.id}.",
    )


@click.command(
    "grants",
    cls=LockgateCommand,
    short_help="List grants.",
    examples=("lockgate access grants", "lockgate access grants --all --json"),
)
@click.option("--all", "everything", is_flag=True, help="Also those that ended.")
@click.pass_obj
def grants(face: Face, everything: bool) -> None:
    """List who holds which role, where, until when, and by whom."""
    with face.workspace() as workspace:
        found = workspace.grants.grants(everything=everything)
    if found and not face.as_json:
        show_grants(face, found)
    else:
        none = "Nobody holds a grant. The first: lockgate access init --admin PRINCIPAL"
        face.tell({"grants": [grant_document(one) for one in found]}, none)


def show_grants(face: Face, found: tuple[Grant, ...], title: str = "") -> None:
    """A table of grants."""
    from lockgate.cli.screen import fill, make_table

    table = make_table(
        "holder",
        "role",
        "where",
        ("until (UTC)", "whole"),
        "by",
        "reason",
        ("id", "whole"),
        title=title,
    )
    rows = (
        (g.to, g.role, g.scope or "everywhere", _end(g), g.granted_by, g.reason, g.id)
        for g in found
    )
    face.out.print(fill(table, rows))


def grant_document(grant: Grant) -> dict[str, Any]:
    """A grant as JSON."""
    return {
        "id": grant.id,
        "to": grant.to,
        "role": grant.role,
        "scope": grant.scope,
        "reason": grant.reason,
        "granted_by": grant.granted_by,
        "at": grant.at.isoformat(),
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
        "revoked_at": grant.revoked_at.isoformat() if grant.revoked_at else None,
        "revoked_by": grant.revoked_by,
    }


def _told(face: Face, given: Grant) -> None:
    where = f" for {given.scope}" if given.scope else ""
    face.tell(
        {"granted": grant_document(given)},
        f"{given.to} holds {given.role}{where} until {_end(given)} UTC: grant {given.id}.",
    )


def _end(grant: Grant) -> str:
    if grant.revoked_at is not None:
        return f"ended {grant.revoked_at:%Y-%m-%d %H:%M}"
    return f"{grant.expires_at:%Y-%m-%d %H:%M}" if grant.expires_at else "no end"
