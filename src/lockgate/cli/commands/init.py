"""``lockgate init``: a project folder to start from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import KeyUnavailable

if TYPE_CHECKING:
    from lockgate.secret import SecretBytes


@click.command(
    "init",
    cls=LockgateCommand,
    short_help="Start a project in a folder.",
    examples=("lockgate init clinic", "lockgate init . --name clinic --passphrase"),
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--name", metavar="NAME", help="[default: the folder's name]")
@click.option("--passphrase", is_flag=True, help="Protect the root key by a passphrase.")
@click.option(
    "--state",
    default="sqlite",
    show_default=True,
    metavar="URL",
    help="Where runs, keys and the ledger are kept; or postgresql://HOST/DATABASE.",
)
@click.pass_obj
def command(face: Face, folder: Path, name: str | None, passphrase: bool, state: str) -> None:
    """Make FOLDER a project: lockgate.yaml, keys, an empty ledger.

    The keys lie in FOLDER/.lockgate, readable by you only. Back them up, and keep
    them out of version control: whoever has them opens every token.
    """
    face.log()
    secret = new_passphrase(face) if passphrase else None
    from lockgate.assemble.create import create_project

    chosen = name or project_name(folder)
    written = create_project(folder, chosen, passphrase=secret, state=state)
    if face.as_json:
        face.emit({"project": chosen, "file": str(written)})
        return
    from lockgate.printable import printable

    face.say(f"Project {chosen} is ready: {printable(str(written))}", "bold green")
    face.say("Its keys are in .lockgate beside it: back them up, do not commit them.")
    face.say("Next: write a contract and a pipeline there, then")
    face.say("  lockgate check       prove that no column reaches a zone unprotected")
    face.say("  lockgate keys init   make the keys that its columns need, once")
    face.say("  lockgate run         judge, protect, release, record")


def project_name(folder: Path) -> str:
    """A project name from the folder's: lower-case letters, digits and hyphens."""
    plain = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    return plain[:63] or "project"


def new_passphrase(face: Face) -> SecretBytes:
    """Ask twice, or read the file the environment names. Raises KeyUnavailable."""
    import os
    import sys

    from lockgate.cli.face import PASSPHRASE_FILE
    from lockgate.secret import SecretBytes

    first = face.passphrase()
    if not first:
        raise KeyUnavailable("an empty passphrase protects nothing")
    if not os.environ.get(PASSPHRASE_FILE) and sys.stdin.isatty():
        import getpass

        if getpass.getpass("Again: ") != first:
            raise KeyUnavailable("the two passphrases differ", hint="nothing was made; try again")
    return SecretBytes(first.encode())
