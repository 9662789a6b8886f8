"""``lockgate keys``: every command about keys. Key material is never shown."""

from __future__ import annotations

import click

from lockgate.cli.commands.keys_destroy import cancel, destroy
from lockgate.cli.commands.keys_fernet import import_fernet
from lockgate.cli.commands.keys_list import command as list_keys
from lockgate.cli.commands.keys_list import version_document
from lockgate.cli.commands.keys_move import export, import_keys, move
from lockgate.cli.commands.rewrap import command as rewrap
from lockgate.cli.commands.shred import command as shred
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup
from lockgate.errors import UsageError


@click.group("keys", cls=LockgateGroup, short_help="List, make, rotate, move and destroy keys.")
def command() -> None:
    """Key domains and their versions.

    A domain is the unit of joining: the same value in the same domain gives the
    same token everywhere.
    """


@command.command(
    "init",
    short_help="Make the keys that the project's pipelines need.",
    examples=("lockgate keys init", "lockgate keys init badge"),
)
@click.argument("domains", nargs=-1)
@click.option(
    "--normaliser",
    type=click.Choice(["exact", "nfc", "text", "email", "digits", "alphanumeric"]),
    help="For a domain that the project does not declare.",
)
@click.pass_obj
def init_keys(face: Face, domains: tuple[str, ...], normaliser: str | None) -> None:
    """Make keys for DOMAINS, or for every domain that the project's columns use.

    Once before the first run, and when a contract brings a new domain. A run never
    makes keys by itself: on a state restored from the wrong place that would give
    tokens that join with nothing. Domains that have keys are left as they are.
    """
    from lockgate.kernel.interface import Normaliser

    chosen = Normaliser(normaliser) if normaliser else None
    with face.workspace() as workspace:
        made = workspace.create_domains(domains or None, normaliser=chosen)
    names = sorted({version.domain for version in made})
    if face.as_json:
        face.emit({"created": names})
    elif names:
        face.say(f"Made and recorded keys for {', '.join(names)}.")
    else:
        face.say("Every domain has its keys already.")


@command.command(
    "rotate",
    short_help="Make a new encryption key version for a domain.",
    examples=("lockgate keys rotate patient-id", "lockgate keys rotate --due"),
)
@click.argument("domain", required=False)
@click.option("--due", is_flag=True, help="Every domain whose key is as old as it may get.")
@click.option(
    "--purpose",
    default="key management",
    show_default=True,
    metavar="TEXT",
    help="Why; stands in the ledger.",
)
@click.pass_obj
def rotate(face: Face, domain: str | None, due: bool, purpose: str) -> None:
    """Make a new encryption key version for DOMAIN; the old one only decrypts from now on.

    The index key, which tokens and hashes come from, does not rotate: equal
    values must stay equal to join. With --due, all domains that are older than
    rotate_after_days says; a run does that by itself before it begins.
    """
    if (domain is None) == (not due):
        raise UsageError("give exactly one of DOMAIN, --due", hint="--due rotates what is due")
    with face.workspace() as workspace:
        keys = workspace.keys
        made = (keys.rotate(domain, purpose),) if domain else keys.rotate_due(purpose)
    if face.as_json:
        documents = [{"domain": new.domain, **version_document(new)} for new in made]
        face.emit({"rotated": documents} if due else documents[0])
        return
    for new in made:
        face.say(
            f"Key {new.number} (version {new.version}) now encrypts for {new.domain}. "
            "Older ciphertexts still open."
        )
    if not made:
        face.say("No key is due to rotate.")


command.add_command(list_keys)
command.add_command(import_fernet)
command.add_command(destroy)
command.add_command(cancel)
command.add_command(rewrap)
command.add_command(shred)
command.add_command(move)
command.add_command(export)
command.add_command(import_keys)
