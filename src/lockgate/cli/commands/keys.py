"""``lockgate keys``: list, make and rotate keys. Key material is never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup

if TYPE_CHECKING:
    from lockgate.keys.ports import KeyVersion


@click.group("keys", cls=LockgateGroup, short_help="List, make and rotate keys.")
def command() -> None:
    """Key domains and their versions.

    A domain is the unit of joining: the same value in the same domain gives the
    same token everywhere.
    """


@command.command("list", short_help="Domains and key versions.", examples=("lockgate keys list",))
@click.pass_obj
def list_keys(face: Face) -> None:
    """List every domain with its key versions: number, use, state, age. No key material."""
    with face.workspace() as workspace:
        domains = {domain.name: domain for domain in workspace.keyring.domains()}
        versions = list(workspace.keyring.versions())
    if face.as_json:
        face.emit(
            {
                "domains": [
                    {
                        "name": name,
                        "normaliser": str(domain.normaliser),
                        "versions": [_document(v) for v in versions if v.domain == name],
                    }
                    for name, domain in sorted(domains.items())
                ]
            }
        )
        return
    from lockgate.cli.screen import fill, make_table

    table = make_table(
        "domain",
        "normaliser",
        "key",
        ("number", "right"),
        ("version", "right"),
        "state",
        ("made (UTC)", "whole"),
        "wrapped by",
    )
    ordered = sorted(versions, key=lambda v: (v.domain.startswith("lockgate."), v.domain, v.number))
    face.out.print(
        fill(
            table,
            (
                (
                    v.domain,
                    domains[v.domain].normaliser if v.domain in domains else "",
                    v.use,
                    v.number,
                    v.version,
                    v.state,
                    f"{v.created_at:%Y-%m-%d}",
                    v.service,
                )
                for v in ordered
            ),
        )
    )


def _document(version: KeyVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "use": str(version.use),
        "version": version.version,
        "state": str(version.state),
        "created_at": version.created_at.isoformat(),
        "service": version.service,
    }


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
    examples=("lockgate keys rotate patient-id",),
)
@click.argument("domain")
@click.pass_obj
def rotate(face: Face, domain: str) -> None:
    """Make a new encryption key version for DOMAIN; the old one only decrypts from now on.

    The index key, which tokens and hashes come from, does not rotate: equal
    values must stay equal to join.
    """
    with face.workspace() as workspace:
        new = workspace.keyring.rotate(domain)
    if face.as_json:
        face.emit({"domain": domain, **_document(new)})
    else:
        face.say(
            f"Key {new.number} (version {new.version}) now encrypts for {new.domain}. "
            "Older ciphertexts still open."
        )
