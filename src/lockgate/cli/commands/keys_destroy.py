"""``lockgate keys destroy`` and ``cancel-destruction``: the end of a key, after a wait."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from lockgate.cli.commands.keys_list import version_document
from lockgate.cli.erased import tell_remaining
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.assemble.workspace import Workspace
    from lockgate.keys.ports import KeyUse, KeyVersion


@click.command(
    "destroy",
    cls=LockgateCommand,
    short_help="Let a key be destroyed after a waiting period.",
    examples=(
        "lockgate keys destroy email --version 1 --purpose 'all files are rewrapped'",
        "lockgate keys destroy badge --all --purpose 'the contract ended' --yes",
        "lockgate keys destroy --due --purpose 'monthly care'",
    ),
)
@click.argument("domain", required=False)
@click.option(
    "--version", type=click.IntRange(1), metavar="N", help="A version of the encryption key."
)
@click.option("--fernet", is_flag=True, help="--version counts the Fernet keys that were imported.")
@click.option("--all", "everything", is_flag=True, help="Every key of the domain, also its index.")
@click.option("--due", is_flag=True, help="Destroy now what has waited long enough.")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def destroy(
    face: Face,
    domain: str | None,
    version: int | None,
    fernet: bool,
    everything: bool,
    due: bool,
    purpose: str,
    yes: bool,
) -> None:
    """Let a version of DOMAIN's encryption key, or all its keys, be destroyed.

    From now on the key opens nothing. It is destroyed for good when its waiting
    period is over (keys.destroy_after_days, 30 by default), by the next run or by
    --due; until then cancel-destruction takes it back. Each step is recorded.

    The version that encrypts now cannot be destroyed: rotate the domain first, and
    rewrap what is stored under the old version if it is still needed.
    """
    if due:
        if domain or version or everything:
            raise UsageError("--due takes no domain", hint="it destroys all that has waited")
        with face.workspace() as workspace:
            gone = workspace.keys.destroy_due(purpose)
            remain = workspace.erased_bytes_remain
        also = {"erased_bytes_remain": remain}
        _told(face, "destroyed", gone, f"Destroyed and recorded: {_names(gone)}.", also)
        tell_remaining(face, remain)
        return
    if domain is None or (version is None) == (not everything) or (fernet and everything):
        raise UsageError(
            "say which keys of which domain", hint="DOMAIN --version N, DOMAIN --all, or --due"
        )
    with face.workspace() as workspace:
        if not yes:
            _ask(face, workspace, domain, version, _use(fernet))
        waiting = workspace.keys.schedule_destruction(domain, version, purpose, _use(fernet))
        unsafe = workspace.project.key_schedule.unsafe_wait
        sealed = _sealed_by(workspace, waiting)
    at = max(v.destroy_at for v in waiting if v.destroy_at is not None)
    short = " (an unsafe, short wait)" if unsafe else ""
    _told(
        face,
        "to_be_destroyed",
        waiting,
        f"Opens nothing any more, and is destroyed on {at:%Y-%m-%d}{short}: {_names(waiting)}.\n"
        f"{sealed}"
        f"Until then: lockgate keys cancel-destruction {domain} --purpose 'why'",
    )


def _use(fernet: bool) -> KeyUse:
    from lockgate.keys.ports import KeyUse

    return KeyUse.FERNET if fernet else KeyUse.ENCRYPTION


def _sealed_by(workspace: Workspace, waiting: tuple[KeyVersion, ...]) -> str:
    """Which pipelines sealed files that hold values under encryption keys: no rewrap reaches in."""
    numbers = {version.number for version in waiting if version.use.value == "encryption"}
    reports = [one for one in workspace.keys.report() if one.version.number in numbers]
    names = sorted({name for report in reports for name in report.usage.sealed_by})
    if not names:
        return ""
    return f"Rewrap left the files that {', '.join(names)} sealed as they are: they need it.\n"


def _ask(face: Face, workspace: Workspace, domain: str, version: int | None, use: KeyUse) -> None:
    """Spell out what dies, and have somebody say yes. Raises UsageError if nobody is there."""
    if not face.interactive:
        raise UsageError("nobody is there to confirm", hint="add --yes to do it anyway")
    doomed = {v.number: v for v in workspace.keys.doomed(domain, version, use)}
    face.say("This can then never be opened again, by anybody:", "bold")
    for report in workspace.keys.report():
        one = doomed.get(report.version.number)
        if one is None:
            continue
        what = (
            "every token, hash and fpe value of the domain; new ones no longer join old ones"
            if one.use.value == "index"
            else f"what key number {one.number} encrypted"
        )
        used = report.usage
        where = (
            f" - in {used.rows:,} rows released to {', '.join(sorted(used.zones))}"
            f" by {', '.join(sorted(used.pipelines))}"
            if used.releases
            else " - of no recorded release"
        )
        face.say(f"  {one.use.value} key, version {one.version}: {what}{where}")
    if version is None:
        face.say("Runs that protect with this domain are refused from now on.")
    click.confirm("Let it be destroyed?", abort=True, err=True)


@click.command(
    "cancel-destruction",
    cls=LockgateCommand,
    short_help="Keep a key that waits to be destroyed.",
    examples=("lockgate keys cancel-destruction email --purpose 'the auditor needs it'",),
)
@click.argument("domain")
@click.option(
    "--version",
    type=click.IntRange(1),
    metavar="N",
    help="Only this encryption key version.",
)
@click.option("--fernet", is_flag=True, help="--version counts the Fernet keys that were imported.")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.pass_obj
def cancel(face: Face, domain: str, version: int | None, fernet: bool, purpose: str) -> None:
    """Keep the keys of DOMAIN that wait to be destroyed: they open again what they opened before.

    What was destroyed already stays destroyed.
    """
    with face.workspace() as workspace:
        kept = workspace.keys.cancel_destruction(domain, version, purpose, _use(fernet))
    _told(face, "kept", kept, f"Kept and recorded: {_names(kept)}.")


def _names(versions: tuple[KeyVersion, ...]) -> str:
    return ", ".join(f"{v.domain} {v.use.value} v{v.version}" for v in versions) or "nothing"


def _told(
    face: Face,
    what: str,
    versions: tuple[KeyVersion, ...],
    text: str,
    also: Mapping[str, bool] = MappingProxyType({}),
) -> None:
    listed = [{"domain": v.domain, **version_document(v)} for v in versions]
    face.tell({what: listed, **also}, text)
