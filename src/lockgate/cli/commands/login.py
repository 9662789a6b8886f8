"""``lockgate login``, ``logout`` and ``whoami``: who acts from here on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.oidc.device_flow import DevicePrompt
    from lockgate.assemble.project_file import Project
    from lockgate.assemble.sign_out import LoggedIn, SignedOut
    from lockgate.assemble.workspace import Workspace
    from lockgate.secret import SecretText

PLACES = {
    "keyring": "the system's keyring",
    "file": "a file that only you can read: this machine has no keyring that the system protects",
}


@click.command(
    "login",
    cls=LockgateCommand,
    short_help="Log in, so that you act as a verified person or service.",
    examples=(
        "lockgate login                  # at the only provider, else the built-in issuer",
        "lockgate login corp --device    # without a browser on this machine",
        "lockgate login --user anna      # at the built-in issuer; the password is asked for",
        "lockgate login --user anna --password-stdin < password.txt",
    ),
)
@click.argument("provider", required=False, default="")
@click.option("--device", is_flag=True, help="Show a code to type on any other device.")
@click.option("--user", metavar="NAME", default="", help="Log in at the built-in issuer.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password's line from standard input."
)
@click.pass_obj
def login(face: Face, provider: str, device: bool, user: str, password_stdin: bool) -> None:
    """Log in at a provider that the project trusts, or at its built-in issuer.

    People: open the address shown in a browser on this machine, or with --device
    type a code anywhere. Services: by the client's credentials in access.providers.
    The session is kept in the system's keyring until it ends or you log out; the
    one that was kept here before is replaced and ended.

    Exit codes: 0 logged in, 7 refused, 9 the provider does not answer.
    """
    if user and (provider or device):
        raise UsageError("--user is for the built-in issuer, which has no provider's name")
    with face.workspace() as workspace:
        project = workspace.project
        name = provider or _only_provider(project, user)
        if name:
            done = _at_provider(face, workspace, name, device)
        else:
            done = _here(face, workspace, user, password_stdin)
    if face.as_json:
        face.emit(_as_document(done))
        return
    kept = done.kept
    _say(face, f"Logged in as {kept.principal}, until {_moment(kept.ends_at)}.", "bold green")
    _say(face, f"The session is kept in {PLACES[kept.place]}.", "dim")
    if done.replaced is not None:
        _say(face, _about_replaced(done.replaced), "yellow")


@click.command(
    "logout",
    cls=LockgateCommand,
    short_help="End the session of your log-in.",
    examples=("lockgate logout", "lockgate logout corp"),
)
@click.argument("provider", required=False, default="")
@click.pass_obj
def logout(face: Face, provider: str) -> None:
    """Forget a log-in, and ask its provider to forget it too (RFC 7009).

    Without a name: the last one. Here it is forgotten even if the provider does not answer.
    """
    from lockgate.assemble.opened_project import record_of, secrets_of
    from lockgate.assemble.sign_out import sign_out

    with face.workspace() as workspace:
        done = sign_out(workspace.project, record_of(workspace), secrets_of(workspace), provider)
    if face.as_json:
        face.emit({"logged_out": done is not None, "revoked": done is not None and done.revoked})
    elif done is None:
        _say(face, "Nobody is logged in here.")
    else:
        _say(face, "Logged out.", "bold green")
        if not done.revoked:
            _say(face, "The provider did not confirm that it ended the session too.", "yellow")


@click.command(
    "whoami",
    cls=LockgateCommand,
    short_help="Show who acts, how that was verified, and their roles.",
    examples=("lockgate whoami", "lockgate whoami --json"),
)
@click.pass_obj
def whoami(face: Face) -> None:
    """Show who acts in this project from here: the principal of every decision and record."""
    from lockgate.assemble.identities import principal_of, project_roles
    from lockgate.assemble.opened_project import record_of, secrets_of
    from lockgate.cli.screen import cell, make_table

    with face.workspace() as workspace:
        principal = principal_of(workspace.project, record_of(workspace), secrets_of(workspace))
        roles = project_roles(workspace.project, record_of(workspace), principal)
    facts: dict[str, Any] = {
        "principal": principal.id,
        "kind": str(principal.kind),
        "verified": str(principal.assurance),
        "issuer": principal.issuer or None,
        "methods": list(principal.methods),
        "groups": list(principal.groups),
        "roles": list(roles),
        "session": principal.session or None,
        "expires_at": None if principal.expires_at is None else principal.expires_at.isoformat(),
    }
    if face.as_json:
        face.emit(facts)
        return
    table = make_table("", "")
    table.show_header = False
    for name, value in facts.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        if shown:
            table.add_row(cell(name.replace("_", " "), "dim"), cell(shown))
    face.out.print(table)


def _only_provider(project: Project, user: str) -> str:
    """The provider that is meant where none is named: "" for the built-in issuer."""
    from lockgate.access.settings import ProviderKind

    if user:
        return ""
    people = [
        spec.name for spec in project.access.providers.values() if spec.kind is ProviderKind.PEOPLE
    ]
    if len(people) > 1:
        raise UsageError(
            "the project names several providers",
            hint="lockgate login " + "|".join(sorted(people)) + ", or --user NAME",
        )
    return people[0] if people else ""


def _at_provider(face: Face, workspace: Workspace, name: str, device: bool) -> LoggedIn:
    from lockgate.assemble.opened_project import record_of, secrets_of
    from lockgate.assemble.sign_in import Screen, sign_in

    def page(address: str) -> None:
        click.echo("Open this address in a browser on this machine:\n", err=True)
        click.echo(f"{address}\n", err=True)

    def code(prompt: DevicePrompt) -> None:
        click.echo(f"Open {prompt.page} on any device, and type:  {prompt.code}", err=True)

    screen = Screen(page, code)
    return sign_in(
        workspace.project, record_of(workspace), secrets_of(workspace), name, screen, device=device
    )


def _here(face: Face, workspace: Workspace, user: str, from_stdin: bool) -> LoggedIn:
    from lockgate.assemble.opened_project import record_of, secrets_of
    from lockgate.assemble.sign_in_here import sign_in_here

    if not user:
        if not face.interactive:
            raise UsageError("nobody is there to be asked", hint="--user NAME --password-stdin")
        user = click.prompt("User", err=True)
    password = _password(user, from_stdin)
    return sign_in_here(
        workspace.project, record_of(workspace), secrets_of(workspace), user, password
    )


def _password(user: str, from_stdin: bool) -> SecretText:
    """Typed unseen, or one line of standard input; never an argument."""
    from lockgate.limits import DEFAULT_LIMITS
    from lockgate.secret import SecretText

    if from_stdin:
        return SecretText(sys.stdin.readline(DEFAULT_LIMITS.password_bytes).rstrip("\r\n"))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("nobody is there to type the password", hint="--password-stdin")
    import getpass

    return SecretText(getpass.getpass(f"Password of {user}: "))


def _about_replaced(replaced: SignedOut) -> str:
    if not replaced.principal:
        return "It replaced a log-in that could not be read any more."
    words = f"It replaced the log-in of {replaced.principal} that was kept here"
    if replaced.revoked:
        return f"{words}, and ended that session."
    return f"{words}. That session had ended, or its provider did not confirm that it ended it."


def _as_document(done: LoggedIn) -> dict[str, Any]:
    kept, replaced = done.kept, done.replaced
    return {
        "principal": kept.principal,
        "session": kept.session,
        "ends_at": kept.ends_at.isoformat(),
        "kept_in": kept.place,
        "replaced": None
        if replaced is None
        else {"principal": replaced.principal, "ended": replaced.revoked},
    }


def _moment(at: Any) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _say(face: Face, text: str, style: str = "") -> None:
    from lockgate.printable import printable

    face.say(printable(text), style)
