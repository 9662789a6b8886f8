"""``lockgate access users``: people who log in with a password of this project."""

from __future__ import annotations

import click

from lockgate.cli.accounts import PURPOSE, as_document, disabled, enabled, show, tell_ended
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup
from lockgate.cli.passwords import FROM_STDIN, new_password, password


@click.group("users", cls=LockgateGroup, short_help="People who log in with a password.")
def command() -> None:
    """Local users: for a project without an identity provider.

    A user is user:NAME in grants and in the ledger, and holds no role until one is granted.
    Passwords are typed where nobody sees them, or read from standard input.
    """


@command.command(
    "add",
    short_help="Add a user.",
    examples=(
        "lockgate access users add ada",
        "lockgate access users add ada --password-stdin < ada.password",
    ),
)
@click.argument("name")
@FROM_STDIN
@PURPOSE
@click.pass_obj
def add(face: Face, name: str, from_stdin: bool, purpose: str) -> None:
    """Add a user NAME with a password of at least 12 characters."""
    from lockgate.access.password_rules import check_name

    given = new_password(face, check_name(name), from_stdin=from_stdin)
    with face.workspace() as workspace:
        user = workspace.accounts.add_user(name, given, purpose)
    face.tell({"added": user.principal}, f"Added and recorded: {user.principal}, without a role.")


@command.command(
    "list",
    short_help="List users.",
    examples=("lockgate access users list", "lockgate access users list --json"),
)
@PURPOSE
@click.pass_obj
def list_users(face: Face, purpose: str) -> None:
    """List users: since when, whether disabled or locked, and how many sessions live."""
    with face.workspace() as workspace:
        found = workspace.accounts.users(purpose)
    show(face, "users", [as_document(report) for report in found])


@command.command(
    "disable",
    short_help="Let a user act no more, at once.",
    examples=("lockgate access users disable ada",),
)
@click.argument("name")
@PURPOSE
@click.pass_obj
def disable(face: Face, name: str, purpose: str) -> None:
    """Disable a user. Sessions end, and tokens stop at once; grants stay as they are."""
    disabled(face, f"user:{name}", purpose)


@command.command(
    "enable",
    short_help="Let a disabled user log in again.",
    examples=("lockgate access users enable ada",),
)
@click.argument("name")
@PURPOSE
@click.pass_obj
def enable(face: Face, name: str, purpose: str) -> None:
    """Let a disabled user log in again, with the password from before."""
    enabled(face, f"user:{name}", purpose)


@command.command(
    "unlock",
    short_help="Open an account that wrong passwords locked.",
    examples=("lockgate access users unlock ada",),
)
@click.argument("name")
@PURPOSE
@click.pass_obj
def unlock(face: Face, name: str, purpose: str) -> None:
    """Let a user log in again whose account is locked after wrong passwords."""
    with face.workspace() as workspace:
        workspace.accounts.unlock(name, purpose)
    face.tell({"unlocked": f"user:{name}"}, f"Unlocked and recorded: user:{name}.")


@command.command(
    "set-password",
    short_help="Set a user's password; --own with the old one.",
    examples=(
        "lockgate access users set-password ada",
        "lockgate access users set-password ada --own",
    ),
)
@click.argument("name")
@click.option("--own", is_flag=True, help="You are NAME, and type the old password first.")
@FROM_STDIN
@PURPOSE
@click.pass_obj
def set_password(face: Face, name: str, own: bool, from_stdin: bool, purpose: str) -> None:
    """Set another password. The user's sessions end.

    Whoever administers may do it for anybody. With --own no permission is asked, but the old
    password is: from standard input it is the first line, and the new one the second.
    """
    from lockgate.access.password_rules import check_name
    from lockgate.assemble.opened_project import record_of

    check_name(name)
    if own:
        from lockgate.assemble.local_identities import change_password

        old = password(face, name, from_stdin=from_stdin)
        new = new_password(face, name, from_stdin=from_stdin)
        with face.workspace() as workspace:
            change_password(workspace.project, record_of(workspace), name, old, new)
    else:
        new = new_password(face, name, from_stdin=from_stdin)
        with face.workspace() as workspace:
            workspace.accounts.set_password(name, new, purpose)
    told = f"Set and recorded: the password of user:{name}. Sessions before it ended."
    face.tell({"password_set": f"user:{name}"}, told)


@command.command(
    "end-sessions",
    short_help="Log a user out everywhere, at once.",
    examples=("lockgate access users end-sessions ada",),
)
@click.argument("name")
@PURPOSE
@click.pass_obj
def end_sessions(face: Face, name: str, purpose: str) -> None:
    """End every session of a user: tokens stop at once. The password still logs in."""
    with face.workspace() as workspace:
        ended = workspace.accounts.end_sessions(f"user:{name}", purpose)
    tell_ended(face, "logged out", f"user:{name}", ended)
