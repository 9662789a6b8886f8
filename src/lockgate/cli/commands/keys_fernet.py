"""``lockgate keys import-fernet``: a team's Fernet key, from a secret store or standard input."""

from __future__ import annotations

import sys

import click

from lockgate.cli.commands.keys_list import version_document
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.secret import SecretText

_LONGEST = 1_000


@click.command(
    "import-fernet",
    cls=LockgateCommand,
    short_help="Take over a Fernet key made elsewhere.",
    examples=(
        "lockgate keys import-fernet email --from secret://vault/app#fernet --purpose migration",
        "lockgate keys import-fernet email --write --purpose 'the shop reads it' < key.txt",
    ),
)
@click.argument("domain")
@click.option(
    "--from",
    "reference",
    metavar="REFERENCE",
    help="Where the key is: secret://STORE/PATH#FIELD. Without it, standard input.",
)
@click.option("--write", "writes", is_flag=True, help="Make new tokens with it, too.")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.pass_obj
def import_fernet(
    face: Face, domain: str, reference: str | None, writes: bool, purpose: str
) -> None:
    """Take over a Fernet key into DOMAIN, so that tokens made elsewhere can be revealed.

    With --write the treatment `fernet` makes its tokens with this key from now on, for
    programs that hold it. The key is never taken from an argument: those show in
    process lists. It is wrapped and recorded like every key, and shown by nobody.
    """
    with face.workspace() as workspace:
        text = workspace.secret(reference) if reference else _typed()
        new = workspace.keys.import_fernet(domain, text, purpose, writes=writes)
    does = "opens and makes" if writes else "opens"
    face.tell(
        {"domain": domain, **version_document(new)},
        f"Key {new.number} now {does} the Fernet tokens of {domain}.",
    )


def _typed() -> SecretText:
    if sys.stdin.isatty():
        import getpass

        return SecretText(getpass.getpass("Fernet key: "))
    return SecretText(sys.stdin.readline(_LONGEST))
