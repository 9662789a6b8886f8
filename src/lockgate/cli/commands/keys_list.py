"""``lockgate keys list``: what each key is, what comes next for it, and what it was used for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import KeyUnavailable

if TYPE_CHECKING:
    from lockgate.assemble.key_report import KeyReport
    from lockgate.keys.ports import KeyVersion


@click.command(
    "list",
    cls=LockgateCommand,
    short_help="Domains and key versions: state, age, what is due, where used.",
    examples=("lockgate keys list", "lockgate keys list email --json"),
)
@click.argument("domain", required=False)
@click.pass_obj
def command(face: Face, domain: str | None) -> None:
    """List every key version, or those of DOMAIN. No key material.

    Where a key was used is what the ledger says: the pipelines and zones of the
    releases that it took part in, how many rows they released, and the last one.
    """
    with face.workspace() as workspace:
        if domain is not None:
            workspace.keys.require(domain)
        reports = [r for r in workspace.keys.report() if domain in (None, r.version.domain)]
        normalisers = {one.name: str(one.normaliser) for one in workspace.keys.domains()}
    now = datetime.now(UTC)
    if face.as_json:
        names = sorted({report.version.domain for report in reports})
        face.emit(
            {
                "domains": [
                    {
                        "name": name,
                        "normaliser": normalisers.get(name, ""),
                        "versions": [
                            _reported(r, now) for r in reports if r.version.domain == name
                        ],
                    }
                    for name in names
                ]
            }
        )
        return
    _print(face, reports, now)


def version_document(version: KeyVersion) -> dict[str, Any]:
    """A key version as JSON. No key material, wrapped or not."""
    return {
        "number": version.number,
        "use": str(version.use),
        "version": version.version,
        "state": str(version.state),
        "created_at": version.created_at.isoformat(),
        "service": version.service,
        "destroy_at": version.destroy_at.isoformat() if version.destroy_at else None,
    }


def _reported(report: KeyReport, now: datetime) -> dict[str, Any]:
    usage = report.usage
    return {
        **version_document(report.version),
        "age_days": (now - report.version.created_at).days,
        "rotate_at": report.rotate_at.isoformat() if report.rotate_at else None,
        "due": report.is_due(now),
        "used": {
            "pipelines": sorted(usage.pipelines),
            "zones": sorted(usage.zones),
            "releases": usage.releases,
            "rows": usage.rows,
            "sealed_by": sorted(usage.sealed_by),
            "rewrapped_from": usage.rewrapped_from,
            "rewrapped_to": usage.rewrapped_to,
            "last_run": usage.last_run,
            "last_at": usage.last_at.isoformat() if usage.last_at else None,
        },
    }


def _print(face: Face, reports: list[KeyReport], now: datetime) -> None:
    from lockgate.cli.screen import fill, make_table, number

    if not reports:
        raise KeyUnavailable("there are no keys yet", hint="make them once: lockgate keys init")
    table = make_table(
        "domain",
        "key",
        ("number", "right"),
        ("version", "right"),
        ("state", "whole"),
        ("age", "right"),
        "next",
        "used by",
        ("rows", "right"),
        ("last (UTC)", "whole"),
    )
    ordered = sorted(
        reports,
        key=lambda r: (
            r.version.domain.startswith("lockgate."),
            r.version.domain,
            r.version.number,
        ),
    )
    face.out.print(
        fill(
            table,
            (
                (
                    r.version.domain,
                    r.version.use,
                    r.version.number,
                    r.version.version,
                    r.version.state,
                    f"{(now - r.version.created_at).days} d",
                    _next(r, now),
                    _users(r),
                    number(r.usage.rows) if r.usage.releases else "",
                    f"{r.usage.last_at:%Y-%m-%d}" if r.usage.last_at else "",
                )
                for r in ordered
            ),
        )
    )
    services = sorted({r.version.service for r in reports if r.version.wrapped})
    face.say(f"Wrapped by {', '.join(services)}." if services else "")


def _next(report: KeyReport, now: datetime) -> str:
    at = report.version.destroy_at
    if at is not None:
        return "destruction due" if at <= now else f"destroyed on {at:%Y-%m-%d}"
    if report.rotate_at is not None:
        rotate = report.rotate_at
        return "rotation due" if rotate <= now else f"rotates {rotate:%Y-%m-%d}"
    return ""


def _users(report: KeyReport) -> str:
    usage, found = report.usage, []
    if usage.releases:
        found.append(f"{', '.join(sorted(usage.pipelines))} -> {', '.join(sorted(usage.zones))}")
    if usage.rewrapped_from:
        found.append(f"rewrapped: {usage.rewrapped_from:,} files")
    if usage.rewrapped_to:
        found.append(f"by rewrap: {usage.rewrapped_to:,} files")
    return "; ".join(found)
