"""``lockgate access service``: jobs that log in with a key of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.accounts import PURPOSE, as_document, disabled, enabled, show
from lockgate.cli.face import Face, one_of
from lockgate.cli.lazy import LockgateGroup

if TYPE_CHECKING:
    from lockgate.access.identity_ports import ServiceKey
    from lockgate.assemble.local_accounts import AccountReport

_KEY = (
    click.option(
        "--key-file", metavar="OUT", help="Make a key; its private half goes into this new file."
    ),
    click.option(
        "--public-key",
        metavar="BASE64",
        help="Take this Ed25519 public key; the private half stays.",
    ),
    click.option("--days", type=click.IntRange(1, 365), default=365, show_default=True),
)


def takes_key(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a key: made here or given, and how long it lasts."""
    for option in reversed(_KEY):
        command = option(command)
    return command


@click.group("service", cls=LockgateGroup, short_help="Jobs that log in with a key.")
def command() -> None:
    """Service accounts: for jobs that nobody watches.

    One is service:NAME in grants and in the ledger. A job is given its name in LOCKGATE_SERVICE
    and the file with its key, mode 0600, in LOCKGATE_SERVICE_KEY_FILE.
    """


@command.command(
    "add",
    short_help="Add a service account and its first key.",
    examples=("lockgate access service add nightly --key-file /etc/lockgate/nightly.key",),
)
@click.argument("name")
@takes_key
@PURPOSE
@click.pass_obj
def add(
    face: Face, name: str, key_file: str | None, public_key: str | None, days: int, purpose: str
) -> None:
    """Add a service account NAME with a key: made here, or given by its public half."""
    given = _given(key_file, public_key)
    with face.workspace() as workspace:
        key = workspace.accounts.add_service(name, purpose, key=given, days=days)
    _tell_key(face, "added", key, key_file)


@command.command(
    "list",
    short_help="List service accounts and their keys.",
    examples=("lockgate access service list --json",),
)
@PURPOSE
@click.pass_obj
def list_services(face: Face, purpose: str) -> None:
    """List service accounts. With --json, every key: its id, times and state."""
    with face.workspace() as workspace:
        found = workspace.accounts.services(purpose)
    show(face, "services", [_as_document(report) for report in found])


@command.command(
    "add-key",
    short_help="Add another key, to change keys without a gap.",
    examples=("lockgate access service add-key nightly --key-file nightly-2.key",),
)
@click.argument("name")
@takes_key
@PURPOSE
@click.pass_obj
def add_key(
    face: Face, name: str, key_file: str | None, public_key: str | None, days: int, purpose: str
) -> None:
    """Give a service account another key beside those it has."""
    given = _given(key_file, public_key)
    with face.workspace() as workspace:
        key = workspace.accounts.add_key(name, purpose, key=given, days=days)
    _tell_key(face, "key_added", key, key_file)


@command.command(
    "revoke-key",
    short_help="Let a key log in no more, at once.",
    examples=("lockgate access service revoke-key nightly KID",),
)
@click.argument("name")
@click.argument("kid")
@PURPOSE
@click.pass_obj
def revoke_key(face: Face, name: str, kid: str, purpose: str) -> None:
    """Revoke the key KID of a service account. Sessions of the account end at once."""
    with face.workspace() as workspace:
        workspace.accounts.revoke_key(name, kid, purpose)
    told = f"Revoked and recorded: a key of service:{name}. Its sessions ended."
    face.tell({"revoked": kid, "account": f"service:{name}"}, told)


@command.command(
    "disable",
    short_help="Let a service account act no more, at once.",
    examples=("lockgate access service disable nightly",),
)
@click.argument("name")
@PURPOSE
@click.pass_obj
def disable(face: Face, name: str, purpose: str) -> None:
    """Disable a service account. Sessions end, and tokens stop at once."""
    disabled(face, f"service:{name}", purpose)


@command.command(
    "enable",
    short_help="Let a disabled service account log in again.",
    examples=("lockgate access service enable nightly",),
)
@click.argument("name")
@PURPOSE
@click.pass_obj
def enable(face: Face, name: str, purpose: str) -> None:
    """Let a disabled service account log in again, with the keys from before."""
    enabled(face, f"service:{name}", purpose)


@command.command(
    "rotate-issuer-key",
    short_help="Sign tokens with a new key.",
    examples=("lockgate access service rotate-issuer-key --purpose 'yearly'",),
)
@PURPOSE
@click.pass_obj
def rotate_issuer_key(face: Face, purpose: str) -> None:
    """Sign tokens of users and service accounts with a new key from now on.

    Tokens signed before live out their minutes. If the key was stolen, end sessions too.
    """
    with face.workspace() as workspace:
        workspace.accounts.rotate_issuer_key(purpose)
    face.tell({"rotated": "issuer.key"}, "Rotated and recorded: the issuer's signing key.")


def _given(key_file: str | None, public_key: str | None) -> bytes | Path:
    from lockgate.assemble.service_keys import parse_public_key

    one_of({"--key-file": key_file is not None, "--public-key": public_key is not None}, "")
    return Path(key_file) if key_file is not None else parse_public_key(public_key or "")


def _tell_key(face: Face, what: str, key: ServiceKey, key_file: str | None) -> None:
    from lockgate.cli.places import near

    document = {what: f"service:{key.service}", "key": _key(key)}
    made = f"\nIts key is in {near(Path(key_file))}, once and nowhere else." if key_file else ""
    text = f"Recorded: service:{key.service}, key {key.kid}, until {key.expires_at:%Y-%m-%d}.{made}"
    face.tell(document, text)


def _as_document(report: AccountReport) -> dict[str, Any]:
    return {**as_document(report), "keys": [_key(key) for key in report.keys]}


def _key(key: ServiceKey) -> dict[str, Any]:
    over = key.expires_at <= datetime.now(UTC)
    return {
        "kid": key.kid,
        "state": "revoked" if key.revoked_at else "expired" if over else "usable",
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
