"""``lockgate keys``: list, make and rotate keys. Key material is never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.assemble.workspace import Workspace
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
        "made (UTC)",
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
                    f"{v.created_at:%Y-%m-%d %H:%M}",
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
@click.pass_obj
def init_keys(face: Face, domains: tuple[str, ...]) -> None:
    """Make keys for DOMAINS, or for every domain that a pipeline of the project uses.

    A run makes what it needs by itself; this is for those who want the keys
    made, and recorded, beforehand. Domains that have keys are left as they are.
    """
    with face.workspace() as workspace:
        known = workspace.project.policy.domains
        wanted = list(domains) or used_domains(workspace)
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise UsageError(
                f"the project has no domain {', '.join(unknown)}",
                hint="declare it under `domains:` in lockgate.yaml",
            )
        have = {domain.name for domain in workspace.keyring.domains()}
        made = [name for name in wanted if name not in have]
        for name in made:
            workspace.keyring.ensure_domain(known[name])
    if face.as_json:
        face.emit({"created": made})
    elif made:
        face.say(f"Made and recorded keys for {', '.join(made)}.")
    else:
        face.say("Every domain has its keys already.")


def used_domains(workspace: Workspace) -> list[str]:
    """The key domains of every column that the project's proven plans treat."""
    plans = workspace.check().plans.values()
    columns = (column for plan in plans for sink in plan.sinks for column in sink.columns)
    return sorted({column.domain for column in columns if column.domain})


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
